import { bytesToHex, decodeTransaction, equalBytes, fail, judge, leafHash, transactionSignatureInput } from '@telltale/core'
import type { Judged, Primitives, PublicKey, SignatureCheck, Transaction, Verdict } from '@telltale/core'
import { accountOf, keyInForce } from './authority.ts'
import { refuse } from './call.ts'
import type { Call, CallContext, ReadTransaction } from './call.ts'
import { isNumberedByStream } from './numbering.ts'
import type { QuotaUse } from './position.ts'
import type { StreamRow } from './state/rows.ts'

/** A transaction whose signatures hold under `keys`; null for a replay of what this node verified before. */
export interface CheckedTransaction {
  read: ReadTransaction
  keys: PublicKey[] | null
}

/** Form and arguments, without looking at any state (`unknown-call` and the codes of the readers). */
export function readTransaction(bytes: Uint8Array, calls: Map<number, Call<unknown>>, primitives: Primitives): Judged<ReadTransaction> {
  return judge(() => {
    const transaction = decodeTransaction(bytes)
    const call = calls.get(transaction.call)
    if (!call) throw fail('unknown-call', `This ledger knows no call ${transaction.call}.`, { expected: [...calls.keys()].join(', '), found: String(transaction.call) })
    const signatureInput = transactionSignatureInput(transaction)
    return { transaction, call, args: call.read(transaction.args), id: primitives.sha256(signatureInput), signatureInput, leafHash: leafHash(bytes, primitives.sha256) }
  })
}

/** Every signature of a transaction with the key it must hold under, the sender's first; or why there is no such key. */
export function requiredSignatures(context: CallContext, read: ReadTransaction): SignatureCheck[] | Verdict {
  const { transaction, call, args } = read
  const identity = context.sender
  if (!identity) return refuse('unknown-identity', `${transaction.iss} is not admitted to this network.`, 'an admitted identity', transaction.iss)
  const key = keyInForce(identity, transaction.keyNumber, context.height)
  if (!key) return refuse('key-not-in-force', `Key ${transaction.keyNumber} of ${transaction.iss} is not in force.`, 'a key in force', String(transaction.keyNumber))
  if (key.algorithm !== transaction.algorithm) return refuse('wrong-algorithm', 'The transaction names another algorithm than its key has.', key.algorithm, transaction.algorithm)
  const own = { key, message: read.signatureInput, signature: transaction.signature }
  return [own, ...(call.signatures?.(context, args) ?? [])]
}

/**
 * Whether a transaction may stand here, signatures apart. In order: network, sequence, quota, then the call's own predicate.
 * `gap` and `quota` mean: try again later.
 */
export function judgeTransaction(context: CallContext, read: ReadTransaction, quota: QuotaUse | null): Verdict | null {
  const { transaction, call, args } = read
  if (!equalBytes(transaction.network, context.network.subarray(0, 16))) {
    return refuse('wrong-network', 'The transaction belongs to another network.', bytesToHex(context.network.subarray(0, 16)), bytesToHex(transaction.network))
  }
  return judgeSequence(context, read) ?? judgeQuota(context, read, quota) ?? call.judge(context, args)
}

function expectedSequence(context: CallContext, transaction: Transaction): number {
  const { iss, sub, call } = transaction
  if (!isNumberedByStream(call)) return context.state.counter(iss, sub)
  const stream: StreamRow | null = context.state.stream(iss, sub)
  // Where there is no such stream nothing is missing before it: the call itself says so, and nobody waits for a gap to close.
  return stream?.count ?? transaction.sequence
}

function judgeSequence(context: CallContext, read: ReadTransaction): Verdict | null {
  const { transaction, id } = read
  const expected = expectedSequence(context, transaction)
  const { sequence } = transaction
  if (sequence === expected) return null
  if (sequence > expected) return refuse('gap', `Transactions of ${transaction.iss} about ${transaction.sub} are missing before this one; send them first.`, String(expected), String(sequence))
  if (context.hasTransaction(id)) return refuse('already-included', 'The ledger holds this transaction.', String(expected), String(sequence))
  return refuse('sequence-taken', 'The ledger holds another transaction at this place.', String(expected), String(sequence))
}

/** Bytes that a transaction adds: its own, and those of what it refers to, which nodes store beside it. */
export function quotaBytesOf({ transaction, call, args }: ReadTransaction): number {
  return (call.attachments?.(args) ?? []).reduce((sum, { length }) => sum + length, transaction.bytes.length)
}

function judgeQuota(context: CallContext, read: ReadTransaction, used: QuotaUse | null): Verdict | null {
  const { quotaBytes } = context.parameters
  const before = used?.bytes ?? 0
  const bytes = before + quotaBytesOf(read)
  // The first of a window always fits: what is larger than the quota by itself would wait for ever, and everything behind it.
  if (before === 0 || bytes <= quotaBytes) return null
  return refuse('quota', `${accountOf(context)} used up its bytes for now; try again later.`, `at most ${quotaBytes} bytes in ${context.parameters.quotaWindowMs} ms`, String(bytes))
}
