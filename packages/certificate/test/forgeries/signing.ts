import { Tagged, decode, decodeTransaction, encode, signTransaction, signatureInput, transactionId } from '@telltale/core'
import type { Cbor, CborMap, Signer } from '@telltale/core'
import { identityKey } from '@telltale/ledger'
import { CALLS, flipBit, recordContent, testIdentity, testSigner } from '@telltale/testing'
import type { TestIdentity } from '@telltale/testing'
import type { CarriedTransaction } from '../../src/certificate.ts'
import { addOrder, highS, identityNonceSigner } from './crafted.ts'
import { STREAM_ROW, changeRow, device, found, keyOfStream, openRecords, outsider, quorum, recordsOf, resign, sealedRecords } from './forging.ts'
import type { Forgery, Forging } from './forging.ts'

/** Records that the device did not sign, or not here, or not with a key and role that it held. */
export const SIGNING: Forgery[] = [...signatures(), ...keys(), ...roles(), ...places(), ...encodings()]

function signatures(): Forgery[] {
  const changed = (name: string, record: (f: Forging) => CarriedTransaction | undefined, change: (signature: Uint8Array, f: Forging) => Uint8Array): Forgery =>
    outsider(['genuine', 'invalid-signature'], name, (f) => changeItems(found(record(f)), (items) => void (items[3] = change(items[3] as Uint8Array, f))))
  const open = (f: Forging): CarriedTransaction | undefined => openRecords(f).transactions[1]
  const sealed = (f: Forging): CarriedTransaction | undefined => sealedRecords(f).transactions[0]
  return [
    changed('a bit of a signature turned', open, (signature) => flipBit(signature)),
    changed('no signature', open, () => new Uint8Array(0)),
    changed('the signature of another record', open, (_, f) => decodeTransaction(found(openRecords(f).transactions[2]).bytes).signature),
    changed('a signature with S above the order', open, addOrder),
    changed('a signature with something behind it', open, (signature) => new Uint8Array([...signature, 0])),
    changed('a signature with the higher s', sealed, (signature) => highS('ES256', signature)),
    changed('a signature of zeros', sealed, () => new Uint8Array(64)),
    device(['genuine', 'invalid-signature'], 'a record that somebody else signed', (f) => appendRecord(f, testSigner(80))),
    device(['genuine', 'invalid-signature'], 'a record whose nonce is the identity', (f) => appendRecord(f, identityNonceSigner(14))),
  ]
}

/** The parts of a transaction changed, whatever becomes of it. */
function changeItems(record: { bytes: Uint8Array }, change: (items: Cbor[]) => void): void {
  const items = (decode(record.bytes) as Tagged).value as Cbor[]
  change(items)
  record.bytes = encode(new Tagged(items))
}

/** One more record of the open stream, as the ledger would have counted it: in the block of the last one, if no height is given. */
async function appendRecord(f: Forging, signer: Signer, height?: number): Promise<void> {
  const { story } = f
  const { transactions } = openRecords(f)
  const last = found(transactions.at(-1))
  const sequence = transactions.length
  const previous = transactionId(decodeTransaction(last.bytes), f.world.primitives)
  const { args } = recordContent(story.network, story.open, 'odometer', { sequence, previous })
  const bytes = await signTransaction({ network: f.certificate.network.subarray(0, 16), iss: story.open.address, sub: 'odometer', call: CALLS.record, sequence, args }, signer)
  transactions.push({ height: height ?? last.height, timeMs: last.timeMs, bytes })
  changeRow(f.certificate, keyOfStream(story.streams.open), (row) => void (row[STREAM_ROW.count] = sequence + 1))
}

function keys(): Forgery[] {
  const inForce = (name: string, change: (f: Forging) => unknown): Forgery => device(['genuine', 'key-not-in-force'], name, change)
  const resealed = (f: Forging, place: number, who: TestIdentity): Promise<void> => resignSealed(f, place, who)
  return [
    inForce('a key used after it was replaced', (f) => resealed(f, 6, f.story.replaced)),
    inForce('a key used before it was registered', (f) => resealed(f, 0, f.story.sealing)),
    inForce('a key number that the device never had', (f) => appendRecord(f, testSigner(14, 'EdDSA', 7))),
    inForce('the key of the device under the name of another algorithm', (f) => {
      const { signer } = f.story.open
      return appendRecord(f, { ...signer, publicKey: { ...signer.publicKey, algorithm: 'ES256' } })
    }),
    quorum(['genuine', 'key-not-in-force'], 'a key that came into force later', (f) => changeDevice(f, 0, (interval) => void (interval[1] = 1000))),
    quorum(['genuine', 'key-not-in-force'], 'a device without keys', (f) => changeRow(f.certificate, identityKey(f.story.open.address), (row) => void (row[0] = []))),
  ]
}

async function resignSealed(f: Forging, place: number, who: TestIdentity): Promise<void> {
  const record = found(sealedRecords(f).transactions[place])
  record.bytes = await resign(record.bytes, who, {})
}

