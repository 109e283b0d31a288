import { bytesToHex, createRecordKeys, decodeTransaction, deriveCover, encode, epochRoot, recordArgsFromCbor, recordArgsToCbor, sealRecord } from '@telltale/core'
import type { Cbor, DisclosedNode, RecordArgs, SealContext } from '@telltale/core'
import { CALLS, flipBit, testBytes, testEpochSecret, twoKeyBox } from '@telltale/testing'
import type { Disclosure } from '../../src/certificate.ts'
import { device, disclosuresOf, found, openRecords, outsider, recordsOf, resign, sealedRecords } from './forging.ts'
import type { Forgery, Forging } from './forging.ts'

function sealed({ certificate, story }: Forging): Disclosure[] {
  return disclosuresOf(certificate, story.streams.sealed)
}

function open({ certificate, story }: Forging): Disclosure {
  return found(disclosuresOf(certificate, story.streams.open)[0])
}

function contextOf({ certificate, story }: Forging, epoch: number): SealContext {
  return { network: certificate.network, device: story.sealing.address, stream: 'odometer', epoch }
}

function rootOf(f: Forging, epoch: number): DisclosedNode {
  return epochRoot(contextOf(f, epoch), testEpochSecret(f.story.sealing.address, 'odometer', epoch), f.world.primitives)
}

function keys(): Forgery[] {
  const refused = (code: string, name: string, change: (f: Forging) => unknown): Forgery => outsider(['genuine', code], name, change)
  return [
    refused('cannot-open', 'a bit of a key turned', (f) => change(found(sealed(f)[0]), (nodes) => void (nodes[0] = flipBit(found(nodes[0]))))),
    refused('cannot-open', 'the key of another record', (f) => Object.assign(found(sealed(f)[1]), { nodes: deriveCover(rootOf(f, 0), 5, 5, f.world.primitives) })),
    refused('cannot-open', 'the key of another epoch', (f) => Object.assign(found(sealed(f)[1]), { nodes: deriveCover(rootOf(f, 1), 4, 4, f.world.primitives) })),
    refused('cannot-open', 'the keys of a range the wrong way round', (f) => change(found(sealed(f)[0]), (nodes) => nodes.reverse())),
    refused('cover-mismatch', 'a key too few', (f) => change(found(sealed(f)[0]), (nodes) => nodes.pop())),
    refused('cover-mismatch', 'a key too many', (f) => change(found(sealed(f)[0]), (nodes) => nodes.push(testBytes('key')))),
    refused('wrong-epoch', 'sealed records told to be of another epoch', (f) => Object.assign(found(sealed(f)[0]), { epoch: 1 })),
    refused('wrong-epoch', 'sealed records told to be open', (f) => Object.assign(found(sealed(f)[1]), { epoch: null, nodes: [] })),
    refused('wrong-epoch', 'open records told to be sealed', (f) => Object.assign(open(f), { epoch: 0, nodes: deriveCover(rootOf(f, 0), 0, 2, f.world.primitives) })),
    refused('surplus', 'keys for open records', (f) => change(open(f), (nodes) => nodes.push(testBytes('key')))),
    refused('wrong-epoch', 'two epochs under one range', (f) => {
      const [, one, two] = sealed(f)
      Object.assign(found(one), { to: 6, nodes: deriveCover(rootOf(f, 0), 4, 6, f.world.primitives) })
      f.certificate.disclosed.splice(f.certificate.disclosed.indexOf(found(two)), 1)
    }),
  ]
}

function change(disclosure: Disclosure, how: (nodes: Uint8Array[]) => unknown): void {
  how(disclosure.nodes)
}

