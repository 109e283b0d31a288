import { NO_PREVIOUS, bytesToHex, createRecordKeys, decodeTransaction, encode, portable, recordArgsFromCbor, recordArgsToCbor, sealRecord, setToCbor } from '@telltale/core'
import type { Cbor, CborMap } from '@telltale/core'
import { decodeCertificate } from '@telltale/certificate'
import { identityKey } from '@telltale/ledger'
import { actor, filled } from './actors.ts'
import { epochNode, odometer } from './calls.ts'
import { itemAt } from './changes.ts'
import type { Change } from './changes.ts'
import { changeRow, forgeNote, forgeRecord, forgeState, resign, set } from './forge.ts'
import { GENESIS_MS } from './history.ts'
import { DEVICE, OWNER, WORKSHOP } from './small-story.ts'
import type { SmallStory } from './small-story.ts'

/** A change of the small certificate, and the one answer to it. `lamp` null: the file is not read at all. */
export interface RefusalCase {
  name: string
  changes: Change[]
  code: string
  lamp: string | null
}

type Row = [name: string, code: string, changes: Change | Change[]]

/** The lamp with its cases, in the order of the checks. */
export async function refusalCases(story: SmallStory): Promise<RefusalCase[]> {
  const groups: [string | null, Row[]][] = [
    [null, formCases(story)],
    ['network', networkCases(story)],
    ['certified', [...certifiedCases(story), ...(await forgedStateCases(story))]],
    ['car', carCases(story)],
    ['complete', [...completeCases(story), ['an asset that knows nothing of one of the streams', 'surplus', await forgeState(story, changeRow('8202', (row) => void (row[2] as Cbor[]).pop()))]]],
    ['noted', [...noteListCases(story), ...(await forgedNoteListCases(story))]],
    ['genuine', [...identityCases(story), ...(await forgedRecordCases(story)), ...openingCases(story)]],
    ['noted', await forgedNoteCases(story)],
  ]
  return groups.flatMap(([lamp, rows]) => rows.map(([name, code, changes]) => ({ name, changes: Array.isArray(changes) ? changes : [changes], code, lamp })))
}

function remove(at: number[]): Change {
  return { at, remove: true }
}

function insert(at: number[], item: Cbor): Change {
  return { at, insert: bytesToHex(encode(item)) }
}

/** The byte string at a path with its last byte changed. */
function flip({ certificate }: SmallStory, at: number[]): Change {
  const bytes = (itemAt(certificate, at) as Uint8Array).slice()
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
  return set(at, bytes)
}

function formCases({ certificate }: SmallStory): Row[] {
  const signature = itemAt(certificate, [5, 2, 0])
  return [
    ['another magic', 'not-a-certificate', set([0], 'telltail')],
    ['eleven items', 'wrong-shape', remove([11])],
    ['version 2', 'unknown-version', set([1], 2)],
    ['a network of 31 bytes', 'wrong-shape', set([2], filled(0, 31))],
    ['a state key without a value', 'wrong-shape', set([6, 0, 1], null)],
    ['no records in an entry of records', 'wrong-shape', set([7, 0, 2], [])],
    ['a cosignature of the year 10000', 'wrong-shape', set([5, 2, 0, 1], 253_402_300_800)],
    ['an authority that signs twice', 'unsorted', insert([5, 2, 1], signature)],
  ]
}

