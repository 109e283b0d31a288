import { EMPTY_FRONTIER, assert, innerHash } from '@telltale/core'
import type { Frontier, Primitives, SubtreeHash } from '@telltale/core'
import { leafRowKey, nodeRowKey, readUint48, writeUint48 } from './row-keys.ts'
import type { RowChange, RowReader } from './store.ts'

type Hash = Primitives['sha256']

/** Complete subtrees of 256, 65,536, ... leaves are kept, so that no proof and no start reads more than a few hundred rows a level. */
const LEVEL_STEP = 8
const LEVELS = [8, 16, 24] as const

/** A leaf of one of the ledger's trees as it stands in a row: its hash and where to find what it stands for. */
export interface TreeLeaf {
  hash: Uint8Array
  /** Log tree: height of the block. Stream trees: position in the log. */
  reference: number
}

export function readLeaf(rows: RowReader, tree: Uint8Array, index: number): TreeLeaf | null {
  const row = rows.get(leafRowKey(tree, index))
  return row && { hash: row.subarray(0, 32), reference: readUint48(row, 32) }
}

/** Rows for leaves appended from `from` on, subtree nodes included. */
export function leafRows(tree: Uint8Array, from: number, leaves: TreeLeaf[], subtree: SubtreeHash): RowChange[] {
  const changes: RowChange[] = leaves.map((leaf, i) => {
    const value = new Uint8Array(38)
    value.set(leaf.hash)
    writeUint48(value, 32, leaf.reference)
    return [leafRowKey(tree, from + i), value]
  })
  const to = from + leaves.length
  for (const level of LEVELS) {
    const width = 2 ** level
    for (let index = Math.floor(from / width); (index + 1) * width <= to; index++) {
      changes.push([nodeRowKey(tree, level, index), subtree(index * width, (index + 1) * width)])
    }
  }
  return changes
}

/** Complete subtrees of a stored tree; leaves from `pendingFrom` on are not in rows yet and come from `pending`. */
export function storedSubtrees(rows: RowReader, tree: Uint8Array, sha256: Hash, pendingFrom = Number.MAX_SAFE_INTEGER, pending: TreeLeaf[] = []): SubtreeHash {
  const hash: SubtreeHash = (start, end) => {
    if (end - start === 1) {
      if (start >= pendingFrom) return pending[start - pendingFrom]!.hash
      const leaf = readLeaf(rows, tree, start)
      assert(leaf !== null, `leaf ${start} of a tree is missing from the rows`)
      return leaf.hash
    }
    const level = Math.log2(end - start)
    if (end <= pendingFrom && level % LEVEL_STEP === 0) {
      const node = rows.get(nodeRowKey(tree, level, start / (end - start)))
      if (node) return node
    }
    const middle = (start + end) / 2
    return innerHash(hash(start, middle), hash(middle, end), sha256)
  }
  return hash
}

/** The frontier of the first `size` leaves, from the rows. */
export function loadFrontier(size: number, subtree: SubtreeHash): Frontier {
  if (size === 0) return EMPTY_FRONTIER
  const hashes: Uint8Array[] = []
  let start = 0
  for (let width = 2 ** Math.floor(Math.log2(size)); width >= 1; width /= 2) {
    if (start + width > size) continue
    hashes.push(subtree(start, start + width))
    start += width
  }
  return { size, hashes }
}
