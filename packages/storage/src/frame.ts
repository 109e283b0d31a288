import { bytesToHex, compareBytes, equalBytes } from '@telltale/core'
import { crc32, digest16 } from './checksum.ts'
import { FRAME_BYTES_MAX } from './limits.ts'

/**
 * A frame is what the files of the logs consist of: a head of 44 bytes and its contents.
 *
 *     0  4  mark "TTLF"
 *     4  1  kind
 *     5  3  zero
 *     8  4  length of the contents
 *    12  6  sequence: number of the frame in its log, rising by one
 *    18  6  reference: for a block and a revert the height, for attachments and statements the sequence of a block frame
 *    24 16  digest: first 16 bytes of the SHA-256 over the contents (of attachments: over their table, which holds the hash of each)
 *    40  4  CRC-32 over bytes 0 to 39
 *
 * Numbers are big-endian. The head has a check of its own, so that a flipped length is found before it is trusted; a CRC-32 finds every
 * flip of up to 32 neighbouring bits in so few bytes. The contents are as long as 256 MB and are what a reader acts on: there a CRC would
 * let through one in four billion of larger damages (a page of another file, a hole of zeros), and SHA-256 costs less than writing them.
 */
export interface FrameHead {
  kind: number
  contentsBytes: number
  sequence: number
  reference: number
  digest: Uint8Array
}

/** Kinds of frames. Never renumbered. Those that end in `Whole` stand in stores of format 1, are read for ever and written no more: they name attachments by all 32 bytes of their hash. */
export const FRAME = { start: 1, block: 2, revert: 3, attachmentsWhole: 4, droppedWhole: 5, cosignature: 6, refusal: 7, lost: 8, attachments: 9, dropped: 10 } as const

export const FRAME_HEAD_BYTES = 44

const MARK = Uint8Array.of(0x54, 0x54, 0x4c, 0x46)

/** What is about to be written: the log gives it its sequence. */
export interface FrameDraft {
  kind: number
  reference: number
  contents: Uint8Array[]
  /** Given where the digest is not that of all the contents. */
  digest?: Uint8Array
}

export function encodeFrame(draft: FrameDraft, sequence: number): Uint8Array[] {
  const head = new Uint8Array(FRAME_HEAD_BYTES)
  const view = new DataView(head.buffer)
  head.set(MARK, 0)
  head[4] = draft.kind
  view.setUint32(8, draftContentsBytes(draft))
  writeUint48(view, 12, sequence)
  writeUint48(view, 18, draft.reference)
  head.set(draft.digest ?? digest16(draft.contents), 24)
  view.setUint32(40, crc32(head, 0, 0, 40))
  return [head, ...draft.contents]
}

export function draftBytes(draft: FrameDraft): number {
  return FRAME_HEAD_BYTES + draftContentsBytes(draft)
}

function draftContentsBytes(draft: FrameDraft): number {
  return draft.contents.reduce((sum, part) => sum + part.length, 0)
}

/** What was expected and found where the two differ. */
export interface Difference {
  expected: string
  found: string
}

/** The head at `at`, or why there is none. Nothing of it is trusted before its check has held. */
export function readFrameHead(bytes: Uint8Array, at: number): FrameHead | Difference {
  if (at + FRAME_HEAD_BYTES > bytes.length) return { expected: `the ${FRAME_HEAD_BYTES} bytes of a frame's head`, found: `${bytes.length - at} bytes` }
  const head = bytes.subarray(at, at + FRAME_HEAD_BYTES)
  const view = new DataView(head.buffer, head.byteOffset, FRAME_HEAD_BYTES)
  if (compareBytes(head.subarray(0, 4), MARK) !== 0) return { expected: `a frame's mark ${bytesToHex(MARK)}`, found: bytesToHex(head.subarray(0, 4)) }
  const expected = crc32(head, 0, 0, 40)
  const found = view.getUint32(40)
  if (expected !== found) return { expected: `a head with the check ${hex32(expected)}`, found: hex32(found) }
  const contentsBytes = view.getUint32(8)
  if (contentsBytes > FRAME_BYTES_MAX || (head[5] as number) + (head[6] as number) + (head[7] as number) !== 0) {
    return { expected: `a frame of at most ${FRAME_BYTES_MAX} bytes`, found: `${contentsBytes} bytes, flags ${bytesToHex(head.subarray(5, 8))}` }
  }
  return { kind: head[4] as number, contentsBytes, sequence: readUint48(view, 12), reference: readUint48(view, 18), digest: head.slice(24, 40) }
}

export function isFrameHead(head: FrameHead | Difference): head is FrameHead {
  return 'sequence' in head
}

/** Null where the contents have the digest of their head. */
export function contentsDifference(head: FrameHead, contents: Uint8Array): Difference | null {
  const digest = digest16([contents])
  return equalBytes(digest, head.digest) ? null : { expected: `contents with the digest ${bytesToHex(head.digest)}`, found: bytesToHex(digest) }
}

export function writeUint48(view: DataView, at: number, value: number): void {
  view.setUint16(at, Math.floor(value / 0x1_0000_0000))
  view.setUint32(at + 2, value % 0x1_0000_0000)
}

export function readUint48(view: DataView, at: number): number {
  return view.getUint16(at) * 0x1_0000_0000 + view.getUint32(at + 2)
}

export function hex32(value: number): string {
  return value.toString(16).padStart(8, '0')
}
