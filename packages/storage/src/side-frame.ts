import type { SideKind } from '@telltale/ledger'
import { FRAME, readUint48, writeUint48 } from './frame.ts'
import type { FrameDraft } from './frame.ts'

/** A statement beside the log: [sequence of the file `signed` (6), bytes]; the reference is the sequence of the last durable block frame. Both are witnesses. */
export function sideDraft(kind: SideKind, bytes: Uint8Array, witness: { blockSequence: number; signedSequence: number }): FrameDraft {
  const prefix = new Uint8Array(PREFIX_BYTES)
  writeUint48(new DataView(prefix.buffer), 0, witness.signedSequence)
  return { kind: FRAME[kind], reference: witness.blockSequence, contents: [prefix, bytes] }
}

const PREFIX_BYTES = 6

/** Null where the contents are too short. `bytes` is a view. */
export function readSideContents(contents: Uint8Array): { bytes: Uint8Array; signedSequence: number } | null {
  if (contents.length < PREFIX_BYTES) return null
  return { bytes: contents.subarray(PREFIX_BYTES), signedSequence: readUint48(new DataView(contents.buffer, contents.byteOffset, PREFIX_BYTES), 0) }
}

