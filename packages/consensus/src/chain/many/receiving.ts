import { bytesToHex, bytesToMapKey, compareBytes, equalBytes, fail, isValidSignature, statementCheck } from '@telltale/core'
import type { Primitives, SignatureCheck, TelltaleError } from '@telltale/core'
import { NO_NONCE, blockId, executeBlock, highestId, leastIntervalMs, networkAt, nextDifficulty, parametersAt, readBlock, sealRightAt, voteCheck } from '@telltale/ledger'
import type { Block, BlockHeader, Execution, Ledger, Parameters, ReadTransaction } from '@telltale/ledger'
import { missingAttachment, storedAttachment } from '../pool.ts'
import type { Attachment } from '../pool.ts'
import type { SignatureVerifier } from '../signature-verifier.ts'
import type { BranchBlock } from './branches.ts'
import { AHEAD_MS_MAX } from './limits.ts'
import type { FullBlock } from './messages.ts'
import { voterAt } from './vote-book.ts'
import type { VoteBook } from './vote-book.ts'
import type { WaitingRoom } from './waiting.ts'

/** A block that passed every check. */
export interface AcceptedBlock {
  id: Uint8Array
  block: Block
  bytes: Uint8Array
  attachments: Attachment[]
  execution: Execution
}

interface Checking {
  ledger: Ledger
  primitives: Primitives
  verifier: SignatureVerifier
  clock: { nowMs(): number }
  waiting: WaitingRoom
  votes: VoteBook
  /** Whether bytes that a transaction names may be missing, because they were dropped where the block comes from. */
  mayLack: (read: ReadTransaction, sha256: Uint8Array) => boolean
}

/**
 * Checks a block on top of one that is known, cheap things first: time, sealer and turn, work, seal, votes, attachments, signatures of transactions, and then executes
 * it. Codes: `wrong-network`, `time-out-of-range`, `not-an-authority`, `insufficient-work`, `invalid-signature`, `invalid-vote`, `missing-attachment`,
 * `invalid-transaction`, `root-mismatch`.
 */
export async function acceptBlock(checking: Checking, parent: BranchBlock, block: Block, { bytes, attachments }: FullBlock): Promise<AcceptedBlock> {
  const { ledger, primitives } = checking
  await acceptHeader(checking, parent, block)
  await acceptVotes(checking, parent, block)
  const transactions = readBlock(ledger, block)
  const carried = await acceptAttachments(checking, transactions, attachments)
  await acceptSignatures(checking, parent, transactions)
  const execution = executeBlock(ledger, block, transactions, parent.position)
  return { id: blockId(block.headerBytes, primitives), block, bytes, attachments: carried, execution }
}

/** What a header and its seal say by themselves, against the block below. */
export async function acceptHeader({ ledger, primitives, clock }: Pick<Checking, 'ledger' | 'primitives' | 'clock'>, parent: BranchBlock, { header, headerBytes, seal }: Pick<Block, 'header' | 'headerBytes' | 'seal'>): Promise<void> {
  if (!equalBytes(header.network, ledger.network.subarray(0, 16))) throw fail('wrong-network', 'The block belongs to another network.', { expected: bytesToHex(ledger.network.subarray(0, 16)), found: bytesToHex(header.network) })
  if (header.height !== parent.height + 1 || !equalBytes(header.parent, parent.id)) throw fail('previous-hash-mismatch', `Block ${header.height} does not follow block ${parent.height}.`, { expected: bytesToHex(parent.id), found: bytesToHex(header.parent) })
  const parameters = parametersAt(networkAt(parent.position), header.height)
  requireTime(header, parent, parameters, clock.nowMs())
  const right = sealRightAt(parent.position, header.height, header.sealer)
  if (!right) throw fail('not-an-authority', `Block ${header.height} was sealed by nobody in force.`, { expected: parameters.sealers === 'anyone' ? 'a registered identity' : 'an authority', found: bytesToHex(header.sealer) })
  if (header.turn !== right.turn) throw fail('not-an-authority', `Block ${header.height} claims another turn than its sealer has.`, { expected: String(right.turn), found: String(header.turn) })
  requireWork(header, blockId(headerBytes, primitives), parent, parameters)
  const held = right.keys.find(({ number }) => number === seal.keyNumber)
  if (!held || !(await isValidSignature(statementCheck('seal', ledger.network, [headerBytes], held.key, seal), primitives))) {
    throw fail('invalid-signature', `The seal of block ${header.height} does not hold.`, { expected: `a seal of ${right.address}`, found: 'another signature' })
  }
}

