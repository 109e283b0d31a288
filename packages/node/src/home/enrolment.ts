import { randomBytes } from 'node:crypto'
import { TelltaleError, consentFields, createdId, decodeTransaction, encode, fail, keyFields, publicKeyToCose, signStatement, signTransaction, transactionId } from '@telltale/core'
import type { Algorithm, Cbor, CborMap } from '@telltale/core'
import { commitmentInput, inForce } from '@telltale/ledger'
import { admissionCommand } from './admission-command.ts'
import type { GivenRole } from './admission-command.ts'
import { authorityKey, ownerKey } from './ownership.ts'
import type { Place } from './place.ts'
import type { AssetProfile, DeviceProfile } from './profile.ts'
import type { WalletKey } from './wallet.ts'

const CALL_ADMIT = 1
const CALL_CREATE_ASSET = 8
const CALL_ENROL = 9
const CALL_ADD_STREAM = 10

/** The key of this name, made and admitted with these roles if it is not yet (`unknown-identity` where no authority's key is here to admit it). Safe to repeat after a crash at any step. */
export async function ensureIdentity(place: Place, name: string, algorithm: Algorithm, roles: GivenRole[]): Promise<WalletKey> {
  const { wallet, ledger } = place
  const key = (await wallet.has(name)) ? await wallet.open(name) : await wallet.create(name, algorithm)
  if (await place.identity(key.address)) return key
  const authority = await authorityKey(place)
  if (!authority) throw fail('unknown-identity', `${name} (${key.address}) is not admitted to this network, and no authority's key is in this directory. An authority runs: ${await admissionCommand(key, ledger.network, place.authority, roles)}`, { expected: 'an admitted identity', found: key.address })
  const { signature } = await signStatement('key', ledger.network, keyFields(key.address, 'identity', 0, authority.address), key.signer)
  await place.send({ key: authority, call: CALL_ADMIT, sub: key.address, args: [publicKeyToCose(key.publicKey), signature, authority.address, roles] })
  return key
}

/**
 * Enters an asset for an owner. An authority does, with the owner's consent; where no authority's key is here, the owner alone, who has to be an operator. Its salt is
 * on disk before the transaction leaves: without it nobody could ever show which car it is.
 */
export async function createAsset(place: Place, owner: WalletKey, attributes: CborMap): Promise<AssetProfile> {
  const { ledger, primitives } = place
  const authority = await authorityKey(place)
  const creator = authority ?? owner
  const salt = new Uint8Array(randomBytes(32))
  const commitment = primitives.sha256(encode(commitmentInput(salt, attributes)))
  const before: Cbor[] = [commitment, owner.address]
  const said = { iss: creator.address, sub: creator.address, call: CALL_CREATE_ASSET, sequence: await place.nextSequence(creator.address, creator.address) }
  const args = [...before, authority ? await consentOf(ledger.network, said, before, owner) : null]
  const bytes = await signTransaction({ ...said, network: ledger.network.subarray(0, 16), args }, creator.signer)
  const asset = { id: createdId('ta', transactionId(decodeTransaction(bytes), primitives)), salt, attributes, owner: owner.name }
  const entered = await enteredOf(place)
  await place.updateProfile((known) => ({ ...known, assets: [...known.assets.filter(({ id }) => entered.has(id)), asset] }))
  await place.submit({ bytes, attachments: [] })
  return asset
}

async function consentOf(network: Uint8Array, said: { iss: string; sub: string; call: number; sequence: number }, before: Cbor[], owner: WalletKey): Promise<Cbor[]> {
  const { keyNumber, signature } = await signStatement('consent', network, consentFields(said, before), owner.signer)
  return [keyNumber, signature]
}

/** Assets of the directory that the ledger knows; what an interrupted attempt left is not among them. */
async function enteredOf(place: Place): Promise<Set<string>> {
  const entered = new Set<string>()
  for (const { id } of place.profile.assets) {
    try {
      await place.asset(id)
      entered.add(id)
    } catch (error) {
      if (!(error instanceof TelltaleError) || error.code !== 'unknown-asset') throw error
    }
  }
  return entered
}

/** Enrols a device with its streams; its owner signs. */
export async function enrolDevice(place: Place, init: { asset: AssetProfile; name: string; algorithm: Algorithm; streams: string[]; isSealed: boolean }): Promise<DeviceProfile> {
  const { wallet, ledger } = place
  const owner = await ownerKey(place, init.asset.id)
  const key = (await wallet.has(init.name)) ? await wallet.open(init.name) : await wallet.create(init.name, init.algorithm)
  const device = { address: key.address, asset: init.asset.id, key: init.name, isSealed: init.isSealed }
  const known = await place.identity(key.address)
  if (known && !known.roles.some(({ value }) => value.name === 'device' && value.scope === init.asset.id)) {
    throw fail('address-occupied', `The key ${init.name} belongs to another identity already (${key.address}). Choose another name for the key of the device.`, { expected: 'a new key', found: key.address })
  }
  await place.updateProfile((before) => ({ ...before, devices: [...before.devices.filter((other) => other.address !== key.address), device] }))
  if (known) return device
  const { signature } = await signStatement('key', ledger.network, keyFields(key.address, 'device', 0, init.asset.id), key.signer)
  await place.send({ key: owner, call: CALL_ENROL, sub: owner.address, args: [init.asset.id, publicKeyToCose(key.publicKey), signature, init.streams, null] })
  return device
}

/** Adds streams that a device does not have yet; its owner signs. */
export async function ensureStreams(place: Place, device: DeviceProfile, streams: string[]): Promise<void> {
  const known = inForce((await place.asset(device.asset)).streams, await place.nextHeight())
  for (const name of streams) {
    if (known.includes(`${device.address}/${name}`)) continue
    await place.send({ key: await ownerKey(place, device.asset), call: CALL_ADD_STREAM, sub: device.asset, args: [device.address, name, null] })
  }
}
