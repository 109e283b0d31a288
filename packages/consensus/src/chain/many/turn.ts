import { addressToBytes, equalBytes } from '@telltale/core'
import type { AuthoritySet } from '@telltale/core'

/** Whose turn it is: 0 seals first; whoever has a higher one seals only where those before did not, and weighs less. */
export function turnOf(set: AuthoritySet, sealer: Uint8Array, height: number): number | null {
  const position = set.findIndex(({ address }) => equalBytes(addressToBytes(address, 'tt'), sealer))
  if (position < 0) return null
  return (((position - height) % set.length) + set.length) % set.length
}

/** What a block adds to its branch. */
export function weightOf(turn: number, set: AuthoritySet): number {
  return set.length - turn
}
