import { assert, innerHash } from '@telltale/core'
import type { Primitives, SubtreeHash } from '@telltale/core'
import { groupRowKey, headRowKey, nodeRowKey, readUint48, writeUint48 } from './row-keys.ts'
import type { RowChange, RowReader } from './store.ts'
import { GROUP_LEAVES, NODE_LEVELS, emptyHead } from './tree-growth.ts'
import type { Growth, TreeHead } from './tree-growth.ts'

/**
 * What rows keep of a tree: its head, the hashes of complete subtrees, and for streams the groups. Leaves are not kept: each follows from its
 * transaction, which lies in a block.
 */
export function treeRows({ head, nodes, groups }: Growth): RowChange[] {
  const changes: RowChange[] = [[headRowKey(head.tree), encodeHead(head)]]
  for (const { level, index, hash } of nodes) changes.push([nodeRowKey(head.tree, level, index), hash])
  for (const { index, hash, positions } of groups) changes.push([groupRowKey(head.tree, index), joinRow([hash], positions)])
  return changes
}

/** [size (6), frontier hashes (32 each), positions (6 each)]; the size tells how many there are of each. */
function encodeHead({ frontier, positions }: TreeHead): Uint8Array {
  const row = new Uint8Array(6 + frontier.hashes.length * 32 + positions.length * 6)
  writeUint48(row, 0, frontier.size)
  row.set(joinRow(frontier.hashes, positions), 6)
  return row
}

function joinRow(hashes: Uint8Array[], positions: number[]): Uint8Array {
  const row = new Uint8Array(hashes.length * 32 + positions.length * 6)
  hashes.forEach((hash, i) => row.set(hash, i * 32))
  positions.forEach((position, i) => writeUint48(row, hashes.length * 32 + i * 6, position))
  return row
}

function readPositions(row: Uint8Array, at: number): number[] {
  const positions: number[] = []
  for (let i = at; i < row.length; i += 6) positions.push(readUint48(row, i))
  return positions
}

export function loadHead(rows: RowReader, tree: Uint8Array): TreeHead {
  const row = rows.get(headRowKey(tree))
  if (row === null) return emptyHead(tree)
  const size = readUint48(row, 0)
  const hashes: Uint8Array[] = []
  // One complete subtree for every bit of the size.
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) if (rest % 2 === 1) hashes.push(row.slice(6 + hashes.length * 32, 38 + hashes.length * 32))
  return { tree, frontier: { size, hashes }, positions: readPositions(row, 6 + hashes.length * 32) }
}

/** Positions in the log of the leaves [from, to) of a stream's tree, all of which it has. */
export function leafPositions(rows: RowReader, tree: Uint8Array, from: number, to: number): number[] {
  const positions: number[] = []
  for (let group = Math.floor(from / GROUP_LEAVES); group * GROUP_LEAVES < to; group++) {
    const row = rows.get(groupRowKey(tree, group))
    const held = row === null ? loadHead(rows, tree).positions : readPositions(row, 32)
    const start = group * GROUP_LEAVES
    positions.push(...held.slice(Math.max(from - start, 0), to - start))
  }
  assert(positions.length === to - from, `a tree's rows lack leaves between ${from} and ${to}`)
  return positions
}

/** How the hash of a complete subtree of the smallest kept size is found; null where it is not complete. */
export type GroupHash = (rows: RowReader, tree: Uint8Array, index: number) => Uint8Array | null

export const streamGroupHash: GroupHash = (rows, tree, index) => rows.get(groupRowKey(tree, index))?.slice(0, 32) ?? null
export const logGroupHash: GroupHash = (rows, tree, index) => rows.get(nodeRowKey(tree, NODE_LEVELS[0] as number, index))

/** The leaf hashes of a group, and the complete subtrees over them that were asked for, by place in the group and width. */
export interface LeafHashes {
  leaves: Uint8Array[]
  inner: Map<number, Uint8Array>
}

/** Those groups of a tree that have to be looked into, by index. */
export type LeafGroups = Map<number, LeafHashes>

/** Hashes of complete subtrees, by their middle, which no two have in common. */
export type KnownSubtrees = Map<number, Uint8Array>

const KNOWN_MAX = 4096

/**
 * Complete subtrees of a stored tree: from rows where they are kept, within the groups that are given from their leaves. What lies between the levels
 * of rows is made once and added to `known`: without that, a proof reads hundreds of rows.
 */
export function storedSubtrees(rows: RowReader, tree: Uint8Array, kind: { groupLeaves: number; groupHash: GroupHash; known: KnownSubtrees }, groups: LeafGroups, sha256: Primitives['sha256']): SubtreeHash {
  const { groupLeaves, groupHash, known } = kind
  const withinGroup = (start: number, width: number): Uint8Array => {
    const group = groups.get(Math.floor(start / groupLeaves))
    const place = start % groupLeaves
    assert(group !== undefined && place + width <= group.leaves.length, `leaf ${start} of a tree was not read`)
    if (width === 1) return group.leaves[place] as Uint8Array
    const name = place * groupLeaves + width
    const before = group.inner.get(name)
    if (before) return before
    const made = innerHash(withinGroup(start, width / 2), withinGroup(start + width / 2, width / 2), sha256)
    group.inner.set(name, made)
    return made
  }
  const hash: SubtreeHash = (start, end) => {
    const width = end - start
    if (width < groupLeaves) return withinGroup(start, width)
    const level = Math.log2(width)
    const kept = width === groupLeaves ? groupHash(rows, tree, start / width) : NODE_LEVELS.includes(level) ? rows.get(nodeRowKey(tree, level, start / width)) : null
    if (kept) return kept
    if (width === groupLeaves) return withinGroup(start, width)
    const middle = (start + end) / 2
    const before = known.get(middle)
    if (before) return before
    const made = innerHash(hash(start, middle), hash(middle, end), sha256)
    if (known.size >= KNOWN_MAX) known.clear()
    known.set(middle, made)
    return made
  }
  return hash
}