function roles(): Forgery[] {
  const role = (name: string, change: (interval: Cbor[]) => void): Forgery => quorum(['genuine', 'role-not-in-force'], name, (f) => changeDevice(f, 1, change))
  return [
    device(['genuine', 'role-not-in-force'], 'a retired device reports', (f) => appendRecord(f, f.story.open.signer, f.certificate.head.checkpoint.height)),
    role('a device whose role had expired', (interval) => void ((interval[0] as Cbor[])[2] = 1_750_000_000_001)),
    role('a device that was suspended before', (interval) => void (interval[2] = 9)),
    role('a device that was enrolled later', (interval) => interval.splice(1, 2, 1000, null)),
    role('a device of another car', (interval) => void ((interval[0] as Cbor[])[1] = 'ta1other')),
    role('an operator as a device', (interval) => void ((interval[0] as Cbor[])[0] = 'operator')),
  ]
}

/** The first key (0) or role (1) of the open device with its interval: [value, from, to). */
function changeDevice(f: Forging, list: 0 | 1, change: (interval: Cbor[]) => void): void {
  changeRow(f.certificate, identityKey(f.story.open.address), (row) => change((row[list] as Cbor[][])[0] as Cbor[]))
}

function places(): Forgery[] {
  const last = (code: string, name: string, changed: (f: Forging) => Parameters<typeof resign>[2], who: (f: Forging) => TestIdentity = (f) => f.story.open): Forgery =>
    device(['genuine', code], name, async (f) => {
      const record = found(openRecords(f).transactions.at(-1))
      record.bytes = await resign(record.bytes, who(f), changed(f))
    })
  return [
    last('other-stream', 'a record of another stream', () => ({ sub: 'driving' })),
    last('other-stream', 'a record of another device', () => ({ iss: testIdentity(90).address })),
    last('other-stream', 'a record of the other device of the car', (f) => ({ iss: f.story.sealing.address }), (f) => f.story.sealing),
    last('other-network', 'a record of another network', (f) => ({ network: f.world.other.story.network.ledger.network.subarray(0, 16) })),
    outsider(['complete', 'records-missing'], 'the records of another network of the same name', (f) => {
      const { transactions } = openRecords(f)
      const { transactions: others } = recordsOf(f.world.readOther(), f.story.streams.open)
      transactions.forEach((record, i) => Object.assign(record, others[i]))
    }),
  ]
}

/** The same record written otherwise: another id, or none at all. */
function encodings(): Forgery[] {
  const changed = (code: string, name: string, change: (items: Cbor[]) => void): Forgery => outsider(['complete', code], name, (f) => changeItems(found(openRecords(f).transactions[1]), change))
  const header = (code: string, name: string, change: (map: CborMap) => void): Forgery =>
    changed(code, name, (items) => {
      const map = decode(items[0] as Uint8Array) as CborMap
      change(map)
      items[0] = encode(map)
    })
  const payload = (code: string, name: string, change: (fields: Cbor[]) => void): Forgery =>
    changed(code, name, (items) => {
      const fields = decode(items[2] as Uint8Array) as Cbor[]
      change(fields)
      items[2] = encode(fields)
    })
  const rewritten = (code: string, name: string, rewrite: (bytes: Uint8Array) => Uint8Array): Forgery =>
    outsider(['complete', code], name, (f) => {
      const record = found(openRecords(f).transactions[1])
      record.bytes = rewrite(record.bytes)
    })
  return [
    changed('wrong-shape', 'something in the unprotected header', (items) => (items[1] as CborMap).set(4, new Uint8Array([9]))),
    changed('wrong-shape', 'a payload apart', (items) => void (items[2] = null)),
    header('wrong-shape', 'a label more in the protected header', (map) => map.set(-70_000, 1)),
    header('wrong-shape', 'a consent in place of a transaction', (map) => map.set(16, 'application/x.tt-consent')),
    header('unknown-algorithm', 'an algorithm that there is not', (map) => map.set(1, -1000)),
    header('records-missing', 'the algorithm relabelled', (map) => map.set(1, -7)),
    payload('unknown-version', 'version 2 of a transaction', (fields) => void (fields[0] = 2)),
    payload('wrong-shape', 'a field more', (fields) => fields.push(0)),
    payload('records-missing', 'another content', (fields) => void ((fields[4] as Cbor[])[1] = new Uint8Array(6))),
    rewritten('malformed-cbor', 'a byte behind a record', (bytes) => new Uint8Array([...bytes, 0])),
    rewritten('not-canonical', 'the length of a signature in a longer form', lengthenSignature),
    rewritten('malformed-cbor', 'a record of indefinite length', (bytes) => new Uint8Array([bytes[0] as number, 0x9f, ...bytes.subarray(2), 0xff])),
    rewritten('transaction-too-large', 'a record of 17,000 bytes', (bytes) => new Uint8Array([...bytes, ...new Uint8Array(17_000)])),
    rewritten('wrong-shape', 'what was signed in place of the transaction', (bytes) => {
      const items = (decode(bytes) as Tagged).value as Cbor[]
      return signatureInput(items[0] as Uint8Array, items[2] as Uint8Array)
    }),
  ]
}

/** 58 40 (64 bytes) as 59 00 40: the same content for a reader that takes any form. */
function lengthenSignature(bytes: Uint8Array): Uint8Array {
  const at = bytes.length - 66
  return new Uint8Array([...bytes.subarray(0, at), 0x59, 0, ...bytes.subarray(at + 1)])
}