function ranges(): Forgery[] {
  const surplus = (name: string, forge: (f: Forging) => unknown, more: Partial<Forgery> = {}): Forgery => outsider(['genuine', 'surplus'], name, forge, more)
  const cover = (f: Forging, epoch: number, from: number, to: number): Disclosure => ({ stream: f.story.streams.sealed, epoch, from, to, nodes: deriveCover(rootOf(f, epoch), from, to, f.world.primitives) })
  return [
    surplus('a range beyond the records', (f) => Object.assign(open(f), { to: 3 })),
    surplus('a range before the records', (f) => f.certificate.disclosed.unshift(cover(f, 0, 1, 1)), { base: 'partial' }),
    surplus('a range that ends before it begins', (f) => Object.assign(open(f), { from: 2, to: 1 })),
    surplus('a range of a stream that is not shown', (f) => f.certificate.disclosed.splice(0, 0, { ...open(f), stream: f.story.streams.diagnostics }), { base: 'whole' }),
    surplus('a key for a resume', (f) => f.certificate.disclosed.splice(1, 0, cover(f, 0, 3, 3))),
    surplus('keys over a resume', (f) => {
      const [one, two] = sealed(f)
      f.certificate.disclosed.splice(f.certificate.disclosed.indexOf(found(one)), 2, cover(f, 0, 0, 4))
      found(two)
    }),
    surplus('a made-up key for a resume', (f) => f.certificate.disclosed.splice(1, 0, { ...cover(f, 0, 3, 3), nodes: [testBytes('key')] })),
    outsider(['genuine', 'unsorted'], 'ranges that overlap', (f) => f.certificate.disclosed.splice(1, 0, cover(f, 0, 2, 2))),
    outsider(['genuine', 'unsorted'], 'ranges out of order', (f) => reorder(f, (ranges) => ranges.reverse())),
    outsider(['genuine', 'unsorted'], 'streams of ranges out of order', (f) => reorder(f, (ranges) => ranges.splice(0, 0, ...ranges.splice(-1, 1)))),
    device(['genuine', 'surplus'], 'a range of open records that ends with a resume', async (f) => {
      const { transactions } = openRecords(f)
      const last = found(transactions[2])
      const { previous, boot } = recordArgsFromCbor(decodeTransaction(last.bytes).args)
      last.bytes = await resign(last.bytes, f.story.open, { call: CALLS.resume, args: [previous, boot, 'state lost'] })
      f.certificate.attachments.pop()
    }),
  ]
}

/** Ranges in another order, and their bodies with them. */
function reorder({ certificate, world }: Forging, change: (ranges: Disclosure[]) => unknown): void {
  const pool = new Map(certificate.attachments.map((body) => [bytesToHex(world.primitives.sha256(body)), body]))
  change(certificate.disclosed)
  certificate.attachments = certificate.disclosed.flatMap(({ stream, from, to }) => recordsOf(certificate, stream).transactions.slice(from, to + 1)).map(({ bytes }) => found(pool.get(bytesToHex(recordArgsFromCbor(decodeTransaction(bytes).args).body.sha256))))
}

function bodies(): Forgery[] {
  const refused = (code: string, name: string, forge: (bodies: Uint8Array[], f: Forging) => unknown): Forgery => outsider(['genuine', code], name, (f) => forge(f.certificate.attachments, f))
  return [
    refused('attachment-mismatch', 'two bodies swapped', (list) => list.splice(0, 2, found(list[1]), found(list[0]))),
    refused('attachment-mismatch', 'a bit of a body turned', (list) => void (list[0] = flipBit(found(list[0])))),
    refused('attachment-mismatch', 'a bit of an open body turned', (list) => void (list[list.length - 1] = flipBit(found(list.at(-1))))),
    refused('attachment-mismatch', 'a body with something behind it', (list) => void (list[0] = new Uint8Array([...found(list[0]), 0]))),
    refused('attachment-mismatch', 'the same body twice', (list) => list.splice(1, 0, found(list[0]))),
    refused('missing-attachment', 'a body too few', (list) => list.pop()),
    refused('missing-attachment', 'no bodies', (list) => list.splice(0)),
    refused('surplus', 'a body too many', (list) => list.push(testBytes('body'))),
    refused('surplus', 'a body of nothing', (list) => list.push(new Uint8Array(0))),
    device(['genuine', 'attachment-mismatch'], 'a body told to be of another length', (f) => reopen(f, (record) => ({ ...record, body: { ...record.body, length: record.body.length + 1 } }))),
    device(['genuine', 'attachment-mismatch'], 'a body referred to once more, with another length', async (f) => {
      const first = recordArgsFromCbor(decodeTransaction(found(openRecords(f).transactions[1]).bytes).args)
      await reopen(f, (record) => ({ ...record, content: first.content, body: { ...first.body, length: first.body.length + 1 } }))
      f.certificate.attachments.pop()
    }),
  ]
}

