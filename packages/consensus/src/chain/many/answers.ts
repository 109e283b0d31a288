import { SUBMISSIONS_MAX, encodeSubmissions, fail } from '@telltale/core'
import { proveAge } from './age-proof.ts'
import type { BranchBlock } from './branches.ts'
import type { Cosigning } from './cosigning.ts'
import type { EngineCore } from './core.ts'
import { RANGE_BLOCKS_MAX, RANGE_BYTES_MAX } from './limits.ts'
import { decodeQuestion, encodeFullBlocks, encodeHeadAnswer, encodeRecent, encodeHandoversAnswer } from './messages.ts'
import type { FullBlock } from './messages.ts'
import type { Refusing } from './refusing.ts'
import { answerStanding } from './standing.ts'
import { decodeBlock, encodeVote } from '@telltale/ledger'

/** Answers what others ask (`no-such-block` and the codes of the reader). */
export async function answerQuestion(core: EngineCore, cosigning: Cosigning, refusing: Refusing, bytes: Uint8Array): Promise<Uint8Array> {
  const question = decodeQuestion(bytes)
  switch (question.kind) {
    case 'head':
      return encodeHeadAnswer({ height: core.head.height, id: core.head.id, finalHeight: core.branches.root.height })
    case 'range':
      return encodeFullBlocks(await blocksFrom(core, question.from, Math.min(question.count, RANGE_BLOCKS_MAX)))
    case 'block': {
      const block = core.branches.find(question.id)
      if (!block?.content) throw fail('no-such-block', 'This node does not have the block, or it is final.', { expected: 'a block that is not final' })
      return encodeFullBlocks([fullBlock(block.content)])
    }
    case 'recent':
      return encodeRecent({ votes: core.votes.all().map(encodeVote), cosignatures: cosigning.recent() })
    case 'waiting':
      return encodeWaiting(core)
    case 'handovers':
      return encodeHandoversAnswer(cosigning.handoversAbove(question.above))
    case 'age':
      return proveAge(core)
    case 'standing':
      return answerStanding(core, question.address, question.nonce)
    case 'refusal':
      return refusing.refuse(question.transaction)
  }
}

function fullBlock({ bytes, attachments }: NonNullable<BranchBlock['content']>): FullBlock {
  return { bytes, attachments: attachments.map((one) => one.bytes) }
}

/** Final blocks from the store, then those of the head's branch. */
async function blocksFrom({ ledger, branches, head }: EngineCore, from: number, count: number): Promise<FullBlock[]> {
  const blocks: FullBlock[] = []
  const open = new Map(branches.path(head).map((block) => [block.height, block]))
  let size = 0
  for (let height = Math.max(1, from); height < from + count && height <= head.height && size < RANGE_BYTES_MAX; height++) {
    const content = open.get(height)?.content
    const block = content ? fullBlock(content) : await storedBlock(ledger, height)
    size += block.attachments.reduce((sum, { length }) => sum + length, block.bytes.length)
    blocks.push(block)
  }
  return blocks
}

async function storedBlock(ledger: EngineCore['ledger'], height: number): Promise<FullBlock> {
  const { bytes } = await ledger.store.readBlock(height)
  const attachments: Uint8Array[] = []
  for (const transaction of decodeBlock(bytes).transactions) {
    const read = ledger.read(transaction)
    if (!read.ok) continue
    for (const { sha256 } of ledger.attachments(read.value)) {
      const body = await ledger.store.readAttachment(sha256)
      if (body) attachments.push(body)
    }
  }
  return { bytes, attachments }
}

function encodeWaiting({ waiting }: EngineCore): Uint8Array {
  const submissions = waiting.inOrder().slice(0, SUBMISSIONS_MAX).map(({ checked, attachments }) => ({ bytes: checked.read.transaction.bytes, attachments: attachments.map(({ bytes }) => bytes) }))
  return submissions.length === 0 ? new Uint8Array(0) : encodeSubmissions(submissions)
}
