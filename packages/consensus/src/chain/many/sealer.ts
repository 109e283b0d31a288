import { signStatement } from '@telltale/core'
import { blockId, encodeBlock, encodeHeader, finalityOf, networkAt, parametersAt, setAt } from '@telltale/ledger'
import type { CheckedTransaction } from '@telltale/ledger'
import { addressToBytes } from '@telltale/core'
import type { BranchBlock } from './branches.ts'
import type { EngineCore, Signing } from './core.ts'
import { STEP_MS_MIN, UNFINAL_DEPTH_MAX } from './limits.ts'
import type { AcceptedBlock } from './receiving.ts'
import { turnOf } from './turn.ts'
import { sizeOf } from './waiting.ts'
import type { Waiting } from './waiting.ts'

/** Decides when this authority seals, and seals. */
export interface Sealer {
  /** Something changed: a block, a vote, a transaction. Seals when it is time, or sets a timer for it. */
  consider(): void
  stop(): void
}

/** Block times that a sealer waits for votes on the block below: a link that skips a height makes nothing final. He waits longer for them, and for those
 * whose turn comes first, the more blocks are not final: then the network is slower than the blocks, and more of them serve nobody. */
const VOTES_PATIENCE_BLOCKS = 4
const VOTES_PATIENCE_MS_MIN = 1000
const PATIENCE_GROWS_EVERY = 16
const PATIENCE_TIMES_MAX = 8

/** `seal` runs in the engine's queue and takes what was sealed. */
export function createSealer(core: EngineCore, signing: Signing, enqueue: (task: () => Promise<void>) => void, accept: (sealed: AcceptedBlock) => Promise<void>): Sealer {
  let cancel: (() => void) | null = null
  let wantedSince: { head: BranchBlock; sinceMs: number } | null = null
  let isSealing = false

  const dueMs = (): number | null => {
    const { head, branches, clock } = core
    const height = head.height + 1
    const network = networkAt(head.position)
    const set = setAt(network, height)
    const turn = turnOf(set, addressToBytes(signing.address, 'tt'), height)
    if (turn === null || !maySeal(signing, height) || head.height - branches.root.height >= UNFINAL_DEPTH_MAX) return null
    const { blockMs } = parametersAt(network, height)
    if (!isWanted()) {
      wantedSince = null
      return null
    }
    if (wantedSince?.head !== head) wantedSince = { head, sinceMs: clock.nowMs() }
    const earliest = Math.max(head.position.timeMs + Math.max(1, blockMs), wantedSince.sinceMs, votesMs(blockMs, set.length))
    return earliest + turn * patienceTimes() * Math.max(STEP_MS_MIN, blockMs)
  }

  const patienceTimes = (): number => Math.min(PATIENCE_TIMES_MAX, 1 + Math.floor((core.head.height - core.branches.root.height) / PATIENCE_GROWS_EVERY))

  /** Whether a block is wanted: for transactions, or to make those below final. */
  const isWanted = (): boolean => {
    const { head, waiting } = core
    return isOpenBelow(core, head) || (waiting.count > 0 && waiting.inOrder().some(({ checked }) => !head.position.has(checked.read.id)))
  }

  /** When the votes for the block below are there, or are not waited for any longer. */
  const votesMs = (blockMs: number, setSize: number): number => {
    const { head, branches, votes } = core
    if (setSize === 1 || head === branches.root || votes.judge(head).isJustified || !votes.mayBeJustified(head)) return 0
    return head.arrivedMs + patienceTimes() * Math.max(VOTES_PATIENCE_MS_MIN, VOTES_PATIENCE_BLOCKS * blockMs)
  }

  const seal = async (): Promise<void> => {
    isSealing = false
    const due = dueMs()
    if (due === null || due > core.clock.nowMs()) return consider()
    const sealed = await sealOn(core, signing, core.head)
    if (sealed) await accept(sealed)
  }

  const consider = (): void => {
    cancel?.()
    cancel = null
    if (isSealing) return
    const due = dueMs()
    if (due === null) return
    const waitMs = due - core.clock.nowMs()
    // In the engine's queue: a store that fails stops the engine, not the process.
    if (waitMs > 0) cancel = core.clock.after(waitMs, () => enqueue(async () => consider()))
    else {
      isSealing = true
      enqueue(seal)
    }
  }
  return {
    consider,
    stop() {
      cancel?.()
    },
  }
}

/** Makes the block that follows: 1. executed, 2. height written as sealed, 3. signed. Null where nothing that waits can stand in it and nothing below needs it. */
async function sealOn({ ledger, primitives, clock, branches, votes, waiting }: EngineCore, { signer, address, signed }: Signing, parent: BranchBlock): Promise<AcceptedBlock | null> {
  const height = parent.height + 1
  const network = networkAt(parent.position)
  const { blockMs, blockTransactionsMax, blockBytesMax } = parametersAt(network, height)
  const turn = turnOf(setAt(network, height), addressToBytes(address, 'tt'), height)
  if (turn === null) return null
  const chosen = choose(waiting.inOrder().filter(({ checked }) => !parent.position.has(checked.read.id)), blockTransactionsMax, blockBytesMax)
  const carried = setAt(network, height).length === 1 ? [] : votes.toCarry(parent)
  const timeMs = Math.max(clock.nowMs(), parent.position.timeMs + Math.max(1, blockMs))
  const execution = ledger.execute(parent.position, { height, timeMs, transactions: chosen, votes: carried, ...finalityOf(parent.position, carried) }, () => undefined)
  if (execution.transactions.length === 0 && !isOpenBelow({ branches }, parent)) return null
  const headerBytes = encodeHeader(ledger.header(parent.position, execution, address, turn, 1))
  const id = blockId(headerBytes, primitives)
  await signed.write({ sealedHeight: height, sealedId: id })
  const seal = await signStatement('seal', ledger.network, [headerBytes], signer)
  const bytes = encodeBlock(headerBytes, seal, execution.transactions.map(({ transaction }) => transaction.bytes), carried)
  const attachments = execution.transactions.flatMap(({ id: transaction }) => waiting.get(transaction)?.attachments ?? [])
  return { id, block: { header: ledger.header(parent.position, execution, address, turn, 1), headerBytes, seal, transactions: execution.transactions.map(({ transaction }) => transaction.bytes), votes: carried }, bytes, attachments, execution, turn }
}

/** Whether transactions on this branch are not final yet. */
function isOpenBelow({ branches }: Pick<EngineCore, 'branches'>, head: BranchBlock): boolean {
  return branches.path(head).some(({ content }) => content !== null && content.execution.transactions.length > 0)
}

function maySeal({ signed, unsentHeight, isReady }: Signing, height: number): boolean {
  return isReady && (height > signed.state.sealedHeight || height === unsentHeight)
}

/** As many as fit, attachments counted: a block and what it refers to travel together. */
function choose(candidates: Waiting[], countMax: number, bytesMax: number): CheckedTransaction[] {
  const chosen: CheckedTransaction[] = []
  let bytes = 0
  for (const candidate of candidates) {
    bytes += sizeOf(candidate)
    if (chosen.length === countMax || (chosen.length > 0 && bytes > bytesMax)) break
    chosen.push(candidate.checked)
  }
  return chosen
}