/** The last open record with other arguments, signed by the device. */
async function reopen(f: Forging, change: (record: RecordArgs) => RecordArgs): Promise<void> {
  const last = found(openRecords(f).transactions.at(-1))
  const record = change(recordArgsFromCbor(decodeTransaction(last.bytes).args))
  last.bytes = await resign(last.bytes, f.story.open, { args: recordArgsToCbor(record) })
}

/** Bodies that the device itself made to be misread. */
function contents(): Forgery[] {
  const body = (code: string, name: string, make: (record: RecordArgs, f: Forging) => Uint8Array): Forgery =>
    device(['genuine', code], name, async (f) => {
      let bytes = new Uint8Array(0)
      await reopen(f, (record) => {
        bytes = new Uint8Array(make(record, f))
        return { ...record, body: { sha256: f.world.primitives.sha256(bytes), length: bytes.length } }
      })
      f.certificate.attachments.splice(-1, 1, bytes)
    })
  const sealedBody = (code: string, name: string, make: (place: SealedParts) => Uint8Array, shown?: (f: Forging) => Uint8Array[]): Forgery => device(['genuine', code], name, async (f) => reseal(f, make, shown))
  const reading = (value: Cbor): Cbor => [new Map<number, Cbor>([[1, 'm'], [2, value], [-2, 'Vehicle.TraveledDistance']])]
  return [
    turnedBack(),
    body('count-mismatch', 'more readings than the record says', () => encode([1, 2, 3].map((value) => new Map<number, Cbor>([[0, 'a'], [2, value]])))),
    body('wrong-shape', 'a body that is no list', () => encode('15,590 km')),
    body('malformed-cbor', 'a body that is no CBOR', () => new Uint8Array([0xff])),
    body('not-canonical', 'a body with a number in a longer form', () => new Uint8Array([0x81, 0xa1, 0x02, 0x18, 0x05])),
    body('malformed-senml', 'a body with a label that readers skip', () => encode([new Map<number, Cbor>([[0, 'a'], [2, 1]]), new Map<number, Cbor>([[0, 'a'], [2, 1], [7, 3]])])),
    sealedBody('malformed-body', 'a sealed body that is no sealed body', () => encode(['box'])),
    sealedBody('siv-mismatch', 'a body sealed for another place', ({ key, place, content, f }) => sealRecord(key, { ...place, previous: testBytes('elsewhere') }, content, f.world.primitives)),
    sealedBody('siv-mismatch', 'a body sealed for another network', ({ key, place, content, f }) => sealRecord(key, { ...place, context: { ...place.context, network: testBytes('network') } }, content, f.world.primitives)),
    sealedBody('cannot-open', 'a body sealed with the key of another record', ({ place, content, f }) => sealRecord(found(createRecordKeys([rootOf(f, 1)], f.world.primitives)(7) ?? undefined), place, content, f.world.primitives)),
    sealedBody('siv-mismatch', 'a box that opens under two keys, shown with the second', (parts) => boxForTwo(parts), () => [secondKey()]),
    sealedBody('siv-mismatch', 'a box that opens under two keys, shown with the first', (parts) => boxForTwo(parts)),
    sealedBody('count-mismatch', 'a sealed body of fewer readings than it says', ({ key, place, content, f }) => sealRecord(key, place, { clear: { ...content.clear, count: 2 }, readings: reading(1) }, f.world.primitives)),
  ]
}