function networkCases(story: SmallStory): Row[] {
  const { certificate } = story
  const head = itemAt(certificate, [5]) as Cbor[]
  const low = (head[0] as Cbor[]).with(2, 3).with(3, 2)
  const link = (checkpoint: Cbor[], members: Cbor): Cbor => [checkpoint, members, head[2] as Cbor, []]
  return [
    ['a genesis with another byte', 'malformed-genesis', flip(story, [3, 1])],
    ['another network than that of the genesis', 'other-network', set([2], filled(7))],
    ['a link at the height of the head', 'links-out-of-order', insert([4, 0], link(head[0] as Cbor[], null))],
    ['a link of as many transactions as the head', 'links-out-of-order', insert([4, 0], link([...low.slice(0, 3), (head[0] as Cbor[])[3] as Cbor, ...low.slice(4)], null))],
    ['a link without a set', 'surplus', insert([4, 0], link(low, null))],
    ['a link of another network', 'other-network', insert([4, 0], link([low[0] as Cbor, filled(7), ...low.slice(2)], null))],
    ['an anchor whose set is not the one its checkpoint names', 'set-mismatch', set([3], [1, head[0] as Cbor, setToCbor([{ address: OWNER.address, keyNumber: 0, key: OWNER.signer.publicKey }])])],
    ['a head below its anchor', 'links-out-of-order', set([3], [1, [...low.slice(0, 2), 7, 9, ...low.slice(4)], setToCbor(story.history.ledger.authorities(6))])],
  ]
}

function certifiedCases(story: SmallStory): Row[] {
  const { certificate, history } = story
  const [first, second] = [itemAt(certificate, [6, 0]), itemAt(certificate, [6, 1])]
  return [
    ['a cosignature with another byte', 'invalid-cosignature', flip(story, [5, 2, 0, 2])],
    ['another time in a cosignature', 'invalid-cosignature', set([5, 2, 0, 1], 1_767_225_605)],
    ['another state root', 'invalid-cosignature', flip(story, [5, 0, 5])],
    ['no cosignature', 'no-quorum', set([5, 2], [])],
    ['a position outside the set', 'unknown-authority', set([5, 2, 0, 0], 1)],
    ['a set that did not change', 'surplus', set([5, 1], setToCbor(history.ledger.authorities(6)))],
    ['another set hash', 'set-mismatch', flip(story, [5, 0, 6])],
    ['an entry with another byte', 'invalid-state-proof', flip(story, [6, 5, 1])],
    ['a sibling with another byte', 'invalid-state-proof', flip(story, [6, 0, 2, 0])],
    ['entries out of order', 'unsorted', [set([6, 0], second), set([6, 1], first)]],
    ['a counter, which nothing needs', 'surplus', insert([6, 7], counterProof(story))],
    ['no entry of the network', 'missing-entry', remove([6, 0])],
    ['no entry of the asset', 'missing-entry', remove([6, 3])],
  ]
}

function counterProof({ history }: SmallStory): Cbor {
  const { key, value, siblings } = history.reader.state({ kind: 4, ids: [WORKSHOP.address, `${DEVICE.address}/odometer`] })
  return [key, value, siblings]
}

async function forgedStateCases(story: SmallStory): Promise<Row[]> {
  const stranger: Cbor = [[OWNER.address, 0, new Map<number, Cbor>([[1, 1], [3, -8], [-1, 6], [-2, OWNER.signer.publicKey.material]])]]
  return [
    ['another authority in force at that height', 'set-not-in-force', await forgeState(story, changeRow('8100', (row) => void (row[1] = [[stranger, 0, null]])))],
    ['no authority in force at that height', 'set-not-in-force', await forgeState(story, changeRow('8100', (row) => void (row[1] = [[stranger, 99, null]])))],
    ['no parameters in force at that height', 'missing-entry', await forgeState(story, changeRow('8100', (row) => void ((row[0] as Cbor[][])[0]![1] = 99)))],
    ['an entry of the network under a longer key', 'surplus', await forgeState(story, (rows) => void rows.set(bytesToHex(encode([0, 'x'])), rows.get('8100') as Cbor))],
  ]
}

function carCases({ certificate }: SmallStory): Row[] {
  const attributes = new Map(itemAt(certificate, [10, 0]) as CborMap)
  attributes.set('year', 2018)
  return [
    ['another year', 'other-identity', set([10, 0], attributes)],
    ['another salt', 'other-identity', set([10, 1], filled(1))],
  ]
}

