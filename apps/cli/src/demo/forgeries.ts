import { asArray, assert, bodyToReadings, concatBytes, createRecordKeys, createSoftwareSigner, decode, decodeTransaction, encode, equalBytes, leafHash, openRecord, placeCover, readingsToBody, recordArgsFromCbor, recordArgsToCbor, recordLeaf, rootFromRange, sealRecord, signTransaction, stateKeyHash, transactionId } from '@telltale/core'
import type { Primitives } from '@telltale/core'
import { decodeCertificate, encodeCertificate } from '@telltale/certificate'
import type { CarriedRecords, Certificate, Disclosure } from '@telltale/certificate'
import { isOdometer, shiftReading } from './drives.ts'

/**
 * What a cheat would try, each as far as it can be taken by somebody who has the file but not the keys of the car and of the authority. Everything that can be
 * recomputed is recomputed.
 */

/** One byte of what is carried is flipped, in the middle of the last body. */
export function flipByte(honest: Uint8Array): Uint8Array {
  const certificate = decodeCertificate(honest)
  const body = certificate.attachments.at(-1)?.slice()
  assert(body !== undefined, 'the certificate of the demonstration carries bodies')
  const middle = Math.floor(body.length / 2)
  body[middle] = (body[middle] as number) ^ 1
  return encodeCertificate({ ...certificate, attachments: [...certificate.attachments.slice(0, -1), body] })
}

/**
 * The odometer is rolled back in the last record. The keys that open it are in the file, so it is sealed again without a seam, the record is made to refer
 * to the new body, and signed, with a key of the cheat's own.
 */
export async function rollBack(honest: Uint8Array, miles: number, primitives: Primitives): Promise<Uint8Array> {
  const certificate = decodeCertificate(honest)
  const { carried, disclosure } = odometerOf(certificate)
  const last = carried.transactions.at(-1)
  assert(last !== undefined && disclosure.epoch !== null, 'the last record of the odometer is sealed and disclosed')
  const transaction = decodeTransaction(last.bytes)
  const record = recordArgsFromCbor(transaction.args)
  const oldBody = certificate.attachments.find((bytes) => equalBytes(primitives.sha256(bytes), record.body.sha256))
  assert(oldBody !== undefined, 'the body of a disclosed record is carried')
  const [device, stream] = carried.stream.split('/') as [string, string]
  const place = { context: { network: certificate.network, device, stream, epoch: disclosure.epoch }, sequence: transaction.sequence, previous: record.previous, boot: record.boot }
  const key = createRecordKeys(placeCover(disclosure.nodes, disclosure.from, disclosure.to), primitives)(transaction.sequence)
  assert(key !== null, 'the key of a disclosed record is carried')
  const opened = openRecord(key, place, oldBody, primitives)
  assert(opened.ok, 'the honest record opens')
  const readings = bodyToReadings(opened.value.readings, opened.value.clear).map((reading) => shiftReading(reading, -miles))
  assert(readings.some(isOdometer), 'the record has an odometer reading')
  const { body: senml, extent } = readingsToBody(readings)
  const body = sealRecord(key, place, { clear: { clock: opened.value.clear.clock, ...extent }, readings: senml }, primitives)
  const args = recordArgsToCbor({ ...record, body: { sha256: primitives.sha256(body), length: body.length } })
  const { network, iss, sub, call, sequence } = transaction
  const bytes = await signTransaction({ network, iss, sub, call, sequence, args }, createSoftwareSigner('EdDSA', primitives.sha256(new Uint8Array([0])), transaction.keyNumber))
  const records = replaceCarried(certificate, carried, { ...carried, transactions: [...carried.transactions.slice(0, -1), { ...last, bytes }] })
  return encodeCertificate({ ...certificate, records, attachments: certificate.attachments.map((old) => (old === oldBody ? body : old)) })
}

/**
 * The last record of the odometer is left out, as if it had never been: fewer records, their new root, a lower count in the ledger's entry, and a new state
 * root in the checkpoint.
 */
export function leaveOut(honest: Uint8Array, primitives: Primitives): Uint8Array {
  const certificate = decodeCertificate(honest)
  const { sha256 } = primitives
  const { carried, disclosure } = odometerOf(certificate)
  const kept = carried.transactions.slice(0, -1)
  const ids = kept.map(({ bytes }) => transactionId(decodeTransaction(bytes), primitives))
  const leaves = kept.map(({ height, timeMs }, i) => leafHash(encode(recordLeaf(height, timeMs, ids[i] as Uint8Array)), sha256))
  // Of a stream that is not shown from its beginning a forger can only make a root up.
  const root = carried.from === 0 ? rootFromRange(leaves, 0, leaves.length, [], sha256) : sha256(concatBytes(...leaves))
  const key = encode([KIND_STREAM, ...carried.stream.split('/')])
  const entry = certificate.state.find((proof) => equalBytes(proof.key, key))
  assert(entry?.value !== undefined && entry.value !== null && root !== null, 'the entry of a stream is carried')
  const row = asArray(decode(entry.value), 'stream entry')
  row[ROW_COUNT] = carried.from + kept.length
  row[ROW_HEAD] = ids.at(-1) as Uint8Array
  row[ROW_RECORD_ROOT] = root
  const forged = { ...entry, value: encode(row) }
  const keyHash = stateKeyHash(certificate.network, key, sha256)
  const stateRoot = entry.siblings.reduceRight((node, sibling, depth) => innerHash(keyHash, depth, node, sibling, primitives), sha256(concatBytes(new Uint8Array([2]), keyHash, sha256(forged.value))))
  return encodeCertificate({
    ...certificate,
    head: { ...certificate.head, checkpoint: { ...certificate.head.checkpoint, stateRoot } },
    state: certificate.state.map((proof) => (proof === entry ? forged : proof)),
    records: replaceCarried(certificate, carried, { ...carried, transactions: kept }),
    disclosed: certificate.disclosed.map((range) => (range === disclosure ? { ...range, to: range.to - 1 } : range)),
  })
}

const KIND_STREAM = 3
/** Places in a stream's entry. */
const ROW_COUNT = 1
const ROW_HEAD = 2
const ROW_RECORD_ROOT = 3

function innerHash(keyHash: Uint8Array, depth: number, node: Uint8Array, sibling: Uint8Array, { sha256 }: Primitives): Uint8Array {
  const isRight = ((keyHash[depth >> 3] as number) >> (7 - (depth & 7))) & 1
  return sha256(isRight ? concatBytes(new Uint8Array([3]), sibling, node) : concatBytes(new Uint8Array([3]), node, sibling))
}

function odometerOf({ records, disclosed }: Certificate): { carried: CarriedRecords; disclosure: Disclosure } {
  const carried = records.find(({ stream }) => stream.endsWith('/odometer'))
  const disclosure = disclosed.findLast(({ stream }) => stream === carried?.stream)
  assert(carried !== undefined && disclosure !== undefined, 'the certificate of the demonstration discloses the odometer')
  return { carried, disclosure }
}

function replaceCarried({ records }: Certificate, old: CarriedRecords, next: CarriedRecords): CarriedRecords[] {
  return records.map((carried) => (carried === old ? next : carried))
}
