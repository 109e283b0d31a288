import { assert } from '@telltale/core'
import type { StoredBlock } from '@telltale/ledger'
import { digest16 } from './checksum.ts'
import { FRAME, readUint48, writeUint48 } from './frame.ts'
import type { FrameDraft, FrameHead } from './frame.ts'

/**
 * A block's frame: [number of frames in the attachments' log once this commit is complete (6), sequence of the file `signed` (6), id (32), bytes].
 * The first says which attachments belong to the block, the second is a witness: a file `signed` that is older has lost something.
 */
export interface BlockFrame {
  block: StoredBlock
  attachmentFrames: number
  signedSequence: number
}

const PREFIX_BYTES = 44

/** The digest is wanted for the index as well as for the frame. */
export type DigestedDraft = FrameDraft & { digest: Uint8Array }

export function blockDraft({ block, attachmentFrames, signedSequence }: BlockFrame): DigestedDraft {
  assert(block.id.length === 32, 'a block id of 32 bytes')
  const prefix = new Uint8Array(PREFIX_BYTES)
  const view = new DataView(prefix.buffer)
  writeUint48(view, 0, attachmentFrames)
  writeUint48(view, 6, signedSequence)
  prefix.set(block.id, 12)
  const contents = [prefix, block.bytes]
  return { kind: FRAME.block, reference: block.height, contents, digest: digest16(contents) }
}

/** What a block's frame holds; null where the contents are too short. Bytes are views. */
export function readBlockFrame(head: FrameHead, contents: Uint8Array): BlockFrame | null {
  if (contents.length < PREFIX_BYTES) return null
  const view = new DataView(contents.buffer, contents.byteOffset, PREFIX_BYTES)
  return {
    block: { height: head.reference, id: contents.subarray(12, PREFIX_BYTES), bytes: contents.subarray(PREFIX_BYTES) },
    attachmentFrames: readUint48(view, 0),
    signedSequence: readUint48(view, 6),
  }
}

/** Takes back the last block: contents are its id. */
export function revertDraft(block: { height: number; id: Uint8Array }): DigestedDraft {
  return { kind: FRAME.revert, reference: block.height, contents: [block.id], digest: digest16([block.id]) }
}
