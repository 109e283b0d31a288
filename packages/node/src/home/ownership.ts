import { consentFields, equalBytes, fail, isValidSignature, keyFields, publicKeyToCose, signStatement, statementCheck } from '@telltale/core'
import type { Cbor, CborMap, PublicKey, StatementSignature } from '@telltale/core'
import type { Certified } from '@telltale/consensus'
import { signedAdmissionCommand } from './admission-command.ts'
import type { GivenRole } from './admission-command.ts'
import { ownerAddressOf } from './entries.ts'
import type { Place } from './place.ts'
import type { WalletKey } from './wallet.ts'

/** What an owner asks the next one to consent to. */
export interface TransferRequest {
  network: Uint8Array
  asset: string
  /** Address of the owner so far. */
  from: string
  /** Address of the next. */
  to: string
  number: number
  previous: Uint8Array
  /** Who would admit the next owner, where the ledger does not know them, and answer for them from then on. */
  organisation: string
  /** Which car it is, as far as the owner knows and wants to say. */
  identity: { attributes: CborMap; salt: Uint8Array } | null
}

/** The next owner's answer. */
export interface TransferConsent {
  request: TransferRequest
  key: PublicKey
  consent: StatementSignature
  /** The key's own signature, with which the organisation that the request names may admit it. */
  admission: Uint8Array
}

const CALL_ADMIT = 1
/** What a new owner is admitted with. */
const ROLES: GivenRole[] = [['owner', null, null]]
const CALL_TRANSFER = 12

/** The key of an asset's owner, whoever that is by now, if it lies in this directory (`unknown-asset`, `no-key`). */
export async function ownerKey(place: Place, asset: string): Promise<WalletKey> {
  const address = await ownerAddressOf(place, await place.asset(asset))
  const name = await place.wallet.nameOf(address)
  if (name !== null) return place.wallet.open(name)
  throw fail('no-key', `The key of ${address}, who owns ${asset}, is not in this directory.`, { expected: `a key file of ${address}`, found: 'none' })
}

/** The key of an authority, or null where none lies in this directory. */
export async function authorityKey({ wallet, authority }: Place): Promise<WalletKey | null> {
  const name = await wallet.nameOf(authority)
  return name === null ? null : wallet.open(name)
}

/** What the next owner would have to consent to, as the ledger stands. */
export async function transferRequest(place: Place, asset: string, to: string): Promise<TransferRequest> {
  const row = await place.asset(asset)
  const known = place.profile.assets.find((item) => item.id === asset)
  return { network: place.ledger.network, asset, from: await ownerAddressOf(place, row), to, organisation: place.authority, number: row.transfers, previous: row.lastTransfer, identity: known ? { attributes: known.attributes, salt: known.salt } : null }
}

/** Consents to a request; needs nothing but the next owner's key (`wrong-key` if it is another's). */
export async function consentToTransfer(request: TransferRequest, owner: WalletKey): Promise<TransferConsent> {
  if (owner.address !== request.to) throw fail('wrong-key', `The request is for ${request.to}; the key ${owner.name} belongs to ${owner.address}.`, { expected: request.to, found: owner.address })
  const consent = await signStatement('consent', request.network, transferFields(request, argsBefore(request, owner.publicKey)), owner.signer)
  const { signature: admission } = await signStatement('key', request.network, keyFields(owner.address, 'identity', 0, request.organisation), owner.signer)
  return { request, key: owner.publicKey, consent, admission }
}

/**
 * Hands an asset over. The next owner is admitted as one first, where it is unknown and this directory holds the authority's key. Codes: `wrong-network`,
 * `stale-consent`, `invalid-signature`, `no-key` and those of the ledger.
 */
export async function transferAsset(place: Place, { request, key, consent, admission }: TransferConsent): Promise<Certified> {
  const { ledger, primitives } = place
  if (!equalBytes(request.network, ledger.network)) throw fail('wrong-network', 'The consent was given for another network.', { expected: 'a consent for this network', found: 'another' })
  const current = await transferRequest(place, request.asset, request.to)
  if (request.number !== current.number || !equalBytes(request.previous, current.previous) || request.from !== current.from) {
    throw fail('stale-consent', 'The asset changed hands since the consent was asked for. Ask for a new one.', { expected: `transfer ${current.number} by ${current.from}`, found: `transfer ${request.number} by ${request.from}` })
  }
  const before = argsBefore(request, key)
  const check = statementCheck('consent', ledger.network, transferFields(request, before), key, consent)
  if (!(await isValidSignature(check, primitives))) throw fail('invalid-signature', 'The consent of the next owner does not hold: the file was changed, or it is for something else.', { expected: `a consent by ${request.to}` })
  const owner = await ownerKey(place, request.asset)
  if (!(await place.identity(request.to))) await admitOwner(place, { request, key, admission })
  return place.send({ key: owner, call: CALL_TRANSFER, sub: request.asset, args: [...before, [consent.keyNumber, consent.signature]] })
}

/** Transfers to somebody whose key lies in this directory, too. */
export async function transferWithin(place: Place, asset: string, next: WalletKey): Promise<Certified> {
  return transferAsset(place, await consentToTransfer(await transferRequest(place, asset, next.address), next))
}

function transferFields({ from, asset }: TransferRequest, before: Cbor[]): Cbor[] {
  return consentFields({ call: CALL_TRANSFER, iss: from, sub: asset, sequence: null }, before)
}

function argsBefore({ number, previous, to }: TransferRequest, key: PublicKey): Cbor[] {
  return [number, previous, to, publicKeyToCose(key)]
}

async function admitOwner(place: Place, { request, key, admission }: Omit<TransferConsent, 'consent'>): Promise<void> {
  const address = request.to
  const authority = await authorityKey(place)
  if (!authority) throw fail('unknown-identity', `${address} is not admitted to this network, and no authority's key is in this directory. An authority runs: ${signedAdmissionCommand({ address, publicKey: key, signature: admission }, request.organisation, ROLES)}`, { expected: 'an admitted identity', found: address })
  await place.send({ key: authority, call: CALL_ADMIT, sub: address, args: [publicKeyToCose(key), admission, authority.address, ROLES] })
}
