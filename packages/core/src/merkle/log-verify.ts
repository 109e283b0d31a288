import { equalBytes } from '../bytes/compare.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { emptyRoot, innerHash, isPowerOfTwo, splitPoint } from './log-hash.ts'

type Hash = Primitives['sha256']

/** The root that an inclusion proof leads to, or null where the proof has the wrong length (RFC 9162, 2.1.3.2). `index` and `size` are hostile. */
export function rootFromInclusion(leaf: Uint8Array, index: number, size: number, path: Uint8Array[], sha256: Hash): Uint8Array | null {
  if (index < 0 || index >= size) return null
  let position = index
  let last = size - 1
  let root = leaf
  for (const sibling of path) {
    if (last === 0) return null
    if (position % 2 === 1 || position === last) {
      root = innerHash(sibling, root, sha256)
      while (position % 2 === 0 && position !== 0) {
        position = Math.floor(position / 2)
        last = Math.floor(last / 2)
      }
    } else {
      root = innerHash(root, sibling, sha256)
    }
    position = Math.floor(position / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? root : null
}

/** Whether the tree of `first` leaves with `firstRoot` is a prefix of the tree of `second` leaves with `secondRoot` (RFC 9162, 2.1.4.2). */
export function isConsistent(first: number, second: number, firstRoot: Uint8Array, secondRoot: Uint8Array, proof: Uint8Array[], sha256: Hash): boolean {
  if (first < 0 || first > second) return false
  if (first === 0) return proof.length === 0 && equalBytes(firstRoot, emptyRoot(sha256))
  if (first === second) return proof.length === 0 && equalBytes(firstRoot, secondRoot)
  const path = isPowerOfTwo(first) ? [firstRoot, ...proof] : proof
  const start = path[0]
  if (!start) return false
  let position = first - 1
  let last = second - 1
  while (position % 2 === 1) {
    position = Math.floor(position / 2)
    last = Math.floor(last / 2)
  }
  let firstHash = start
  let secondHash = start
  for (const sibling of path.slice(1)) {
    if (last === 0) return false
    if (position % 2 === 1 || position === last) {
      firstHash = innerHash(sibling, firstHash, sha256)
      secondHash = innerHash(sibling, secondHash, sha256)
      while (position % 2 === 0 && position !== 0) {
        position = Math.floor(position / 2)
        last = Math.floor(last / 2)
      }
    } else {
      secondHash = innerHash(secondHash, sibling, sha256)
    }
    position = Math.floor(position / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equalBytes(firstHash, firstRoot) && equalBytes(secondHash, secondRoot)
}

/**
 * The root of the tree of `size` leaves in which [from, from + leaves.length) are `leaves`, or null where the proof has surplus or missing hashes.
 * `size` is at most 2^53 - 1, so the walk is at most 2 x 53 hashes deep beside the leaves themselves.
 */
export function rootFromRange(leaves: Uint8Array[], from: number, size: number, proof: Uint8Array[], sha256: Hash): Uint8Array | null {
  const to = from + leaves.length
  if (from < 0 || to > size) return null
  if (size === 0) return proof.length === 0 ? emptyRoot(sha256) : null
  let used = 0
  const walk = (start: number, end: number): Uint8Array | null => {
    if (end <= from || start >= to) return proof[used++] ?? null
    if (end - start === 1) return leaves[start - from] as Uint8Array
    const middle = start + splitPoint(end - start)
    const left = walk(start, middle)
    const right = left && walk(middle, end)
    return left && right && innerHash(left, right, sha256)
  }
  const root = walk(0, size)
  return used === proof.length ? root : null
}
