import { assert } from '../assert.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { emptyRoot, innerHash, isPowerOfTwo, splitPoint } from './log-hash.ts'

type Hash = Primitives['sha256']

/** Hash of the complete subtree over the leaves [start, end), end - start a power of two that divides start. */
export type SubtreeHash = (start: number, end: number) => Uint8Array

/** Complete subtrees straight from an array of leaf hashes. For trees that fit in memory. */
export function subtreesOfLeaves(leaves: Uint8Array[], sha256: Hash): SubtreeHash {
  const hash: SubtreeHash = (start, end) => {
    if (end - start === 1) return leaves[start] as Uint8Array
    const middle = (start + end) / 2
    return innerHash(hash(start, middle), hash(middle, end), sha256)
  }
  return hash
}

/** Root over the leaves [start, end) of any tree that RFC 9162 can make there. */
export function rangeRoot(start: number, end: number, subtree: SubtreeHash, sha256: Hash): Uint8Array {
  const size = end - start
  if (size === 0) return emptyRoot(sha256)
  if (isPowerOfTwo(size)) return subtree(start, end)
  const middle = start + splitPoint(size)
  return innerHash(rangeRoot(start, middle, subtree, sha256), rangeRoot(middle, end, subtree, sha256), sha256)
}

/** PATH(index, D[size]) (RFC 9162, 2.1.3.1): sibling hashes from the leaf to the root. */
export function inclusionProof(index: number, size: number, subtree: SubtreeHash, sha256: Hash): Uint8Array[] {
  assert(index >= 0 && index < size, 'inclusion proof outside the tree')
  const path: Uint8Array[] = []
  const walk = (start: number, end: number): void => {
    if (end - start === 1) return
    const middle = start + splitPoint(end - start)
    if (index < middle) {
      walk(start, middle)
      path.push(rangeRoot(middle, end, subtree, sha256))
    } else {
      walk(middle, end)
      path.push(rangeRoot(start, middle, subtree, sha256))
    }
  }
  walk(0, size)
  return path
}

/** PROOF(first, D[second]) (RFC 9162, 2.1.4.1): shows that the tree of `first` leaves is a prefix of the tree of `second`. */
export function consistencyProof(first: number, second: number, subtree: SubtreeHash, sha256: Hash): Uint8Array[] {
  assert(first > 0 && first <= second, 'consistency proof between impossible sizes')
  const proof: Uint8Array[] = []
  const walk = (size: number, start: number, end: number, whole: boolean): void => {
    if (size === end - start) {
      if (!whole) proof.push(rangeRoot(start, end, subtree, sha256))
      return
    }
    const split = splitPoint(end - start)
    if (size <= split) {
      walk(size, start, start + split, whole)
      proof.push(rangeRoot(start + split, end, subtree, sha256))
    } else {
      walk(size - split, start + split, end, false)
      proof.push(rangeRoot(start, start + split, subtree, sha256))
    }
  }
  walk(first, 0, second, true)
  return proof
}

/**
 * Proof that the leaves [from, to) are exactly these in the tree of `size` leaves: walking from the root, left before right, a subtree wholly outside
 * contributes its hash, one wholly inside nothing, others are split.
 */
export function rangeProof(from: number, to: number, size: number, subtree: SubtreeHash, sha256: Hash): Uint8Array[] {
  assert(from >= 0 && from <= to && to <= size, 'range proof outside the tree')
  const proof: Uint8Array[] = []
  const walk = (start: number, end: number): void => {
    if (start >= from && end <= to) return
    if (end <= from || start >= to) {
      proof.push(rangeRoot(start, end, subtree, sha256))
      return
    }
    const middle = start + splitPoint(end - start)
    walk(start, middle)
    walk(middle, end)
  }
  if (size > 0) walk(0, size)
  return proof
}
