import { addressToBytes, equalBytes, signStatement } from '@telltale/core'
import { NO_NONCE, blockId, encodeBlock, encodeHeader, finalityOf, isDecidedAlone, leastIntervalMs, networkAt, nextDifficulty, parametersAt, sealRightAt, withNonce } from '@telltale/ledger'
import type { BlockHeader, CheckedTransaction, Execution, SealRight, Vote } from '@telltale/ledger'
import type { BranchBlock } from './branches.ts'
import type { EngineCore, OwnIdentity, Signing } from './core.ts'
import type { AcceptedBlock } from './receiving.ts'
import { sizeOf } from './waiting.ts'
import type { Waiting } from './waiting.ts'

/** A block that was executed and lacks its seal, and before that its work where the network asks for some. */
export interface Draft {
  parent: BranchBlock
  /** Hash of the header without a nonce: by it work that was done elsewhere names what it is for. */
  id: Uint8Array
  header: BlockHeader
  headerBytes: Uint8Array
  execution: Execution
  votes: Vote[]
}

/** What this node may do about the block on top of `parent`; null where it may not seal it. */
export function ownRight({ signer, address }: OwnIdentity, parent: BranchBlock): SealRight | null {
  const right = sealRightAt(parent.position, parent.height + 1, addressToBytes(address, 'tt'))
  return right?.keys.some(({ number, key }) => number === signer.keyNumber && equalBytes(key.material, signer.publicKey.material)) ? right : null
}

/** The block that this node would seal on top of `parent` now. Null where nothing that waits can stand in it and nothing below needs it. */
export function draftOn({ ledger, primitives, clock, branches, votes, waiting }: EngineCore, own: OwnIdentity, parent: BranchBlock): Draft | null {
  const height = parent.height + 1
  const network = networkAt(parent.position)
  const parameters = parametersAt(network, height)
  const right = ownRight(own, parent)
  if (!right) return null
  const chosen = choose(waiting.inOrder().filter(({ checked }) => !parent.position.has(checked.read.id)), parameters.blockTransactionsMax, parameters.blockBytesMax)
  const carried = isDecidedAlone(network, height) ? [] : votes.toCarry(parent)
  const timeMs = Math.max(clock.nowMs(), parent.position.timeMs + leastIntervalMs(parameters))
  const execution = ledger.execute(parent.position, { height, timeMs, transactions: chosen, votes: carried, ...finalityOf(parent.position, carried) }, () => undefined)
  if (execution.transactions.length === 0 && !isOpenBelow({ branches }, parent)) return null
  const header = ledger.header(parent.position, execution, own.address, right.turn, nextDifficulty(parent.pace, parameters))
  const headerBytes = encodeHeader(header)
  return { parent, id: blockId(headerBytes, primitives), header, headerBytes, execution, votes: carried }
}

/** Seals a draft: 1. its height written as sealed, 2. signed. */
export async function sealDraft({ ledger, primitives, waiting }: EngineCore, { signer, signed }: Signing, draft: Draft, nonce: Uint8Array = NO_NONCE): Promise<AcceptedBlock> {
  const { execution, votes } = draft
  const header = { ...draft.header, nonce }
  const headerBytes = withNonce(draft.headerBytes, nonce)
  const id = blockId(headerBytes, primitives)
  // Where anyone may seal, a lower height on another branch is no second word: its work was done there.
  if (header.height >= signed.state.sealedHeight) await signed.write(() => ({ sealedHeight: header.height, sealedId: id }))
  const seal = await signStatement('seal', ledger.network, [headerBytes], signer)
  const transactions = execution.transactions.map(({ transaction }) => transaction.bytes)
  const attachments = execution.transactions.flatMap((read) => waiting.get(read.id)?.attachments ?? [])
  return { id, block: { header, headerBytes, seal, transactions, votes }, bytes: encodeBlock(headerBytes, seal, transactions, votes), attachments, execution }
}

/** Whether transactions on this branch are not final yet. */
export function isOpenBelow({ branches }: Pick<EngineCore, 'branches'>, head: BranchBlock): boolean {
  return branches.path(head).some(({ content }) => content !== null && content.execution.transactions.length > 0)
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
