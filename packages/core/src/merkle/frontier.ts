import type { Primitives } from '../crypto/primitives.ts'
import { emptyRoot, innerHash } from './log-hash.ts'

type Hash = Primitives['sha256']

/**
 * What must be kept of an RFC 9162 tree to append to it and know its root: the hashes of its complete subtrees, largest (leftmost) first.
 * A value: appending gives a new frontier, so that a branch that loses leaves no trace.
 */
export interface Frontier {
  size: number
  hashes: Uint8Array[]
}

export const EMPTY_FRONTIER: Frontier = { size: 0, hashes: [] }

/** Told of every complete subtree of 2^level leaves, the index-th of its level from the left, as it is completed. Level 1 is the lowest. */
export type OnSubtree = (level: number, index: number, hash: Uint8Array) => void

/** The frontier after these leaf hashes. */
export function appendLeaves(frontier: Frontier, leaves: Uint8Array[], sha256: Hash, onSubtree?: OnSubtree): Frontier {
  const hashes = frontier.hashes.slice()
  let size = frontier.size
  for (const leaf of leaves) {
    let hash = leaf
    // Every trailing one bit of the size is a complete subtree that this leaf completes into a larger one.
    let level = 0
    for (let bits = size; bits % 2 === 1; bits = Math.floor(bits / 2)) {
      hash = innerHash(hashes.pop() as Uint8Array, hash, sha256)
      level += 1
      onSubtree?.(level, Math.floor(bits / 2), hash)
    }
    hashes.push(hash)
    size += 1
  }
  return { size, hashes }
}

/** The tree's root: complete subtrees joined from the right. */
export function frontierRoot(frontier: Frontier, sha256: Hash): Uint8Array {
  const { hashes } = frontier
  let root = hashes[hashes.length - 1]
  if (root === undefined) return emptyRoot(sha256)
  for (let i = hashes.length - 2; i >= 0; i--) root = innerHash(hashes[i] as Uint8Array, root, sha256)
  return root
}
