import { asUint, decode, fail } from '@telltale/core'
import { assetKey, assetRowFromCbor, counterKey, identityKey, identityRowFromCbor, inForce } from '@telltale/ledger'
import type { AssetRow, IdentityRow, NumberedKey, SealKey } from '@telltale/ledger'
import type { Home } from './home.ts'

/** Entries of the ledger's state as the next block would find them. */

export function identityOf(home: Home, address: string): IdentityRow | null {
  const { value } = home.reader.state(identityKey(address))
  return value && identityRowFromCbor(decode(value))
}

/** An asset's entry (`unknown-asset`). */
export function assetOf(home: Home, id: string): AssetRow {
  const { value } = home.reader.state(assetKey(id))
  if (!value) throw fail('unknown-asset', `${id} is not an asset of this network.`, { expected: 'an asset', found: id })
  return readAssetEntry(value)
}

/** An asset's entry from its bytes, wherever they came from (`wrong-shape` and the codes of `decode`). */
export function readAssetEntry(value: Uint8Array): AssetRow {
  return assetRowFromCbor(decode(value))
}

export function ownerAddressOf(home: Home, asset: AssetRow): string {
  return inForce(asset.owners, nextHeight(home))[0] as string
}

/** Next sequence of what a sender says about a subject, streams apart. */
export function counterOf(home: Home, iss: string, sub: string): number {
  const { value } = home.reader.state(counterKey(iss, sub))
  return value ? asUint(decode(value), 'sequence') : 0
}

/** The newest key that an identity signs with, or null where it has none. */
export function signingKeyOf(home: Home, address: string): NumberedKey | null {
  const identity = identityOf(home, address)
  return identity && (inForce(identity.keys, nextHeight(home)).at(-1) ?? null)
}

/** The newest key that grants for an identity are sealed to, or null where it has none. */
export function sealKeyOf(home: Home, address: string): SealKey | null {
  const identity = identityOf(home, address)
  return identity && (inForce(identity.sealKeys, nextHeight(home)).at(-1) ?? null)
}

export function nextHeight(home: Home): number {
  return home.ledger.position.height + 1
}
