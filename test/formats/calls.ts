import { consentFields, createdId, encode, keyFields, portable, publicKeyToCose, readingsToBody, recordArgsToCbor, sealRecord, createRecordKeys, epochRoot, signStatement, x25519PublicKey } from '@telltale/core'
import type { Cbor, CborMap, Clock, KeyPurpose, RecordArgs, RecordReading } from '@telltale/core'
import { commitmentInput } from '@telltale/ledger'
import { filled } from './actors.ts'
import type { Actor } from './actors.ts'
import type { History, Message } from './history.ts'

/** What the people and devices of the examples send; each call as docs/formats.md describes it. */

export async function keySignature(history: History, who: Actor, purpose: KeyPurpose, joins: string | null = null): Promise<Uint8Array> {
  return (await signStatement('key', history.ledger.network, keyFields(who.address, purpose, who.signer.keyNumber, joins), who.signer)).signature
}

/** The arguments with the consent of `who` behind them. */
export async function withConsent(history: History, message: Omit<Message, 'args'>, before: Cbor[], who: Actor): Promise<Message> {
  const { keyNumber, signature } = await signStatement('consent', history.ledger.network, consentFields({ call: message.call, iss: message.from.address, sub: message.sub, sequence: history.nextSequence(message.from.address, message.sub) }, before), who.signer)
  return { ...message, args: [...before, [keyNumber, signature]] }
}

export async function admit(history: History, by: Actor, who: Actor, organisation: string | null, roles: Cbor[]): Promise<Message> {
  return { from: by, call: 1, sub: who.address, args: [publicKeyToCose(who.signer.publicKey), await keySignature(history, who, 'identity', organisation), organisation, roles] }
}

export function sealKey(who: Actor, secret: Uint8Array): Message {
  return { from: who, call: 5, sub: who.address, args: [0, x25519PublicKey(secret)] }
}

/** An asset with attributes behind its commitment; its id and the salt. */
export async function createAsset(history: History, by: Actor, owner: Actor, attributes: CborMap): Promise<{ id: string; salt: Uint8Array }> {
  const salt = filled(0xa5)
  const before: Cbor[] = [portable.sha256(encode(commitmentInput(salt, attributes))), owner.address]
  const id = await history.send(await withConsent(history, { from: by, call: 8, sub: by.address }, before, owner))
  return { id: createdId('ta', id), salt }
}

export async function enrolDevice(history: History, owner: Actor, asset: string, device: Actor, streams: string[]): Promise<Message> {
  return { from: owner, call: 9, sub: owner.address, args: [asset, publicKeyToCose(device.signer.publicKey), await keySignature(history, device, 'device', asset), streams, null] }
}

/** A place in a stream: what the next record continues. */
export interface Place {
  device: Actor
  stream: string
  sequence: number
  previous: Uint8Array
  boot: Uint8Array
}

export interface MadeRecord {
  message: Message
  args: RecordArgs
  body: Uint8Array
}

const EPOCH_SECRET = filled(0xe0)

export function epochNode(history: History, device: string, stream: string): ReturnType<typeof epochRoot> {
  return epochRoot({ network: history.ledger.network, device, stream, epoch: 0 }, EPOCH_SECRET, portable)
}

/** A sealed record of epoch 0, whose secret is 32 bytes e0. */
export function sealedRecord(history: History, place: Place, clock: Clock, readings: RecordReading[]): MadeRecord {
  const { device, stream, sequence, previous, boot } = place
  const { body: senml, extent } = readingsToBody(readings)
  const context = { network: history.ledger.network, device: device.address, stream, epoch: 0 }
  const key = createRecordKeys([epochNode(history, device.address, stream)], portable)(sequence) as Uint8Array
  const body = sealRecord(key, { context, sequence, previous, boot }, { clear: { clock, ...extent }, readings: senml }, portable)
  return recordMessage(place, { kind: 'sealed', epoch: 0 }, body)
}

export function openRecordOf(place: Place, clock: Clock, readings: RecordReading[]): MadeRecord {
  const { body, extent } = readingsToBody(readings)
  return recordMessage(place, { kind: 'open', clear: { clock, ...extent } }, encode(body))
}

function recordMessage({ device, stream, sequence, previous, boot }: Place, content: RecordArgs['content'], body: Uint8Array): MadeRecord {
  const args: RecordArgs = { previous, boot, content, body: { sha256: portable.sha256(body), length: body.length }, cites: null }
  return { message: { from: device, call: 16, sub: stream, sequence, args: recordArgsToCbor(args) }, args, body }
}

/** An odometer as a car's bus gives it, in miles, and as it is kept, in metres. */
export function odometer(miles: number, timeMs: number): RecordReading {
  return { path: 'Vehicle.TraveledDistance', timeMs, value: metres(miles), unit: 'm', raw: { value: miles, unit: 'mi' }, source: 'can:0x611:ODOMETER' }
}

/** Whole miles of which a multiple of 125 is a whole number of metres. */
function metres(miles: number): number {
  return (miles / 125) * 201_168
}
