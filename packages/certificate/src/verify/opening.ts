import { bodyToReadings, bytesToMapKey, createRecordKeys, decode, equalBytes, openRecord, placeCover } from '@telltale/core'
import type { AttachmentReference, Cbor, Clear, Primitives, RecordArgs, RecordKeys, RecordReading } from '@telltale/core'
import { splitStreamName } from '@telltale/ledger'
import type { Certificate, Disclosure } from '../certificate.ts'
import { OPENED_READINGS_MAX } from '../limits.ts'
import { epochOf } from '../plan.ts'
import type { ReadRecord, ReadStream } from './records.ts'
import { refute } from './refutation.ts'

/** What a disclosed record says. */
export interface OpenedRecord {
  stream: string
  sequence: number
  /** Of the block that it stands in. */
  height: number
  clear: Clear
  readings: RecordReading[]
}

/** A record of a disclosed range, without the resumes among them. */
interface DisclosedRecord {
  item: ReadRecord
  record: RecordArgs
}

/** Opens what is disclosed. Every attachment is used, in order, once; every key opens exactly the records that it is carried for. */
export function openDisclosed(certificate: Certificate, streams: Map<string, ReadStream>, primitives: Primitives): OpenedRecord[] {
  const opened: OpenedRecord[] = []
  const attachments = certificate.attachments.values()
  const bodyOf = createBodies(attachments, primitives)
  let previous: Disclosure | null = null
  const requireFew = createReadingLimit()
  for (const disclosure of certificate.disclosed) {
    if (previous && !isAfter(previous, disclosure)) throw refute('unsorted', 'Disclosed ranges are out of order or overlap.')
    previous = disclosure
    const records = recordsOf(disclosure, streams)
    for (const { record } of records) if (record.content.kind === 'open') requireFew(record.content.clear.count)
    const open = createOpener(certificate.network, disclosure, primitives)
    for (const { item, record } of records) {
      const { clear, readings } = open(item, record, bodyOf(record.body))
      if (record.content.kind === 'sealed') requireFew(clear.count)
      opened.push({ stream: disclosure.stream, sequence: item.sequence, height: item.height, clear, readings: bodyToReadings(readings, clear) })
    }
  }
  if (!attachments.next().done) throw refute('surplus', 'A body is carried that no disclosed record refers to.')
  return opened
}

/** Open records can share a body, so that a small file could fill any memory; what they hold is known before they are read. */
function createReadingLimit(): (count: number) => void {
  let sum = 0
  return (count) => {
    sum += count
    if (sum > OPENED_READINGS_MAX) throw refute('too-many-readings', 'More readings are disclosed than one certificate may open; disclose fewer records.', `at most ${OPENED_READINGS_MAX}`, 'more')
  }
}

function isAfter(previous: Disclosure, disclosure: Disclosure): boolean {
  return previous.stream < disclosure.stream || (previous.stream === disclosure.stream && previous.to < disclosure.from)
}

/** Bodies in the order in which records first refer to them. */
function createBodies(attachments: Iterator<Uint8Array, undefined>, { sha256 }: Primitives): (reference: AttachmentReference) => Uint8Array {
  const known = new Map<string, Uint8Array>()
  const take = (hash: Uint8Array): Uint8Array => {
    const next = attachments.next()
    if (next.done) throw refute('missing-attachment', 'The body of a disclosed record is missing.')
    if (!equalBytes(sha256(next.value), hash)) throw mismatch()
    known.set(bytesToMapKey(hash), next.value)
    return next.value
  }
  return (reference) => {
    const body = known.get(bytesToMapKey(reference.sha256)) ?? take(reference.sha256)
    if (body.length !== reference.length) throw mismatch()
    return body
  }
}

function mismatch(): Error {
  return refute('attachment-mismatch', 'A body is not the one that the record refers to.')
}

/** The records of a disclosed range. It begins and ends with one, and keys are not carried for a resume, which they would not open. */
function recordsOf({ stream: name, epoch, from, to }: Disclosure, streams: Map<string, ReadStream>): DisclosedRecord[] {
  const stream = streams.get(name)
  const first = stream ? from - stream.carried.from : -1
  const items = stream && first >= 0 ? stream.records.slice(first, first + to - from + 1) : []
  const records = items.flatMap((item) => (item.record ? [{ item, record: item.record }] : []))
  const isWhole = records[0]?.item.sequence === from && records.at(-1)?.item.sequence === to
  if (!isWhole || (epoch !== null && records.length < items.length)) throw refute('surplus', 'Keys are disclosed for records that are not carried.', 'records of this file', `${name} ${from} to ${to}`)
  return records
}

type Opener = (item: ReadRecord, record: RecordArgs, body: Uint8Array) => { clear: Clear; readings: Cbor }

/** What opens the records of a range: its keys, or nothing for open ones. */
function createOpener(network: Uint8Array, { stream: name, epoch, from, to, nodes }: Disclosure, primitives: Primitives): Opener {
  const keys = epoch === null ? null : createRecordKeys(placeCover(nodes, from, to), primitives)
  if (!keys && nodes.length > 0) throw refute('surplus', 'Keys are disclosed for open records.')
  return (item, record, body) => {
    if (epochOf(record) !== epoch) throw refute('wrong-epoch', `Record ${item.sequence} of ${name} belongs to another epoch than its key.`, String(epoch), String(epochOf(record)))
    return record.content.kind === 'open' ? { clear: record.content.clear, readings: decode(body) } : openSealed(network, name, item, record, body, keys as RecordKeys, primitives)
  }
}

function openSealed(network: Uint8Array, stream: string, item: ReadRecord, record: RecordArgs, body: Uint8Array, keys: RecordKeys, primitives: Primitives): { clear: Clear; readings: Cbor } {
  const { device, name } = splitStreamName(stream) as { device: string; name: string }
  const context = { network, device, stream: name, epoch: epochOf(record) as number }
  const place = { context, sequence: item.sequence, previous: record.previous, boot: record.boot }
  const opened = openRecord(keys(item.sequence) as Uint8Array, place, body, primitives)
  if (!opened.ok) throw refute(opened.verdict.code, opened.verdict.message, opened.verdict.expected, opened.verdict.found)
  return opened.value
}
