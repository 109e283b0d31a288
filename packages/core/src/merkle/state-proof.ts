import { concatBytes } from '../bytes/concat.ts'
import { equalBytes } from '../bytes/compare.ts'
import type { Primitives } from '../crypto/primitives.ts'

type Hash = Primitives['sha256']

/**
 * The compact sparse Merkle tree over what the ledger holds. A key lies at SHA-256(network || key), bits from the highest; a subtree with one entry
 * is that leaf, at the shallowest depth where it is alone.
 */
export const EMPTY_SUBTREE: Uint8Array = new Uint8Array(32)

// What is hashed is laid out here, one input after the other: making an array for each costs as much as its hash. Nothing is kept between calls.
const LEAF_INPUT = new Uint8Array(65)
LEAF_INPUT[0] = 2
const INNER_INPUT = new Uint8Array(65)
INNER_INPUT[0] = 3

export function stateKeyHash(network: Uint8Array, key: Uint8Array, sha256: Hash): Uint8Array {
  return sha256(concatBytes(network, key))
}

/** Of two hashes of 32 bytes. */
export function stateLeafHash(keyHash: Uint8Array, valueHash: Uint8Array, sha256: Hash): Uint8Array {
  LEAF_INPUT.set(keyHash, 1)
  LEAF_INPUT.set(valueHash, 33)
  return sha256(LEAF_INPUT)
}

/** Of two hashes of 32 bytes. */
export function stateInnerHash(left: Uint8Array, right: Uint8Array, sha256: Hash): Uint8Array {
  INNER_INPUT.set(left, 1)
  INNER_INPUT.set(right, 33)
  return sha256(INNER_INPUT)
}

/** Bit `depth` of a key hash, the highest bit of the first byte being 0. */
export function keyBit(keyHash: Uint8Array, depth: number): 0 | 1 {
  return (((keyHash[depth >> 3] as number) >> (7 - (depth & 7))) & 1) as 0 | 1
}

/** An entry that stands alone where another one would have its place: what its leaf hashes, two hashes of 32 bytes. */
export interface StateNeighbour {
  keyHash: Uint8Array
  valueHash: Uint8Array
}

/** The root that a leaf and its siblings (from the root) lead to; null where the path is impossibly long. */
export function rootFromStateProof(keyHash: Uint8Array, leaf: Uint8Array, siblings: Uint8Array[], sha256: Hash): Uint8Array | null {
  if (siblings.length > 256) return null
  let root = leaf
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth] as Uint8Array
    root = keyBit(keyHash, depth) === 0 ? stateInnerHash(root, sibling, sha256) : stateInnerHash(sibling, root, sha256)
  }
  return root
}

/** Whether `value` stands under `key` in the state with this root. */
export function isInState(network: Uint8Array, key: Uint8Array, value: Uint8Array, siblings: Uint8Array[], stateRoot: Uint8Array, sha256: Hash): boolean {
  const keyHash = stateKeyHash(network, key, sha256)
  const root = rootFromStateProof(keyHash, stateLeafHash(keyHash, sha256(value), sha256), siblings, sha256)
  return root !== null && equalBytes(root, stateRoot)
}

/**
 * Whether nothing stands under `key` in the state with this root: the path of the key ends in an empty slot (`neighbour` null), or at the leaf of another
 * key, which would lie deeper if this one had an entry. Siblings and both hashes of the neighbour have 32 bytes.
 */
export function isAbsentFromState(network: Uint8Array, key: Uint8Array, neighbour: StateNeighbour | null, siblings: Uint8Array[], stateRoot: Uint8Array, sha256: Hash): boolean {
  const keyHash = stateKeyHash(network, key, sha256)
  if (neighbour && !isOnPath(neighbour.keyHash, keyHash, siblings.length)) return false
  const leaf = neighbour ? stateLeafHash(neighbour.keyHash, neighbour.valueHash, sha256) : EMPTY_SUBTREE
  const root = rootFromStateProof(keyHash, leaf, siblings, sha256)
  return root !== null && equalBytes(root, stateRoot)
}

/** Whether another key begins with the same `depth` bits, so that its leaf can stand at that depth. */
function isOnPath(other: Uint8Array, keyHash: Uint8Array, depth: number): boolean {
  if (equalBytes(other, keyHash)) return false
  for (let bit = 0; bit < depth; bit++) if (keyBit(other, bit) !== keyBit(keyHash, bit)) return false
  return true
}
