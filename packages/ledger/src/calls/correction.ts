import { Decimal, asArray, asText, asUint, wrongShape } from '@telltale/core'
import type { Cbor, Verdict } from '@telltale/core'
import { holdsRole } from '../authority.ts'
import { refuse } from '../call.ts'
import type { Call, CallContext } from '../call.ts'
import { CORRECTION_VALUES_MAX, REASON_BYTES_MAX } from '../limits.ts'
import { splitStreamName } from '../state/key.ts'
import type { StreamRow } from '../state/rows.ts'
import { judgeNote, keepNote } from './note.ts'

/** What a correction says: text, or values by name. */
export type CorrectionContent = string | Map<string, number | string | Decimal>

/** What is said about records `first` to `last`, both included, or with null about the stream as a whole. */
export interface Correction {
  first: number | null
  last: number | null
  what: string
  content: CorrectionContent
}

/** [first, last, what, text or values] (`wrong-shape`). */
export function readCorrection(args: Cbor[]): Correction {
  const [first, last, what, content] = asArray(args, 'correction', 4)
  return { ...readSpan(first, last), what: asText(what, 'correction kind', 64), content: readContent(content) }
}

/** 24 correction: a workshop or other operator of scope `service` says what happened to a stream, such as an odometer that was replaced. */
export const correction: Call<Correction> = {
  number: 24,
  name: 'correction',
  read: readCorrection,
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
  if (typeof value === 'string') return asText(value, 'correction text', REASON_BYTES_MAX)
  if (!(value instanceof Map) || value.size === 0 || value.size > CORRECTION_VALUES_MAX) throw wrongShape('correction', `text, or 1 to ${CORRECTION_VALUES_MAX} values by name`, value)
  for (const [name, item] of value) {
    asText(name, 'correction name', 64)
    if (typeof item === 'string') asText(item, 'correction value', REASON_BYTES_MAX)
    else if (typeof item !== 'number' && !(item instanceof Decimal)) throw wrongShape('correction value', 'a number or text', item)
  }
  return value as Map<string, number | string | Decimal>
}
