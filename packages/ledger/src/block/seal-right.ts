import { addressToBytes, bytesToAddress, equalBytes } from '@telltale/core'
import type { AuthoritySet } from '@telltale/core'
import type { StateReader } from '../state/base.ts'
import { inForce } from '../state/interval.ts'
import { identityKey } from '../state/key.ts'
import type { IdentityRow, NumberedKey } from '../state/rows.ts'
import { networkAt, parametersAt, setAt } from '../state/view.ts'

/** What an identity may do about a block: seal it at its turn, under one of these keys. */
export interface SealRight {
  address: string
  /** 0 where anyone may seal. */
  turn: number
  keys: NumberedKey[]
}

/** Whose turn it is: 0 seals first; whoever has a higher one seals only where those before did not, and weighs less. */
function turnOf(set: AuthoritySet, sealer: Uint8Array, height: number): number | null {
  const position = set.findIndex(({ address }) => equalBytes(addressToBytes(address, 'tt'), sealer))
  if (position < 0) return null
  return (((position - height) % set.length) + set.length) % set.length
}

/** Whether `sealer` (20 bytes of an address) may seal the block of this height on top of a position; null where it may not. Where anyone may, it has to be registered. */
export function sealRightAt(parent: { state: StateReader }, height: number, sealer: Uint8Array): SealRight | null {
  const network = networkAt(parent)
  const address = bytesToAddress(sealer)
  if (parametersAt(network, height).sealers === 'anyone') {
    const row = parent.state.row(identityKey(address)) as IdentityRow | null
    const keys = row ? inForce(row.keys, height) : []
    return keys.length === 0 ? null : { address, turn: 0, keys }
  }
  const set = setAt(network, height)
  const turn = turnOf(set, sealer, height)
  if (turn === null) return null
  const { keyNumber, key } = set[(turn + height) % set.length]!
  return { address, turn, keys: [{ number: keyNumber, key }] }
}
