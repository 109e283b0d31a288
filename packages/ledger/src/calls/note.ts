import { Decimal, asArray, asBytes, asText, asUint, bytesToHex, decodeTransaction, equalBytes, transactionId, transactionSignatureInput, wrongShape } from '@telltale/core'
import type { Cbor, Primitives, PublicKey, Transaction, Verdict } from '@telltale/core'
import { holdsRole, isActive } from '../authority.ts'
import { refuse } from '../call.ts'
import type { Call, CallContext } from '../call.ts'
import { CORRECTION_VALUES_MAX, REASON_CHARACTERS_MAX } from '../limits.ts'
import { splitStreamName, streamKey } from '../state/key.ts'
import type { StreamRow } from '../state/rows.ts'

/** Leaf of a stream's notes tree: cbor [height, block time, first / null, last / null, id]. */
export function noteLeaf(height: number, timeMs: number, first: number | null, last: number | null, id: Uint8Array): Cbor[] {
  return [height, timeMs, first, last, id]
}

function judgeNote(context: CallContext): Verdict | null {
  const { iss, sub, sequence } = context.transaction
  const parts = splitStreamName(sub)
  if (!parts || !context.state.stream(parts.device, parts.name)) return refuse('unknown-stream', `${sub} is not a stream of this network.`, 'address/stream', sub)
  // Notes are an author's only transactions about a stream, so the sequence counts them.
  if (sequence >= context.parameters.notesMax) return refuse('too-many-notes', `${iss} wrote as many notes on this stream as the network allows.`, `at most ${context.parameters.notesMax}`, String(sequence))
  return null
}

function keepNote(context: CallContext, first: number | null, last: number | null): void {
  const { sub } = context.transaction
  const { device, name } = splitStreamName(sub) as { device: string; name: string }
  const stream = context.state.stream(device, name) as StreamRow
  context.append('notes', sub, noteLeaf(context.height, context.timeMs, first, last, context.id))
  context.state.set(streamKey(device, name), { ...stream, notesCount: stream.notesCount + 1 })
}

/** What a correction says: text, or values by name. */
export type CorrectionContent = string | Map<string, number | string | Decimal>

interface Correction {
  first: number | null
  last: number | null
  what: string
  content: CorrectionContent
}

/** 24 correction: a workshop or other operator of scope `service` says what happened to a stream, such as an odometer that was replaced. */
export const correction: Call<Correction> = {
  number: 24,
  name: 'correction',
  read(args) {
    const [first, last, what, content] = asArray(args, 'correction', 4)
    return { ...readSpan(first, last), what: asText(what, 'correction kind', 64), content: readContent(content) }
  },
  judge(context, { last }) {
    const verdict = judgeNote(context)
    if (verdict) return verdict
    const { iss, sub } = context.transaction
    if (!holdsRole(context, iss, 'operator', 'service')) return refuse('not-allowed', `${iss} may not correct records.`, 'an operator with scope service', iss)
    return judgeSpan(context, sub, last)
  },
  apply: (context, { first, last }) => keepNote(context, first, last),
}

function readSpan(first: Cbor | undefined, last: Cbor | undefined): { first: number | null; last: number | null } {
  if (first === null && last === null) return { first: null, last: null }
  const span = { first: asUint(first, 'first record'), last: asUint(last, 'last record') }
  if (span.last < span.first) throw wrongShape('span of records', 'first at or below last', last)
  return span
}

function judgeSpan(context: CallContext, sub: string, last: number | null): Verdict | null {
  const { device, name } = splitStreamName(sub) as { device: string; name: string }
  const { count } = context.state.stream(device, name) as StreamRow
  return last === null || last < count ? null : refuse('no-such-record', 'The note is about records that are not there.', `below ${count}`, String(last))
}

function readContent(value: Cbor | undefined): CorrectionContent {
  if (typeof value === 'string') return asText(value, 'correction text', REASON_CHARACTERS_MAX)
  if (!(value instanceof Map) || value.size === 0 || value.size > CORRECTION_VALUES_MAX) throw wrongShape('correction', `text, or 1 to ${CORRECTION_VALUES_MAX} values by name`, value)
  for (const [name, item] of value) {
    asText(name, 'correction name', 64)
    if (typeof item === 'string') asText(item, 'correction value', REASON_CHARACTERS_MAX)
    else if (typeof item !== 'number' && !(item instanceof Decimal)) throw wrongShape('correction value', 'a number or text', item)
  }
  return value as Map<string, number | string | Decimal>
}

interface Fork {
  one: Transaction
  other: Transaction
}

/** 26 fork: two different transactions that a device signed for one place of a stream. Anyone admitted may show them. */
export function createFork(primitives: Primitives): Call<Fork> {
  return {
    number: 26,
    name: 'fork',
    read(args) {
      const [one, other] = asArray(args, 'fork', 2)
      return { one: decodeTransaction(asBytes(one, 'fork')), other: decodeTransaction(asBytes(other, 'fork')) }
    },
    signatures(context, { one, other }) {
      return [one, other].flatMap((transaction) => {
        const key = keyEverHeld(context, transaction)
        return key ? [{ key, message: transactionSignatureInput(transaction), signature: transaction.signature }] : []
      })
    },
    judge(context, { one, other }) {
      const verdict = judgeNote(context)
      if (verdict) return verdict
      const { iss, sub } = context.transaction
      if (!isActive(context, iss)) return refuse('role-not-in-force', `${iss} holds no role.`, 'an admitted identity', iss)
      for (const transaction of [one, other]) {
        const place = `${transaction.iss}/${transaction.sub}`
        if (place !== sub) return refuse('not-a-fork', 'A transaction belongs to another stream.', sub, place)
        if (!equalBytes(transaction.network, context.transaction.network)) return refuse('wrong-network', 'A transaction belongs to another network.', bytesToHex(context.transaction.network), bytesToHex(transaction.network))
        if (!keyEverHeld(context, transaction)) return refuse('unknown-key', `${transaction.iss} never held key ${transaction.keyNumber}.`, 'a key of the device', String(transaction.keyNumber))
      }
      if (one.sequence !== other.sequence) return refuse('not-a-fork', 'The transactions stand at different places.', String(one.sequence), String(other.sequence))
      return compareIds(one, other, primitives) < 0 ? null : refuse('not-a-fork', 'The transactions are the same, or not in ascending order of id.', 'two ids in ascending order')
    },
    apply: (context, { one }) => keepNote(context, one.sequence, one.sequence),
  }
}

function compareIds(one: Transaction, other: Transaction, primitives: Primitives): number {
  const a = bytesToHex(transactionId(one, primitives))
  const b = bytesToHex(transactionId(other, primitives))
  return a < b ? -1 : a > b ? 1 : 0
}

/** A fork may have been signed with a key that was rotated since: any key that it ever held counts. */
function keyEverHeld(context: CallContext, transaction: Transaction): PublicKey | null {
  const identity = context.state.identity(transaction.iss)
  return identity?.keys.find((interval) => interval.value.number === transaction.keyNumber)?.value.key ?? null
}