/** A device that says truly that the odometer was turned back, and a file that shows it: the newest figure alone must not look like all is well. */
function turnedBack(): Forgery {
  const change = async (f: Forging): Promise<void> => {
    const longer = encode([new Map<number, Cbor>([[0, '/source'], [3, 'can'], [-2, 'Vehicle.TraveledDistance']]), new Map<number, Cbor>([[1, 'm'], [2, 231_904_000]])])
    await reopen(f, (record) => ({ ...record, body: { sha256: f.world.primitives.sha256(longer), length: longer.length } }))
    f.certificate.attachments.splice(-1, 1, longer)
  }
  return device(['reading', null], 'an odometer that was turned back, every record shown', change, { state: 'attention', question: ({ story }) => ({ trust: { network: story.network.ledger.network }, reading: '15596 km' }) })
}

interface SealedParts {
  f: Forging
  key: Uint8Array
  place: Parameters<typeof sealRecord>[1]
  content: Parameters<typeof sealRecord>[2]
}

const LAST = 6

/** The last sealed record with another body, signed by the device, shown under its own key or another one. */
async function reseal(f: Forging, make: (parts: SealedParts) => Uint8Array, shown?: (f: Forging) => Uint8Array[]): Promise<void> {
  const { primitives } = f.world
  const last = found(sealedRecords(f).transactions[LAST])
  const record = recordArgsFromCbor(decodeTransaction(last.bytes).args)
  const place = { context: contextOf(f, 1), sequence: LAST, previous: record.previous, boot: record.boot }
  const key = found(createRecordKeys([rootOf(f, 1)], primitives)(LAST) ?? undefined)
  const clear = { clock: 0 as const, firstMs: 1_750_000_006_000, durationMs: 0, count: 1 }
  const content = { clear, readings: [new Map<number, Cbor>([[1, 'm'], [2, 58_412_000], [-2, 'Vehicle.TraveledDistance']])] }
  const body = make({ f, key, place, content })
  const args = recordArgsToCbor({ ...record, body: { sha256: primitives.sha256(body), length: body.length } })
  last.bytes = await resign(last.bytes, f.story.sealing, { args })
  const range = found(sealed(f).at(-1))
  const nodes = (from: number): Uint8Array[] => deriveCover(rootOf(f, 1), from, LAST, primitives)
  f.certificate.disclosed.splice(f.certificate.disclosed.indexOf(range), 1, { ...range, to: LAST - 1, nodes: deriveCover(rootOf(f, 1), range.from, LAST - 1, primitives) }, { ...range, from: LAST, nodes: shown ? shown(f) : nodes(LAST) })
  f.certificate.attachments.splice(bodyPlace(f), 1, body)
}

/** Where the body of the last sealed record stands: bodies are in the order of the streams. */
function bodyPlace(f: Forging): number {
  const sealedFirst = f.story.streams.sealed < f.story.streams.open
  return (sealedFirst ? 0 : openRecords(f).transactions.length) + sealedRecords(f).transactions.length - 2
}

function secondKey(): Uint8Array {
  return testBytes('a second key')
}

/** A body whose box opens under the record's key and under another one, each time to something else; the synthetic IV fits neither. */
function boxForTwo({ f, key }: SealedParts): Uint8Array {
  const { hmacSha256 } = f.world.primitives
  const siv = testBytes('synthetic iv')
  const encryptionKey = (recordKey: Uint8Array): Uint8Array => hmacSha256(recordKey, new Uint8Array([...new TextEncoder().encode('enc'), ...siv, 1]))
  const plaintext = new Uint8Array(128)
  plaintext.set(encode([0, 1_750_000_006_000, 0, 1, [new Map<number, Cbor>([[1, 'm'], [2, 58_412_000], [-2, 'Vehicle.TraveledDistance']])]]))
  return encode([siv, twoKeyBox([encryptionKey(key), encryptionKey(secondKey())], plaintext, 7)])
}

/** Keys and bodies that do not belong to the records, and bodies that say two things. */
export const OPENING: Forgery[] = [...keys(), ...ranges(), ...bodies(), ...contents()]
