import assert from 'node:assert/strict'
import { bodyToReadings, concatBytes, coverRange, decode, encode, exactToText, hexToBytes, openGrant, portable, readingsToBody, recordArgsToCbor, textToBytes } from '@telltale/core'
import type { RecordReading } from '@telltale/core'
import { Decimal } from '@telltale/core'
import { filled } from './actors.ts'
import { epochNode, openRecordOf } from './calls.ts'
import type { LongStory } from './long-story.ts'
import { DEVICE } from './small-story.ts'
import type { SmallStory } from './small-story.ts'
import { hex, hexes } from './vector.ts'
import type { Json } from './vector.ts'

const FIRST_MS = 1_767_225_600_000

/** Every kind of value and field that a body knows. */
const READINGS: RecordReading[] = [
  { path: 'Vehicle.TraveledDistance', timeMs: FIRST_MS, value: 25_106_100, unit: 'm', raw: { value: new Decimal(251_061, -1), unit: 'km' }, source: 'can:0x611:ODOMETER' },
  { path: 'Vehicle.Speed', timeMs: FIRST_MS + 250, value: new Decimal(525, -1), unit: 'km/h', source: '' },
  { path: 'Vehicle.Cabin.DoorCount', timeMs: FIRST_MS + 1000, value: 4, unit: null, source: '' },
  { path: 'Vehicle.IsMoving', timeMs: FIRST_MS + 1000, value: true, unit: null, source: '' },
  { path: 'Vehicle.OBD.DTCList', timeMs: FIRST_MS + 1005, value: 'P0301 P0420', unit: null, source: 'obd:03' },
]

/** An open record with its body, and the readings that both parts together say. */
export function openVectors(): Json {
  const { body } = readingsToBody(READINGS)
  const made = openRecordOf({ device: DEVICE, stream: 'odometer', sequence: 0, previous: filled(0), boot: filled(0xb0, 6) }, 0, READINGS)
  const { content } = made.args
  const readings = content.kind === 'open' ? bodyToReadings(body, content.clear) : []
  return { args: hex(encode(recordArgsToCbor(made.args))), body: hex(made.body), readings: readings.map(readingToJson) }
}

function readingToJson({ path, timeMs, value, unit, raw, source }: RecordReading): Json {
  const plain = typeof value === 'string' || typeof value === 'boolean' ? value : exactToText(value)
  return { path, timeMs, value: plain, unit, raw: raw ? { value: exactToText(raw.value), unit: raw.unit } : null, source }
}

/** HKDF-Expand to 32 bytes, written out again so that the values between are seen. */
function expand(key: Uint8Array, info: Uint8Array): Uint8Array {
  return portable.hmacSha256(key, concatBytes(info, new Uint8Array([1])))
}

/** Every value between the secret of an epoch and the body of record 1 of the small story. */
export function sealedVectors({ history, records, device }: SmallStory): Json {
  const { network } = history.ledger
  const { args, body } = (records[1] as SmallStory['records'][number]).made
  const context = encode(['tt-seal-1', network, device.address, 'odometer', 0])
  const root = portable.hmacSha256(context, filled(0xe0))
  const path = [root]
  for (let depth = 1; depth <= 32; depth++) path.push(expand(path[depth - 1] as Uint8Array, concatBytes(textToBytes('tt-key'), new Uint8Array([depth === 32 ? 1 : 0]))))
  const recordKey = path[32] as Uint8Array
  const [siv, box] = decode(body) as [Uint8Array, Uint8Array]
  const encryptionKey = expand(recordKey, concatBytes(textToBytes('enc'), siv))
  const padded = portable.aesGcmOpen(encryptionKey, filled(0, 12), box) as Uint8Array
  const aad = encode([context, 1, args.previous, args.boot])
  const sivKey = expand(recordKey, textToBytes('siv'))
  assert.deepEqual(portable.hmacSha256(sivKey, encode([aad, padded])), siv)
  assert.deepEqual(root, epochNode(history, device.address, 'odometer').key)
  return {
    network: hex(network),
    device: device.address,
    stream: 'odometer',
    epoch: 0,
    epochSecret: hex(filled(0xe0)),
    sequence: 1,
    previous: hex(args.previous),
    boot: hex(args.boot),
    context: hex(context),
    root: hex(root),
    nodeAtDepth1: hex(path[1] as Uint8Array),
    nodeAtDepth31: hex(path[31] as Uint8Array),
    recordKey: hex(recordKey),
    aad: hex(aad),
    padded: hex(padded),
    sivKey: hex(sivKey),
    siv: hex(siv),
    encryptionKey: hex(encryptionKey),
    box: hex(box),
    body: hex(body),
    args: hex(encode(recordArgsToCbor(args))),
  }
}

/** A cover of several nodes, as places in the tree. */
export function coverVectors(): Json {
  return [[0, 2], [5, 12], [1, 3], [7, 7]].map(([from, to]) => ({ from: from as number, to: to as number, nodes: coverRange(from as number, to as number).map(({ depth, index }) => ({ depth, index })) }))
}

export async function grantVectors({ grant }: LongStory): Promise<Json> {
  const { info, keys, seed, readerSecret, bytes } = grant
  const opened = await openGrant(readerSecret, info, bytes)
  return {
    device: info.device,
    reader: info.reader,
    readerSecret: hex(readerSecret),
    sealKeyNumber: info.sealKeyNumber,
    stream: info.stream,
    epoch: info.epoch,
    from: info.from,
    to: info.to,
    info: hex(encode(['tt-grant-1', info.network, info.device, info.reader, info.sealKeyNumber, info.stream, info.epoch, [info.from, info.to]])),
    seed: hex(seed),
    plaintext: hex(encode(keys)),
    attachment: hex(bytes),
    opened: opened.ok ? hexes(opened.value.map(({ key }) => key)) : opened.verdict.code,
  }
}

/** A name and a value. */
const SMALLEST_BODY = '81a200614e0205'

/** Bodies that are refused where they are read, each for one reason. */
export function refusedBodies(): Json {
  const extent = { firstMs: FIRST_MS, durationMs: 0, count: 1 }
  bodyToReadings(decode(hexToBytes(SMALLEST_BODY)), extent)
  const cases: [string, string, string][] = [
    ['81a2006161f605', 'malformed-cbor', 'null as a label'],
    ['81a300614e02050701', 'malformed-senml', 'label 7 (ut)'],
    ['81a20061400205', 'malformed-name', 'a name that begins with @'],
    ['81a100614e', 'malformed-senml', 'no value'],
    ['81a300614e01616d036178', 'malformed-senml', 'a unit on text'],
    ['81a300614e02050601', 'reading-time-out-of-range', 'one second after the first time, which no reading has'],
    ['81a200654e2f7261770205', 'malformed-reading', '/raw without the value before it'],
    ['82a200614e0205a200614e0206', 'count-mismatch', 'two readings where the record says one'],
  ]
  return cases.map(([text, code, why]) => {
    assert.throws(() => bodyToReadings(decode(hexToBytes(text)), extent), { code })
    return { body: text, code, why }
  })
}
