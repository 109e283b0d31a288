import { leafHash } from '@telltale/core'
import type { Primitives } from '@telltale/core'
import { decodeBlock } from './block/block.ts'
import { blockRowKey, readUint48 } from './row-keys.ts'
import type { Store } from './store.ts'
import type { KnownSubtrees, LeafHashes } from './tree-rows.ts'

/** A transaction where it stands. */
export interface LoggedTransaction {
  bytes: Uint8Array
  index: number
  height: number
  timeMs: number
}

/** Leaves of the log that are read together where a proof needs one of them: complete subtrees of so many are kept in rows. */
export const LOG_GROUP_LEAVES = 256
/** Groups of leaf hashes kept in memory, the newest; 20 kB each. Receipts are asked for while a transaction is new. */
const GROUPS_KEPT_MAX = 32

/** Reads transactions by their place in the log. */
export interface LogReader {
  /** In the order of `indexes`; those of one block are quickest one after the other. */
  transactions(indexes: number[]): Promise<LoggedTransaction[]>
  /** Height of the block that holds a transaction; told by rows, without reading the block. */
  heightOf(index: number): number
  /** The leaves of a group, at least as many as the log of `size` transactions has of them. */
  leaves(group: number, size: number): Promise<LeafHashes>
  /** Complete subtrees of the log beyond its groups, as far as proofs have needed them. */
  readonly subtrees: KnownSubtrees
  /** Leaf hashes of transactions that were just committed, the first of them at `from`. */
  remember(from: number, hashes: Uint8Array[]): void
  forget(): void
}

export function createLogReader(store: Store, primitives: Primitives): LogReader {
  const groups = new Map<number, LeafHashes>()
  const subtrees: KnownSubtrees = new Map()

  const heightOf = (index: number): number => {
    let low = 1
    let high = store.rowsHeight
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (readUint48(store.get(blockRowKey(middle)) as Uint8Array, 0) > index) high = middle
      else low = middle + 1
    }
    return low
  }

  const transactions: LogReader['transactions'] = async (indexes) => {
    const found: LoggedTransaction[] = []
    let block = { height: -1, timeMs: 0, first: 0, transactions: [] as Uint8Array[] }
    for (const index of indexes) {
      if (index < block.first || index >= block.first + block.transactions.length) {
        const height = heightOf(index)
        const { header, transactions: held } = decodeBlock((await store.readBlock(height)).bytes)
        block = { height, timeMs: header.timeMs, first: header.size - held.length, transactions: held }
      }
      found.push({ bytes: block.transactions[index - block.first] as Uint8Array, index, height: block.height, timeMs: block.timeMs })
    }
    return found
  }

  const keep = (group: number, hashes: LeafHashes): void => {
    groups.delete(group)
    groups.set(group, hashes)
    if (groups.size > GROUPS_KEPT_MAX) groups.delete(groups.keys().next().value as number)
  }

  return {
    transactions,
    heightOf,
    subtrees,
    async leaves(group, size) {
      const start = group * LOG_GROUP_LEAVES
      const count = Math.min(LOG_GROUP_LEAVES, size - start)
      const known = groups.get(group)
      if (known && known.leaves.length >= count) return known
      const read = await transactions(Array.from({ length: count }, (_, i) => start + i))
      const hashes = { leaves: read.map(({ bytes }) => leafHash(bytes, primitives.sha256)), inner: new Map<number, Uint8Array>() }
      // Blocks may have been added meanwhile.
      if ((groups.get(group)?.leaves.length ?? 0) < count) keep(group, hashes)
      return hashes
    },
    remember(from, hashes) {
      for (const [i, hash] of hashes.entries()) {
        const group = Math.floor((from + i) / LOG_GROUP_LEAVES)
        const place = (from + i) % LOG_GROUP_LEAVES
        if (place === 0) keep(group, { leaves: [hash], inner: new Map() })
        else if (groups.get(group)?.leaves.length === place) groups.get(group)?.leaves.push(hash)
      }
    },
    forget() {
      groups.clear()
      subtrees.clear()
    },
  }
}
