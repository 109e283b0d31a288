import { compareBytes, encode, leafHash, portable, rangeRoot, stateKeyHash, stateRoot, stateSiblings, subtreesOfLeaves, updateStateTree } from '@telltale/core'
import type { Cbor, Primitives } from '@telltale/core'

/** An entry of a state that somebody made up. */
export interface ForgedEntry {
  key: Uint8Array
  value: Uint8Array
}

/** A state that holds these entries and nothing else: what a quorum of authorities could certify if it wanted to. Proofs are in the order of the keys. */
export function forgeState(network: Uint8Array, entries: ForgedEntry[], { sha256 }: Primitives): { root: Uint8Array; proofs: (ForgedEntry & { siblings: Uint8Array[] })[] } {
  const placed = entries.map(({ key, value }) => ({ key, value, keyHash: stateKeyHash(network, key, sha256) }))
  const tree = updateStateTree(null, placed, sha256)
  const proofs = placed.map(({ key, value, keyHash }) => ({ key, value, siblings: stateSiblings(tree, keyHash) }))
  return { root: stateRoot(tree), proofs: proofs.sort((a, b) => compareBytes(a.key, b.key)) }
}

/** The root of a log tree (RFC 9162) over these items. */
export function forgeRoot(items: Cbor[], { sha256 }: Primitives): Uint8Array {
  const leaves = items.map((item) => leafHash(encode(item), sha256))
  return rangeRoot(0, leaves.length, subtreesOfLeaves(leaves, sha256), sha256)
}

/** The same bytes with one bit of one of them turned; `at` counts from the end where it is negative. */
export function flipBit(bytes: Uint8Array, at = -1, bit = 0): Uint8Array {
  const flipped = bytes.slice()
  const index = at < 0 ? bytes.length + at : at
  flipped[index] = (flipped[index] as number) ^ (1 << bit)
  return flipped
}

/** Primitives that remember which signatures held: forgeries of one file share nearly all of theirs. */
export function rememberSignatures(primitives: Primitives = portable): Primitives {
  const known = new Map<string, boolean | Promise<boolean>>()
  return {
    ...primitives,
    verify(key, message, signature) {
      const name = [key.algorithm, key.material, message, signature].map(String).join(' ')
      const held = known.get(name) ?? primitives.verify(key, message, signature)
      known.set(name, held)
      return held
    },
  }
}
