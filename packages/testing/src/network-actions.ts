import { NO_PREVIOUS, consentFields, createRecordKeys, createdId, encode, epochRoot, keyFields, publicKeyToCose, readingsToBody, recordArgsToCbor, sealRecord, signStatement } from '@telltale/core'
import type { Cbor, CborMap, KeyPurpose, RecordArgs, RecordReading } from '@telltale/core'
import { commitmentInput, proposalHash } from '@telltale/ledger'
import { testEpochSecret } from './network-fixture.ts'
import type { ActionNetwork, SentTransaction, TestMessage } from './network-fixture.ts'
import { testBytes, testIdentity } from './test-identity.ts'
import type { TestIdentity } from './test-identity.ts'

/** Call numbers by name, as docs name them. */
export const CALLS = { admit: 1, roles: 2, suspend: 3, rotate: 4, sealKey: 5, createAsset: 8, enrolDevice: 9, addStream: 10, retireDevice: 11, transfer: 12, record: 16, resume: 17, grant: 18, forget: 19, relay: 20, correction: 24, fork: 26, propose: 32, approve: 33, evidence: 34, resumed: 35 } as const

/** A role without scope and expiry. */
export function role(name: string, scope: string | null = null, expiryMs: number | null = null): Cbor {
  return [name, scope, expiryMs]
}

/** The signature by which the holder of a key agrees to be registered: as `identity` of an organisation, as `device` of an asset, or as `rotation`. */
export async function keySignature(network: ActionNetwork, identity: TestIdentity, as: KeyPurpose, joins: string | null = null): Promise<Uint8Array> {
  const { address, signer } = identity
  return (await signStatement('key', network.ledger.network, keyFields(address, as, signer.keyNumber, joins), signer)).signature
}

/** The consent of a second party to a call, as it stands in the arguments: [key number, signature]. */
export async function consentOf(network: ActionNetwork, party: TestIdentity, call: number, iss: string, sub: string, argsBefore: Cbor[]): Promise<Cbor> {
  const { keyNumber, signature } = await signStatement('consent', network.ledger.network, consentFields({ call, iss, sub, sequence: network.counter(iss, sub) }, argsBefore), party.signer)
  return [keyNumber, signature]
}

export interface Admission {
  roles: Cbor[]
  /** The first authority if left out. */
  by?: TestIdentity
  /** Whoever admits if left out; null for one that answers for itself. */
  organisation?: string | null
}

export async function admitMessage(network: ActionNetwork, identity: TestIdentity, admission: Admission): Promise<TestMessage> {
  const { roles, by = network.authorities[0]!, organisation = by.address } = admission
  return { key: by, call: CALLS.admit, sub: identity.address, args: [publicKeyToCose(identity.signer.publicKey), await keySignature(network, identity, 'identity', organisation), organisation, roles] }
}

/** Admits an identity; its roles hold from the next block on. */
export async function admit(network: ActionNetwork, identity: TestIdentity, admission: Admission): Promise<SentTransaction> {
  const { key, call, sub, args } = await admitMessage(network, identity, admission)
  return network.send(key, call, sub, args)
}

export interface TestAsset {
  id: string
  owner: TestIdentity
  salt: Uint8Array
  attributes: CborMap
}

/** Enters an asset for an owner, who consents. */
export async function createAsset(network: ActionNetwork, init: { owner: TestIdentity; by?: TestIdentity; attributes?: CborMap }): Promise<TestAsset> {
  const { owner, by = network.authorities[0]!, attributes = new Map([['vin', 'WVWZZZ1JZXW000001']]) } = init
  const salt = testBytes(`salt ${network.ledger.position.height}`)
  const before: Cbor[] = [network.primitives.sha256(encode(commitmentInput(salt, attributes))), owner.address]
  const consent = await consentOf(network, owner, CALLS.createAsset, by.address, by.address, before)
  const { id } = await network.send(by, CALLS.createAsset, by.address, [...before, consent])
  return { id: createdId('ta', id), owner, salt, attributes }
}

