import type { Cbor, Verdict } from '@telltale/core'
import { refuse } from '../call.ts'
import type { CallContext } from '../call.ts'
import { splitStreamName, streamKey } from '../state/key.ts'
import type { StreamRow } from '../state/rows.ts'

/** Leaf of a stream's notes tree: cbor [height, block time, first / null, last / null, id]. */
export function noteLeaf(height: number, timeMs: number, first: number | null, last: number | null, id: Uint8Array): Cbor[] {
  return [height, timeMs, first, last, id]
}

/** What all notes have in common: there is such a stream, and this author has not yet written too many about it. */
export function judgeNote(context: CallContext): Verdict | null {
  const { iss, sub, sequence } = context.transaction
  const parts = splitStreamName(sub)
  if (!parts || !context.state.stream(parts.device, parts.name)) return refuse('unknown-stream', `${sub} is not a stream of this network.`, 'address/stream', sub)
  // Notes are an author's only transactions about a stream, so the sequence counts them.
  if (sequence >= context.parameters.notesMax) return refuse('too-many-notes', `${iss} wrote as many notes on this stream as the network allows.`, `at most ${context.parameters.notesMax}`, String(sequence))
  return null
}

/** Appends the note's leaf to the stream's notes tree. */
export function keepNote(context: CallContext, first: number | null, last: number | null): void {
  const { sub } = context.transaction
  const { device, name } = splitStreamName(sub) as { device: string; name: string }
  const stream = context.state.stream(device, name) as StreamRow
  context.append('notes', sub, noteLeaf(context.height, context.timeMs, first, last, context.id))
  context.state.set(streamKey(device, name), { ...stream, notesCount: stream.notesCount + 1 })
}