function completeCases(story: SmallStory): Row[] {
  const { certificate } = story
  const records = itemAt(certificate, [7, 0])
  return [
    ['no entry of a stream', 'missing-stream', remove([6, 4])],
    ['the last record left out', 'records-missing', remove([7, 0, 2, 2])],
    ['a hash too many in the range proof', 'records-missing', insert([7, 0, 3, 0], filled(0))],
    ['a record at another height', 'records-missing', set([7, 0, 2, 0, 0], 5)],
    ['records from 1 on that begin at 0', 'records-missing', set([7, 0, 1], 1)],
    ['a stream twice', 'unsorted', insert([7, 1], records)],
    ['a stream of another device', 'other-stream', set([7, 0, 0], `${OWNER.address}/odometer`)],
    ['a correction among the records', 'not-a-record', set([7, 0, 2, 2, 2], itemAt(certificate, [8, 1, 2, 0]))],
  ]
}

function noteListCases(story: SmallStory): Row[] {
  return [
    ['no list of notes for a stream', 'missing-notes', remove([8, 0])],
    ['no leaf of the correction', 'missing-notes', [set([8, 1, 1], []), set([8, 1, 2], [])]],
    ['a leaf about other records', 'missing-notes', set([8, 1, 1, 0, 2], 0)],
    ['a leaf without its transaction', 'missing-notes', set([8, 1, 2], [])],
    ['a record in place of the correction', 'missing-notes', set([8, 1, 2, 0], itemAt(story.certificate, [7, 0, 2, 0, 2]))],
  ]
}

function identityCases(story: SmallStory): Row[] {
  const { key, value, siblings } = story.history.reader.state(identityKey(OWNER.address))
  const place = decodeCertificate(story.certificate).state.findIndex((entry) => bytesToHex(entry.key) > bytesToHex(key))
  const device = decodeCertificate(story.certificate).state.findIndex((entry) => bytesToHex(entry.key) === bytesToHex(story.history.reader.state(identityKey(DEVICE.address)).key))
  return [
    ['no entry of the device', 'missing-identity', remove([6, device])],
    ['the entry of somebody who says nothing', 'surplus', insert([6, place], [key, value, siblings])],
    ['a record with another signature', 'invalid-signature', set([7, 0, 2, 1, 2], withSignature(story))],
  ]
}

/** Record 1 with a signature that is not the device's; its id and its place stay. */
function withSignature({ records }: SmallStory): Uint8Array {
  const bytes = (records[1] as SmallStory['records'][number]).bytes.slice()
  bytes[bytes.length - 40] = (bytes[bytes.length - 40] as number) ^ 1
  return bytes
}

async function forgedRecordCases(story: SmallStory): Promise<Row[]> {
  const { bytes } = story.records[2] as SmallStory['records'][number]
  const { args } = decodeTransaction(bytes)
  const again = async (changed: Parameters<typeof resign>[3]): Promise<Change[]> => forgeRecord(story, await resign(story, bytes, DEVICE, changed))
  const device = `8201${bytesToHex(encode(DEVICE.address))}`
  return [
    ['a stream of another asset', 'other-asset', await forgeState(story, changeRow(`83037829${bytesToHex(encode(DEVICE.address)).slice(4)}686f`, (row) => void (row[0] = `ta1${'q'.repeat(38)}`)))],
    ['a record that was signed for another stream', 'other-stream', await again({ sub: 'driving' })],
    ['a record of another network', 'other-network', await again({ network: filled(7, 16) })],
    ['a record that was signed for another place', 'wrong-sequence', await again({ sequence: 3 })],
    ['a record that follows another one', 'previous-mismatch', await again({ args: [NO_PREVIOUS, ...args.slice(1)] })],
    ['a device whose key came into force later', 'key-not-in-force', await forgeState(story, changeRow(device, (row) => void ((row[0] as Cbor[][])[0]![1] = 5)))],
    ['a device that was retired before', 'role-not-in-force', await forgeState(story, changeRow(device, (row) => void ((row[1] as Cbor[][])[0]![2] = 5)))],
    ['a body that was sealed for another place', 'siv-mismatch', await movedBody(story)],
  ]
}

