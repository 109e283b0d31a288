import { asUint, decode, fail } from '@telltale/core'
import { assetKey, assetRowFromCbor, counterKey, identityKey, identityRowFromCbor, inForce, streamRowFromCbor } from '@telltale/ledger'
import type { AssetRow, IdentityRow, NumberedKey, SealKey, StreamRow } from '@telltale/ledger'
import type { Home } from './home.ts'
import type { Place } from './place.ts'

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

/** Other entries, likewise. */
export function readIdentityEntry(value: Uint8Array): IdentityRow {
  return identityRowFromCbor(decode(value))
}

export function readStreamEntry(value: Uint8Array): StreamRow {
  return streamRowFromCbor(decode(value))
}

export async function ownerAddressOf(place: Place, asset: AssetRow): Promise<string> {
  return inForce(asset.owners, await place.nextHeight())[0] as string
}

/** Next sequence of what a sender says about a subject, streams apart. */
export function counterOf(home: Home, iss: string, sub: string): number {
  const { value } = home.reader.state(counterKey(iss, sub))
  return value ? asUint(decode(value), 'sequence') : 0
}

/** The newest key that an identity signs with, or null where it has none. */
export async function signingKeyOf(place: Place, address: string): Promise<NumberedKey | null> {
  const identity = await place.identity(address)
  return identity && (inForce(identity.keys, await place.nextHeight()).at(-1) ?? null)
}

/** The newest key that grants for an identity are sealed to, or null where it has none. */
export async function sealKeyOf(place: Place, address: string): Promise<SealKey | null> {
  const identity = await place.identity(address)
  return identity && (inForce(identity.sealKeys, await place.nextHeight()).at(-1) ?? null)
}

export function nextHeight(home: Home): number {
  return home.ledger.position.height + 1
}
