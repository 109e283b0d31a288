import { crc32 } from 'node:zlib'
import { concatBytes, equalBytes } from '@telltale/core'
import type { Primitives } from '@telltale/core'

/**
 * A frame is what the file of the outbox consists of: a head of 36 bytes and its contents. Numbers are big-endian.
 *
 *     0  4  mark "TTGO"
 *     4  1  kind
 *     5  1  zero
 *     6  6  group: where the write began that this frame belongs to; all bytes before it were synced before
 *    12  4  length of the contents
 *    16 16  digest: first 16 bytes of the SHA-256 over the contents
 *    32  4  CRC-32 over the salt of the file and bytes 0 to 31
 *
 * The group tells a tail that a crash tore, which nobody was told of, from damage in what was acknowledged. The salt is known to this file alone:
 * what devices send ends up in here, and bytes that look like a frame must not be taken for one.
 */
export interface FrameHead {
  kind: number
  group: number
  contentsBytes: number
  digest: Uint8Array
}

export const FRAME_HEAD_BYTES = 36
/** A request with its attachments, and what is written around it. */
const FRAME_CONTENTS_MAX = 33_554_432
export const SALT_BYTES = 16

const MARK = Uint8Array.of(0x54, 0x54, 0x47, 0x4f)

export interface FrameDraft {
  kind: number
  contents: Uint8Array
}

export function encodeFrame({ kind, contents }: FrameDraft, group: number, salt: Uint8Array, { sha256 }: Primitives): Uint8Array[] {
  const head = new Uint8Array(FRAME_HEAD_BYTES)
  const view = new DataView(head.buffer)
  head.set(MARK, 0)
  head[4] = kind
  view.setUint16(6, Math.floor(group / 0x1_0000_0000))
  view.setUint32(8, group % 0x1_0000_0000)
  view.setUint32(12, contents.length)
  head.set(sha256(contents).subarray(0, 16), 16)
  view.setUint32(32, headCheck(head, salt))
  return [head, contents]
}

export function draftBytes({ contents }: FrameDraft): number {
  return FRAME_HEAD_BYTES + contents.length
}

/** The head at the beginning of `bytes`, or null where there is none whose check holds. */
export function readFrameHead(bytes: Uint8Array, salt: Uint8Array): FrameHead | null {
  if (bytes.length < FRAME_HEAD_BYTES || !hasMark(bytes, 0)) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEAD_BYTES)
  const contentsBytes = view.getUint32(12)
  if (view.getUint32(32) !== headCheck(bytes.subarray(0, FRAME_HEAD_BYTES), salt) || bytes[5] !== 0 || contentsBytes > FRAME_CONTENTS_MAX) return null
  return { kind: bytes[4] as number, group: view.getUint16(6) * 0x1_0000_0000 + view.getUint32(8), contentsBytes, digest: bytes.slice(16, 32) }
}

export function hasDigest({ digest }: FrameHead, contents: Uint8Array, { sha256 }: Primitives): boolean {
  return equalBytes(sha256(contents).subarray(0, 16), digest)
}

/** Where the next mark begins at or after `from`, or -1. */
export function findMark(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(MARK[0] as number, from); at >= 0; at = bytes.indexOf(MARK[0] as number, at + 1)) if (hasMark(bytes, at)) return at
  return -1
}

function hasMark(bytes: Uint8Array, at: number): boolean {
  return equalBytes(bytes.subarray(at, at + MARK.length), MARK)
}

function headCheck(head: Uint8Array, salt: Uint8Array): number {
  return crc32(concatBytes(salt, head.subarray(0, FRAME_HEAD_BYTES - 4)))
}
