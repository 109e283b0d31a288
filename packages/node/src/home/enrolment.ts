import { randomBytes } from 'node:crypto'
import { consentFields, createdId, decodeTransaction, encode, fail, keyFields, publicKeyToCose, signStatement, signTransaction, transactionId } from '@telltale/core'
import type { Algorithm, Cbor, CborMap } from '@telltale/core'
import { assetKey, commitmentInput, identityKey, inForce } from '@telltale/ledger'
import { assetOf, counterOf, identityOf, nextHeight } from './entries.ts'
import type { Home } from './home.ts'
import { ownerKey } from './ownership.ts'
import type { AssetProfile, DeviceProfile } from './profile.ts'
import type { WalletKey } from './wallet.ts'

const CALL_ADMIT = 1
const CALL_CREATE_ASSET = 8
const CALL_ENROL = 9
const CALL_ADD_STREAM = 10

/** The key of this name, made and admitted with these roles if it is not yet. Safe to repeat after a crash at any step. */
export async function ensureIdentity(home: Home, name: string, algorithm: Algorithm, roles: Cbor[]): Promise<WalletKey> {
  const { wallet, reader, ledger, profile } = home
  const key = (await wallet.has(name)) ? await wallet.open(name) : await wallet.create(name, algorithm)
  if (reader.state(identityKey(key.address)).value) return key
  const authority = await wallet.open(profile.authority)
  const { signature } = await signStatement('key', ledger.network, keyFields(key.address, 'identity', 0, authority.address), key.signer)
  await home.send({ key: authority, call: CALL_ADMIT, sub: key.address, args: [publicKeyToCose(key.publicKey), signature, authority.address, roles] })
  return key
}

/** Enters an asset for an owner. Its salt is on disk before the transaction leaves: without it nobody could ever show which car it is. */
export async function createAsset(home: Home, owner: WalletKey, attributes: CborMap): Promise<AssetProfile> {
  const { wallet, ledger, reader, primitives } = home
  const authority = await wallet.open(home.profile.authority)
  const salt = new Uint8Array(randomBytes(32))
  const commitment = primitives.sha256(encode(commitmentInput(salt, attributes)))
  const before: Cbor[] = [commitment, owner.address]
  const place = { iss: authority.address, sub: authority.address, call: CALL_CREATE_ASSET, sequence: counterOf(home, authority.address, authority.address) }
  const consent = await signStatement('consent', ledger.network, consentFields(place, before), owner.signer)
  const args = [...before, [consent.keyNumber, consent.signature]]
  const bytes = await signTransaction({ ...place, network: ledger.network.subarray(0, 16), args }, authority.signer)
  const asset = { id: createdId('ta', transactionId(decodeTransaction(bytes), primitives)), salt, attributes, owner: owner.name }
  await home.updateProfile((profile) => ({ ...profile, assets: [...profile.assets.filter((known) => reader.state(assetKey(known.id)).value !== null), asset] }))
  await home.chain.submit({ bytes, attachments: [] })
  return asset
}

/** Enrols a device with its streams; its owner signs. */
export async function enrolDevice(home: Home, init: { asset: AssetProfile; name: string; algorithm: Algorithm; streams: string[]; isSealed: boolean }): Promise<DeviceProfile> {
  const { wallet, ledger } = home
  const owner = await ownerKey(home, init.asset.id)
  const key = (await wallet.has(init.name)) ? await wallet.open(init.name) : await wallet.create(init.name, init.algorithm)
  const device = { address: key.address, asset: init.asset.id, key: init.name, isSealed: init.isSealed }
  const known = identityOf(home, key.address)
  if (known && !known.roles.some(({ value }) => value.name === 'device' && value.scope === init.asset.id)) {
    throw fail('address-occupied', `The key ${init.name} belongs to another identity already (${key.address}). Choose another name for the key of the device.`, { expected: 'a new key', found: key.address })
  }
  await home.updateProfile((profile) => ({ ...profile, devices: [...profile.devices.filter((other) => other.address !== key.address), device] }))
  if (known) return device
  const { signature } = await signStatement('key', ledger.network, keyFields(key.address, 'device', 0, init.asset.id), key.signer)
  await home.send({ key: owner, call: CALL_ENROL, sub: owner.address, args: [init.asset.id, publicKeyToCose(key.publicKey), signature, init.streams, null] })
  return device
}

/** Adds streams that a device does not have yet; its owner signs. */
export async function ensureStreams(home: Home, device: DeviceProfile, streams: string[]): Promise<void> {
  const known = inForce(assetOf(home, device.asset).streams, nextHeight(home))
  for (const name of streams) {
    if (known.includes(`${device.address}/${name}`)) continue
    await home.send({ key: await ownerKey(home, device.asset), call: CALL_ADD_STREAM, sub: device.asset, args: [device.address, name, null] })
  }
}
