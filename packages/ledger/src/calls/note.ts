import type { Cbor, Verdict } from '@telltale/core'
import { accountOf } from '../authority.ts'
import { refuse } from '../call.ts'
import type { CallContext } from '../call.ts'
import { notesKey, splitStreamName, streamKey } from '../state/key.ts'
import type { StreamRow } from '../state/rows.ts'

/** Leaf of a stream's notes tree: cbor [height, block time, first / null, last / null, id]. */
export function noteLeaf(height: number, timeMs: number, first: number | null, last: number | null, id: Uint8Array): Cbor[] {
  return [height, timeMs, first, last, id]
}

/**
 * What all notes have in common: there is such a stream, and the author's organisation has not yet written too many about it. Counted by organisation, because it
 * admits as many authors as it likes, and every certificate of the stream has to carry them all.
 */
export function judgeNote(context: CallContext): Verdict | null {
  const { sub } = context.transaction
  const parts = splitStreamName(sub)
  if (!parts || !context.state.stream(parts.device, parts.name)) return refuse('unknown-stream', `${sub} is not a stream of this network.`, 'address/stream', sub)
  const account = accountOf(context)
  const written = context.state.notes(account, sub)
  if (written >= context.parameters.notesMax) return refuse('too-many-notes', `${account} wrote as many notes on this stream as the network allows.`, `at most ${context.parameters.notesMax}`, String(written))
  return null
}

/** Appends the note's leaf to the stream's notes tree. */
export function keepNote(context: CallContext, first: number | null, last: number | null): void {
  const { sub } = context.transaction
  const { device, name } = splitStreamName(sub) as { device: string; name: string }
  const stream = context.state.stream(device, name) as StreamRow
  context.append('notes', sub, noteLeaf(context.height, context.timeMs, first, last, context.id))
  const account = accountOf(context)
  context.state.set(notesKey(account, sub), context.state.notes(account, sub) + 1)
  context.state.set(streamKey(device, name), { ...stream, notesCount: stream.notesCount + 1 })
}
