import { bodyToReadings, createRecordKeys, decode, equalBytes, openRecord, placeCover } from '@telltale/core'
import type { AttachmentReference, Cbor, Clear, Primitives, RecordArgs, RecordKeys, RecordReading } from '@telltale/core'
import { splitStreamName } from '@telltale/ledger'
import type { Certificate, Disclosure } from '../certificate.ts'
import { epochOf } from '../plan.ts'
import type { ReadRecord, ReadStream } from './records.ts'
import { refute } from './refutation.ts'

/** What a disclosed record says. */
export interface OpenedRecord {
  stream: string
  sequence: number
  clear: Clear
  readings: RecordReading[]
}

/** Opens what is disclosed. Every attachment is used, in order, once; every key opens exactly the records that it is carried for. */
export function openDisclosed(certificate: Certificate, streams: ReadStream[], primitives: Primitives): OpenedRecord[] {
  const opened: OpenedRecord[] = []
  const attachments = certificate.attachments[Symbol.iterator]()
  const seen: AttachmentReference[] = []
  const bodies = new Map<AttachmentReference, Uint8Array>()
  const take = (reference: AttachmentReference): Uint8Array => {
    const known = seen.find((other) => equalBytes(other.sha256, reference.sha256))
    if (known) return bodies.get(known) as Uint8Array
    const next = attachments.next()
    if (next.done) throw refute('missing-attachment', 'The body of a disclosed record is missing.')
    if (next.value.length !== reference.length || !equalBytes(primitives.sha256(next.value), reference.sha256)) throw refute('attachment-mismatch', 'A body is not the one that the record refers to.')
    seen.push(reference)
    bodies.set(reference, next.value)
    return next.value
  }
  let previous: Disclosure | null = null
  for (const disclosure of certificate.disclosed) {
    if (previous && (previous.stream > disclosure.stream || (previous.stream === disclosure.stream && previous.to >= disclosure.from))) throw refute('unsorted', 'Disclosed ranges are out of order or overlap.')
    previous = disclosure
    opened.push(...openRange(certificate, disclosure, streams, take, primitives))
  }
  if (!attachments.next().done) throw refute('surplus', 'A body is carried that no disclosed record refers to.')
  return opened
}

function openRange(certificate: Certificate, disclosure: Disclosure, streams: ReadStream[], take: (reference: AttachmentReference) => Uint8Array, primitives: Primitives): OpenedRecord[] {
  const { stream: name, epoch, from, to, nodes } = disclosure
  const stream = streams.find((candidate) => candidate.stream === name)
  const first = stream?.records.find((item) => item.sequence === from)
  const last = stream?.records.find((item) => item.sequence === to)
  if (!stream || !first || !last || to < from) throw refute('surplus', 'Keys are disclosed for records that are not carried.', 'records of this file', `${name} ${from} to ${to}`)
  if (epoch === null && nodes.length > 0) throw refute('surplus', 'Keys are disclosed for open records.')
  const keys = epoch === null ? null : createRecordKeys(placeCover(nodes, from, to), primitives)
  const opened: OpenedRecord[] = []
  for (const item of stream.records.slice(from - stream.carried.from, to + 1 - stream.carried.from)) {
    const { record, sequence } = item
    if (!record) continue
    if (epochOf(record) !== epoch) throw refute('wrong-epoch', `Record ${sequence} of ${name} belongs to another epoch than its key.`, String(epoch), String(epochOf(record)))
    const body = take(record.body)
    const content = keys ? openSealed(certificate, item, record, name, body, keys, primitives) : readOpen(record, body)
    const readings = bodyToReadings(content.readings, content.clear)
    opened.push({ stream: name, sequence, clear: content.clear, readings })
  }
  return opened
}

function openSealed(certificate: Certificate, item: ReadRecord, record: RecordArgs, stream: string, body: Uint8Array, keys: RecordKeys, primitives: Primitives): { clear: Clear; readings: Cbor } {
  const { device, name } = splitStreamName(stream) as { device: string; name: string }
  const context = { network: certificate.network, device, stream: name, epoch: epochOf(record) as number }
  const place = { context, sequence: item.sequence, previous: record.previous, boot: record.boot }
  const opened = openRecord(keys(item.sequence) as Uint8Array, place, body, primitives)
  if (!opened.ok) throw refute(opened.verdict.code, opened.verdict.message, opened.verdict.expected, opened.verdict.found)
  return opened.value
}

function readOpen(record: RecordArgs, body: Uint8Array): { clear: Clear; readings: Cbor } {
  if (record.content.kind !== 'open') throw refute('wrong-epoch', 'A sealed record is disclosed without its key.')
  return { clear: record.content.clear, readings: decode(body) }
}