/** The device seals the body of record 2 as if it followed no record, and signs a record around it. */
async function movedBody(story: SmallStory): Promise<Change[]> {
  const { bytes, made } = story.records[2] as SmallStory['records'][number]
  const record = recordArgsFromCbor(decodeTransaction(bytes).args)
  const key = createRecordKeys([epochNode(story.history, DEVICE.address, 'odometer')], portable)(2) as Uint8Array
  const context = { network: story.history.ledger.network, device: DEVICE.address, stream: 'odometer', epoch: 0 }
  const clear = { clock: 0 as const, firstMs: GENESIS_MS, durationMs: 0, count: 1 }
  const readings: Cbor = [new Map<number, Cbor>([[0, odometer(125, 0).path], [2, 1]])]
  const body = sealRecord(key, { context, sequence: 2, previous: NO_PREVIOUS, boot: made.args.boot }, { clear, readings }, portable)
  const args = recordArgsToCbor({ ...record, body: { sha256: portable.sha256(body), length: body.length } })
  return forgeRecord(story, await resign(story, bytes, DEVICE, { args }), body)
}

function openingCases(story: SmallStory): Row[] {
  const { certificate } = story
  const disclosed = itemAt(certificate, [9, 0]) as Cbor[]
  const stream = disclosed[0] as Cbor
  return [
    ['another key', 'cannot-open', flip(story, [9, 0, 4, 0])],
    ['a key too few', 'cover-mismatch', remove([9, 0, 4, 1])],
    ['another epoch', 'wrong-epoch', set([9, 0, 1], 1)],
    ['sealed records without their epoch', 'wrong-epoch', set([9, 0], [stream, null, 0, 2, []])],
    ['keys for open records', 'surplus', set([9, 0, 1], null)],
    ['keys for a record that is not carried', 'surplus', set([9, 0, 3], 3)],
    ['ranges that overlap', 'unsorted', insert([9, 1], disclosed)],
    ['bodies out of order', 'attachment-mismatch', [set([11, 0], itemAt(certificate, [11, 1])), set([11, 1], itemAt(certificate, [11, 0]))]],
    ['a body too few', 'missing-attachment', remove([11, 2])],
    ['a body too many', 'surplus', insert([11, 3], filled(0))],
  ]
}

async function forgedNoteCases(story: SmallStory): Promise<Row[]> {
  const original = itemAt(story.certificate, [8, 1, 2, 0]) as Uint8Array
  const again = async (changed: Parameters<typeof resign>[3], who = WORKSHOP): Promise<Change[]> => forgeNote(story, await resign(story, original, who, changed))
  const workshop = `8201${bytesToHex(encode(WORKSHOP.address))}`
  return [
    ['a correction of another network', 'other-network', await again({ network: filled(7, 16) })],
    ['a correction that somebody else signed', 'invalid-signature', await again({}, actor(9))],
    ['a workshop that was suspended before', 'role-not-in-force', await forgeState(story, changeRow(workshop, (row) => void ((row[1] as Cbor[][])[0]![2] = 6)))],
  ]
}

/** Notes that their author signed and an authority counted, but that are none or belong elsewhere. */
async function forgedNoteListCases(story: SmallStory): Promise<Row[]> {
  const original = itemAt(story.certificate, [8, 1, 2, 0]) as Uint8Array
  return [
    ['a correction of another stream', 'other-stream', await forgeNote(story, await resign(story, original, WORKSHOP, { sub: `${DEVICE.address}/driving` }))],
    ['a correction that is filed under other records', 'wrong-span', await forgeNote(story, original, [0, 1])],
    ['a note that is none', 'not-a-note', await forgeNote(story, await resign(story, original, WORKSHOP, { call: 25 }))],
  ]
}
