import { equalBytes, signStatement } from '@telltale/core'
import type { Participant } from '@telltale/core'
import { blockId, encodeBlock, encodeHeader } from '@telltale/ledger'
import type { Block, BlockHeader } from '@telltale/ledger'
import { decodeQuestion, encodeAnnouncement, encodeFullBlocks } from '@telltale/consensus'
import type { Accomplice } from './misconduct.ts'

/** A block that its sealer's own engine knows nothing of. */
export interface TwinBlock {
  id: Uint8Array
  announcement: Uint8Array
  answer: Uint8Array
}

/** Seals a block that differs from one's own; `isSealed` false leaves a seal that does not hold. */
export async function makeTwin({ ledger, chain, primitives, identity }: Accomplice, id: Uint8Array, change: (block: Block) => { header: BlockHeader; transactions?: Uint8Array[]; votes?: Block['votes'] }, isSealed = true): Promise<TwinBlock | null> {
  const own = chain.branches().find((block) => equalBytes(block.id, id))?.content
  if (!own) return null
  const { header, transactions = own.block.transactions, votes = own.block.votes } = change(own.block)
  const headerBytes = encodeHeader(header)
  const seal = await signStatement('seal', ledger.network, isSealed ? [headerBytes] : ['something else'], identity.signer)
  const bytes = encodeBlock(headerBytes, seal, transactions, votes)
  const attachments = own.attachments.map((one) => one.bytes)
  return { id: blockId(headerBytes, primitives), announcement: encodeAnnouncement(headerBytes, seal), answer: encodeFullBlocks([{ bytes, attachments }]) }
}

/** A participant that also answers for twins. */
export function answerForTwins(honest: Participant, twins: TwinBlock[]): Participant {
  return {
    ...honest,
    async onQuestion(peer, bytes) {
      const question = decodeQuestion(bytes)
      const twin = question.kind === 'block' ? twins.find(({ id }) => equalBytes(id, question.id)) : undefined
      return twin?.answer ?? honest.onQuestion(peer, bytes)
    },
  }
}
