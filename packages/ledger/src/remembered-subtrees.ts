import { innerHash, rangeRoot, splitPoint } from '@telltale/core'
import type { Primitives, SubtreeHash } from '@telltale/core'

/** Hashes of one generation, about 150 bytes each; two are kept, and together they hold what lies above the newest 16,000 leaves at least. */
const GENERATION_MAX = 32_768
/** Widths that rows hold: single leaves, and every eighth level above. */
const ROW_LEVELS = 8

/**
 * Complete subtrees, remembered: a proof for each leaf of a block then costs a few hashes instead of hundreds of rows. Only for what is final; a tree that is
 * taken back would be remembered as it was.
 */
export function rememberSubtrees(stored: SubtreeHash, sha256: Primitives['sha256']): SubtreeHash {
  let young = new Map<number, Uint8Array>()
  let old = new Map<number, Uint8Array>()
  const hash: SubtreeHash = (start, end) => {
    const level = Math.log2(end - start)
    const name = start * 64 + level
    const known = young.get(name)
    if (known) return known
    const middle = (start + end) / 2
    const found = old.get(name) ?? (level % ROW_LEVELS === 0 ? stored(start, end) : innerHash(hash(start, middle), hash(middle, end), sha256))
    if (young.size >= GENERATION_MAX) [old, young] = [young, new Map()]
    young.set(name, found)
    return found
  }
  return hash
}

/**
 * Inclusion proofs under one size, for many leaves: PATH of RFC 9162, 2.1.3.1, where what lies to the right of a split and reaches the end of the tree is worked out once.
 */
export function createPathMaker(size: number, subtree: SubtreeHash, sha256: Primitives['sha256']): (index: number) => Uint8Array[] {
  const ends = new Map<number, Uint8Array>()
  const right = (start: number, end: number): Uint8Array => {
    if (end !== size) return subtree(start, end)
    const known = ends.get(start)
    if (known) return known
    const found = rangeRoot(start, end, subtree, sha256)
    ends.set(start, found)
    return found
  }
  return (index) => {
    const path: Uint8Array[] = []
    let start = 0
    let end = size
    while (end - start > 1) {
      const middle = start + splitPoint(end - start)
      if (index < middle) {
        path.push(right(middle, end))
        end = middle
      } else {
        path.push(subtree(start, middle))
        start = middle
      }
    }
    return path.reverse()
  }
}