/** The owner enrols a device with its streams. */
export async function enrolDevice(network: ActionNetwork, init: { asset: TestAsset; device: TestIdentity; streams: string[] }): Promise<SentTransaction> {
  const { asset, device, streams } = init
  const args = [asset.id, publicKeyToCose(device.signer.publicKey), await keySignature(network, device, 'device', asset.id), streams, null]
  return network.send(asset.owner, CALLS.enrolDevice, asset.owner.address, args)
}

export interface RecordOptions {
  /** Open if left out; sealed under the secret of this epoch otherwise. */
  epoch?: number
  /** One odometer reading, a kilometre more with each record, if left out. */
  readings?: RecordReading[]
  cites?: Uint8Array | null
  /** The stream's head if left out. */
  previous?: Uint8Array
  sequence?: number
}

/** A record's arguments and its body. */
export function recordContent(network: ActionNetwork, device: TestIdentity, stream: string, options: RecordOptions = {}): { args: Cbor[]; body: Uint8Array; sequence: number } {
  const { ledger, primitives } = network
  const row = network.stream(device.address, stream)
  const { sequence = row?.count ?? 0, previous = row?.head ?? NO_PREVIOUS, cites = null, epoch } = options
  const timeMs = 1_750_000_000_000 + sequence * 1000
  const { readings = [{ path: 'Vehicle.TraveledDistance', timeMs, value: 15_590_000 + sequence * 1000, unit: 'm', source: 'can:0x611:ODOMETER' }] } = options
  const { body: senml, extent } = readingsToBody(readings)
  const clear = { clock: 0 as const, ...extent }
  const boot = testBytes(`boot ${device.address}`).slice(0, 6)
  let content: RecordArgs['content'] = { kind: 'open', clear }
  let body = encode(senml)
  if (epoch !== undefined) {
    const context = { network: ledger.network, device: device.address, stream, epoch }
    const key = createRecordKeys([epochRoot(context, testEpochSecret(device.address, stream, epoch), primitives)], primitives)(sequence) as Uint8Array
    content = { kind: 'sealed', epoch }
    body = sealRecord(key, { context, sequence, previous, boot }, { clear, readings: senml }, primitives)
  }
  return { args: recordArgsToCbor({ previous, boot, content, body: { sha256: primitives.sha256(body), length: body.length }, cites }), body, sequence }
}

/** One record in one block. */
export async function record(network: ActionNetwork, device: TestIdentity, stream: string, options: RecordOptions = {}): Promise<SentTransaction> {
  const { args, body, sequence } = recordContent(network, device, stream, options)
  const bytes = await network.sign({ key: device, call: CALLS.record, sub: stream, args, sequence })
  const { transactions, height } = await network.block([bytes], { attachments: [body] })
  return { id: transactions[0]!.id, bytes, height }
}

/** Puts forward a change of the network and has `approvers` approve it, a block each; returns the height that decided it, if enough did. */
export async function decide(network: ActionNetwork, kind: string, value: Cbor, [proposer, ...approvers]: TestIdentity[]): Promise<SentTransaction> {
  const { ledger, primitives } = network
  const proposed = await network.send(proposer as TestIdentity, CALLS.propose, (proposer as TestIdentity).address, [kind, value])
  const hash = proposalHash(ledger.network, kind, value, primitives)
  for (const approver of approvers) await network.send(approver, CALLS.approve, createdId('tp', proposed.id), [hash])
  return proposed
}

/** A block that changes nothing of interest: an authority admits an owner whom nobody has heard of. */
export async function tick(network: ActionNetwork, by: TestIdentity = network.authorities[0]!): Promise<void> {
  await admit(network, testIdentity(1_000_000 + network.ledger.position.height), { roles: [role('owner')], by })
}

/** An authority set change by name: the arguments of `decide`. */
export function addAuthority(identity: TestIdentity): [kind: string, value: Cbor] {
  return ['add-authority', [identity.address, identity.signer.keyNumber, publicKeyToCose(identity.signer.publicKey)]]
}
