import { crc32c } from './checksum.ts'
import { hex32 } from './frame.ts'
import type { Difference } from './frame.ts'

/** LevelDB's numbers (doc/table_format.md, util/coding.cc): little-endian, and varints of seven bits a byte. */
export interface LevelInput {
  bytes: Uint8Array
  at: number
}

/** Null where the bytes end or the number passes 2^53. */
export function readVarint(input: LevelInput): number | null {
  let value = 0
  for (let shift = 0; shift < 8; shift++) {
    const byte = input.bytes[input.at]
    if (byte === undefined) return null
    input.at += 1
    value += (byte & 127) * 128 ** shift
    if (byte < 128) return Number.isSafeInteger(value) ? value : null
  }
  return null
}

/** Bytes with their length before them; null where they end. */
export function readSlice(input: LevelInput): Uint8Array | null {
  const length = readVarint(input)
  if (length === null || input.at + length > input.bytes.length) return null
  input.at += length
  return input.bytes.subarray(input.at - length, input.at)
}

export function readFixed32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true)
}

/** LevelDB stores a sum turned and shifted, so that a sum over sums is no weaker (util/crc32c.h). Null where it holds. */
export function levelCheckDifference(stored: number, bytes: Uint8Array, start: number, end: number): Difference | null {
  const crc = crc32c(bytes, 0, start, end)
  const expected = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
  return expected === stored ? null : { expected: `the check ${hex32(expected)}`, found: hex32(stored) }
}
