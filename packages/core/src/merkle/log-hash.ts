import type { Primitives } from '../crypto/primitives.ts'

type Hash = Primitives['sha256']

const NOTHING = new Uint8Array(0)

// What is hashed is laid out here, one input after the other: making an array for each costs as much as its hash. Nothing is kept between calls.
const LEAF_INPUT = new Uint8Array(1024)
const INNER_INPUT = new Uint8Array(65)
INNER_INPUT[0] = 1

/** SHA-256(0x00 || entry): RFC 9162, 2.1.1. */
export function leafHash(entry: Uint8Array, sha256: Hash): Uint8Array {
  const length = entry.length + 1
  const input = length > LEAF_INPUT.length ? new Uint8Array(length) : LEAF_INPUT.subarray(0, length)
  input.set(entry, 1)
  return sha256(input)
}

/** SHA-256(0x01 || left || right), both of 32 bytes: RFC 9162, 2.1.1. */
export function innerHash(left: Uint8Array, right: Uint8Array, sha256: Hash): Uint8Array {
  INNER_INPUT.set(left, 1)
  INNER_INPUT.set(right, 33)
  return sha256(INNER_INPUT)
}

/** Root of the empty tree: SHA-256 of nothing. */
export function emptyRoot(sha256: Hash): Uint8Array {
  return sha256(NOTHING)
}

/** Largest power of two below `size` (size at least 2): where RFC 9162 splits a tree. */
export function splitPoint(size: number): number {
  // Exact for every size up to 2^53, where a logarithm would be rounded.
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

export function isPowerOfTwo(size: number): boolean {
  return size === 1 || (size > 1 && splitPoint(size) * 2 === size)
}