/** The difficulty is that of its branch, and the id shows as much work. Where none is asked for none is claimed either: it would weigh. */
function requireWork({ height, difficulty, nonce }: BlockHeader, id: Uint8Array, parent: BranchBlock, parameters: Parameters): void {
  const asked = nextDifficulty(parent.pace, parameters)
  if (difficulty !== asked) throw fail('insufficient-work', `Block ${height} names another difficulty than its branch asks for.`, { expected: String(asked), found: String(difficulty) })
  if (asked === 1 && compareBytes(nonce, NO_NONCE) !== 0) throw fail('insufficient-work', 'This network asks for no work, and the block claims some.', { expected: 'a nonce of zeros', found: bytesToHex(nonce) })
  const highest = highestId(asked)
  if (compareBytes(id, highest) > 0) throw fail('insufficient-work', `Block ${height} does not show the work that it names.`, { expected: `an id up to ${bytesToHex(highest)}`, found: bytesToHex(id) })
}

/** Later than its parent: so also later than the median of any number of blocks below. */
function requireTime({ height, timeMs }: BlockHeader, parent: BranchBlock, parameters: Parameters, nowMs: number): void {
  const earliest = parent.position.timeMs + leastIntervalMs(parameters)
  if (timeMs >= earliest && timeMs <= nowMs + AHEAD_MS_MAX) return
  throw fail('time-out-of-range', `Block ${height} names a time that cannot be.`, { expected: `from ${earliest} to ${nowMs + AHEAD_MS_MAX}`, found: String(timeMs) })
}

async function acceptVotes({ ledger, verifier, votes }: Checking, parent: BranchBlock, { votes: carried }: Block): Promise<void> {
  const checks: SignatureCheck[] = []
  for (const vote of carried) {
    if (votes.has(vote)) continue
    const authority = voterAt(parent, vote)
    if (!authority) throw invalidVote(`an authority in force`, bytesToHex(vote.voter))
    checks.push(voteCheck(ledger.network, vote, authority))
  }
  if (checks.length > 0 && !(await verifier.verify(checks))) throw invalidVote('votes whose signatures hold', 'another signature')
}

function invalidVote(expected: string, found: string): TelltaleError {
  return fail('invalid-vote', 'The block carries a vote that does not hold.', { expected, found })
}

/** The signatures of every transaction hold under the keys in force; of those that wait here they were checked before. */
async function acceptSignatures({ ledger, verifier, waiting }: Checking, parent: BranchBlock, transactions: ReadTransaction[]): Promise<void> {
  const checks: Promise<boolean>[] = []
  for (const read of transactions) {
    const required = ledger.signatures(read, parent.position)
    if (!Array.isArray(required)) throw fail('invalid-transaction', `The block holds a transaction that fails (${required.code}): ${required.message}`, { expected: required.expected ?? 'keys in force', found: required.found ?? 'none' })
    const known = waiting.get(read.id)?.checked
    const isKnown = known !== undefined && equalBytes(known.read.transaction.bytes, read.transaction.bytes) && required.every(({ key }, i) => known.keys?.[i] === key)
    if (!isKnown) checks.push(Promise.resolve(verifier.verify(required)))
  }
  if ((await Promise.all(checks)).every(Boolean)) return
  throw fail('invalid-transaction', 'The block holds a transaction whose signature does not hold.', { expected: 'signatures that hold', found: 'another signature' })
}

/**
 * What its transactions refer to: from those that wait here, as it came with the block, or as it is stored (`missing-attachment`). Nothing is hashed that was hashed when
 * it came. What is stored goes along: it may have to go with the older block that named it first before this one is final, and others may not have it any more.
 */
async function acceptAttachments({ ledger, primitives, waiting, mayLack }: Checking, transactions: ReadTransaction[], given: Uint8Array[]): Promise<Attachment[]> {
  let unread: Map<string, Uint8Array> | null = null
  const fromBlock = (sha256: Uint8Array): Attachment | undefined => {
    unread ??= new Map(given.map((bytes) => [bytesToMapKey(primitives.sha256(bytes)), bytes]))
    const bytes = unread.get(bytesToMapKey(sha256))
    return bytes && { sha256, bytes }
  }
  const carried: Attachment[] = []
  for (const read of transactions) {
    for (const reference of ledger.attachments(read)) {
      const { sha256, length } = reference
      const found = waiting.get(read.id)?.attachments.find((one) => equalBytes(one.sha256, sha256)) ?? fromBlock(sha256)
      const known = found?.bytes.length === length ? found : await storedAttachment(ledger, sha256)
      if (known) carried.push(known)
      else if (!mayLack(read, sha256)) throw missingAttachment(reference)
    }
  }
  return carried
}
