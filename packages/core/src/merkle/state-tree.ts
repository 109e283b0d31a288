import type { Primitives } from '../crypto/primitives.ts'
import { compareBytes, equalBytes } from '../bytes/compare.ts'
import { EMPTY_SUBTREE, keyBit, stateInnerHash, stateLeafHash } from './state-proof.ts'
import type { StateNeighbour } from './state-proof.ts'

type Hash = Primitives['sha256']

interface Leaf extends StateNeighbour {
  hash: Uint8Array
}

interface Branch {
  left: StateTree
  right: StateTree
  hash: Uint8Array
}

/** A version of the tree. Immutable: an update shares what it did not touch, so a branch that loses is simply dropped. Null is empty. */
export type StateTree = Leaf | Branch | null

/** One entry to insert or replace. */
export interface StateChange {
  keyHash: Uint8Array
  value: Uint8Array
}

export function stateRoot(tree: StateTree): Uint8Array {
  return tree === null ? EMPTY_SUBTREE : tree.hash
}

/** The tree with all changes made; each touched inner node is hashed once, however many changes lie below it. */
export function updateStateTree(tree: StateTree, changes: StateChange[], sha256: Hash): StateTree {
  const leaves = changes.map(({ keyHash, value }) => {
    const valueHash = sha256(value)
    return { keyHash, valueHash, hash: stateLeafHash(keyHash, valueHash, sha256) }
  })
  leaves.sort((a, b) => compareBytes(a.keyHash, b.keyHash))
  return insert(tree, leaves, 0, sha256)
}

/** `leaves` sorted and distinct. */
function insert(tree: StateTree, leaves: Leaf[], depth: number, sha256: Hash): StateTree {
  if (leaves.length === 0) return tree
  if (tree === null) return build(leaves, depth, sha256)
  if (isLeaf(tree)) {
    const replaced = leaves.some((leaf) => equalBytes(leaf.keyHash, tree.keyHash))
    const all = replaced ? leaves : [...leaves, tree].sort((a, b) => compareBytes(a.keyHash, b.keyHash))
    return build(all, depth, sha256)
  }
  const middle = leaves.findIndex((leaf) => keyBit(leaf.keyHash, depth) === 1)
  const split = middle < 0 ? leaves.length : middle
  const left = insert(tree.left, leaves.slice(0, split), depth + 1, sha256)
  const right = insert(tree.right, leaves.slice(split), depth + 1, sha256)
  return branch(left, right, sha256)
}

function build(leaves: Leaf[], depth: number, sha256: Hash): StateTree {
  if (leaves.length === 0) return null
  if (leaves.length === 1) return leaves[0] as Leaf
  const middle = leaves.findIndex((leaf) => keyBit(leaf.keyHash, depth) === 1)
  const split = middle < 0 ? leaves.length : middle
  return branch(build(leaves.slice(0, split), depth + 1, sha256), build(leaves.slice(split), depth + 1, sha256), sha256)
}

function branch(left: StateTree, right: StateTree, sha256: Hash): Branch {
  return { left, right, hash: stateInnerHash(stateRoot(left), stateRoot(right), sha256) }
}

function isLeaf(tree: Leaf | Branch): tree is Leaf {
  return 'keyHash' in tree
}

/** Where the path of a key leads: sibling hashes from the root down to where it stands or would stand, and the entry of another key that it ends at. */
export interface StatePath {
  siblings: Uint8Array[]
  neighbour: StateNeighbour | null
}

export function statePath(tree: StateTree, keyHash: Uint8Array): StatePath {
  const siblings: Uint8Array[] = []
  let node = tree
  for (let depth = 0; node !== null && !isLeaf(node); depth++) {
    const bit = keyBit(keyHash, depth)
    siblings.push(stateRoot(bit === 0 ? node.right : node.left))
    node = bit === 0 ? node.left : node.right
  }
  return { siblings, neighbour: node === null || equalBytes(node.keyHash, keyHash) ? null : { keyHash: node.keyHash, valueHash: node.valueHash } }
}

export function stateSiblings(tree: StateTree, keyHash: Uint8Array): Uint8Array[] {
  return statePath(tree, keyHash).siblings
}
