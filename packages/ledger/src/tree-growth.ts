import { EMPTY_FRONTIER, appendLeaves } from '@telltale/core'
import type { Frontier, Primitives } from '@telltale/core'

/** Leaves of a stream's tree that share a row: the hash over them, and where each stands in the log. */
const GROUP_LEVEL = 4
export const GROUP_LEAVES = 16
/** Complete subtrees of 256, 65,536, ... leaves are kept, so that no proof reads more than a few hundred rows a level. */
export const NODE_LEVELS: readonly number[] = [8, 16, 24]

/** Where one of the ledger's trees stands: all that must be known to append to it. */
export interface TreeHead {
  /** Its name in row keys. */
  tree: Uint8Array
  frontier: Frontier
  /** Stream trees: positions in the log of the leaves behind the last complete group. Empty for the log itself. */
  positions: number[]
}

/** A complete subtree of 2^level leaves, the index-th of its level from the left. */
export interface TreeNode {
  level: number
  index: number
  hash: Uint8Array
}

/** A complete group of leaves of a stream's tree. */
export interface LeafGroup {
  index: number
  hash: Uint8Array
  positions: number[]
}

/** A tree after a block, and what the block completed in it. */
export interface Growth {
  head: TreeHead
  nodes: TreeNode[]
  groups: LeafGroup[]
}

export function emptyHead(tree: Uint8Array): TreeHead {
  return { tree, frontier: EMPTY_FRONTIER, positions: [] }
}

/** Appends leaf hashes; `positions` says where each stands in the log, and is empty for the log itself. */
export function growTree({ tree, frontier, positions: before }: TreeHead, leaves: Uint8Array[], positions: number[], sha256: Primitives['sha256']): Growth {
  const all = [...before, ...positions]
  const firstGroup = Math.floor(frontier.size / GROUP_LEAVES)
  const nodes: TreeNode[] = []
  const groups: LeafGroup[] = []
  const after = appendLeaves(frontier, leaves, sha256, (level, index, hash) => {
    if (level === GROUP_LEVEL && all.length > 0) {
      const from = (index - firstGroup) * GROUP_LEAVES
      groups.push({ index, hash, positions: all.slice(from, from + GROUP_LEAVES) })
    } else if (NODE_LEVELS.includes(level)) nodes.push({ level, index, hash })
  })
  return { head: { tree, frontier: after, positions: all.slice(groups.length * GROUP_LEAVES) }, nodes, groups }
}
