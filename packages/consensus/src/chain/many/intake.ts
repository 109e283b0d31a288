import { bytesToMapKey, equalBytes, fail, judge, verdictToError } from '@telltale/core'
import type { SignatureCheck, Submission, Verdict } from '@telltale/core'
import { isPermanentRefusal } from '@telltale/ledger'
import type { Position, ReadTransaction } from '@telltale/ledger'
import { matchAttachments, withStored } from '../pool.ts'
import type { Attachment } from '../pool.ts'
import type { BranchBlock } from './branches.ts'
import type { EngineCore } from './core.ts'

/** The way into the waiting room. */
export interface Intake {
  /**
   * Checks a transaction against the head and lets it wait for a block (the codes of the ledger, `pool-full`). One that stands in a block that is not final waits too:
   * another branch may win. False where it waits already.
   */
  take(read: ReadTransaction, given: Uint8Array[]): Promise<boolean>
  /** The same of bytes as they came. */
  takeSubmission(submission: Submission): Promise<boolean>
  /** What stands in blocks of branches that were left, and in none that is final, waits again. Its signatures were checked with its block. */
  takeBack(blocks: BranchBlock[]): void
  /** Drops what can never stand in a block any more, now that something else is final. */
  dropHopeless(reject: (read: ReadTransaction, error: unknown) => void): void
}

export function createIntake(core: EngineCore, onTaken: () => void): Intake {
  const { ledger, primitives, verifier, clock, waiting } = core
  /** The state in which it was taken into the head's branch, where it stands there and is not final. */
  const openAt = (id: Uint8Array): Position | null => {
    if (!core.head.position.has(id) || ledger.position.has(id)) return null
    return core.branches.path(core.head).find(({ content }) => content?.execution.ids.has(bytesToMapKey(id)))?.content?.parent.position ?? null
  }
  const put = (read: ReadTransaction, required: SignatureCheck[], attachments: Attachment[]): void => {
    waiting.add({ checked: { read, keys: required.map(({ key }) => key) }, attachments, arrivedMs: clock.nowMs() })
  }
  const takeBackOne = (read: ReadTransaction, position: Position, attachments: Attachment[]): void => {
    const required = ledger.signatures(read, position)
    if (ledger.position.has(read.id) || waiting.get(read.id) || !Array.isArray(required)) return
    const own = ledger.attachments(read)
    // Another may wait at its place by now, or the room be full.
    judge(() => put(read, required, attachments.filter((one) => own.some(({ sha256 }) => equalBytes(sha256, one.sha256)))))
  }
  const intake: Intake = {
    async take(read, given) {
      if (waiting.get(read.id)) return false
      if (ledger.position.has(read.id)) throw fail('already-included', 'The transaction stands in the ledger.', { expected: 'a new transaction', found: 'one that is final' })
      const attachments = await withStored(ledger, read, matchAttachments(ledger, read, given, primitives))
      const position = openAt(read.id) ?? core.head.position
      const required = ledger.signatures(read, position)
      if (!Array.isArray(required)) throw verdictToError(required)
      if (!(await verifier.verify(required))) throw fail('invalid-signature', 'The signature does not hold.', { expected: `a signature under key ${read.transaction.keyNumber} of ${read.transaction.iss}`, found: 'another signature' })
      const verdict = ledger.check(read, Math.max(clock.nowMs(), position.timeMs + 1), position)
      if (verdict && verdict.code !== 'gap') throw verdictToError(verdict)
      if (waiting.get(read.id)) return false
      put(read, required, attachments)
      onTaken()
      return true
    },
    async takeSubmission({ bytes, attachments }) {
      const read = ledger.read(bytes)
      if (!read.ok) throw verdictToError(read.verdict)
      return intake.take(read.value, attachments)
    },
    takeBack(blocks) {
      for (const { content } of blocks) for (const read of content?.execution.transactions ?? []) takeBackOne(read, content!.parent.position, content!.attachments)
    },
    dropHopeless(reject) {
      const isHopeless = (verdict: Verdict | null): verdict is Verdict => verdict !== null && isPermanentRefusal(verdict.code)
      for (const { checked } of waiting.inOrder()) {
        const { read } = checked
        if (openAt(read.id)) continue
        const verdict = ledger.check(read, clock.nowMs())
        // What it builds on may stand in blocks that are not final yet.
        if (!isHopeless(verdict) || !isHopeless(ledger.check(read, clock.nowMs(), core.head.position))) continue
        waiting.remove(read.id)
        reject(read, verdictToError(verdict))
      }
    },
  }
  return intake
}
