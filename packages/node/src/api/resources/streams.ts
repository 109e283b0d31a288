import { Type } from 'typebox'
import { asUint, bytesToHex, decodeTransaction, fail, recordArgsFromCbor, transactionId } from '@telltale/core'
import type { Primitives } from '@telltale/core'
import type { LedgerReader, LoggedTransaction, Store } from '@telltale/ledger'
import { cborToJson } from '../cbor-json.ts'
import type { ApiContext } from '../context.ts'
import { forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Address, AssetId, Count, Hash, Hex, Ms, StreamName, StreamPath, answers, limitOf, nullable, shape } from '../schema.ts'
import { requireStream, showStream } from '../state-entries.ts'
import type { ShownStream } from '../state-entries.ts'

export const RECORDS_MAX = 500
const NOTES_MAX = 200
const CALL_RECORD = 16
const CALL_CORRECTION = 24

export const Stream = shape({
  stream: StreamPath,
  device: Address,
  name: StreamName,
  asset: AssetId,
  count: Count,
  head: Hash,
  recordRoot: Hash,
  epoch: Count,
  lastHeight: Count,
  lastTimeMs: Ms,
  discontinuities: Count,
  notes: Count,
})

const StreamRecord = shape({
  sequence: Count,
  id: Hash,
  index: Count,
  height: Count,
  blockTimeMs: Ms,
  call: Count,
  kind: Type.Enum(['open', 'sealed', 'resume']),
  previous: Hash,
  boot: Hex,
  epoch: Type.Optional(Count),
  clear: Type.Optional(shape({ clock: Type.Integer({ minimum: 0, maximum: 2 }), firstMs: Ms, durationMs: Ms, count: Count })),
  body: nullable(shape({ sha256: Hash, length: Count })),
  isBodyHeld: Type.Boolean(),
  cites: nullable(Hash),
  transaction: Hex,
})

const Note = shape({
  id: Hash,
  index: Count,
  height: Count,
  timeMs: Ms,
  kind: Type.Enum(['correction', 'fork']),
  author: Address,
  first: nullable(Count),
  last: nullable(Count),
  what: Type.Optional(Type.String()),
  content: Type.Optional(Type.Unknown({ description: 'text, or values by name' })),
  transaction: Hex,
})

const place = shape({ device: Address, name: StreamName })

export const streams: Resource = (server, context) => {
  const { reader, primitives } = context

  server.get(
    '/v1/streams/:device/:name',
    { config: forReaders, schema: { operationId: 'getStream', tags: ['streams'], summary: 'Where a stream stands', params: place, response: answers({ 200: Stream }, [404]) } },
    async ({ params: { device, name } }) => streamAnswer(context, device, name),
  )

  server.get(
    '/v1/streams/:device/:name/records',
    {
      config: forReaders,
      schema: {
        operationId: 'listRecords',
        tags: ['streams'],
        summary: 'Records in their order; sealed ones stay sealed',
        params: place,
        querystring: shape({ from: Type.Optional(Count), limit: limitOf(RECORDS_MAX, 100) }),
        response: answers({ 200: shape({ records: Type.Array(StreamRecord), from: nullable(Count) }) }, [404]),
      },
    },
    async ({ params: { device, name }, query: { from = 0, limit = 100 } }) => recordsAnswer(context, device, name, { from, limit }),
  )

  server.get(
    '/v1/streams/:device/:name/notes',
    {
      config: forReaders,
      schema: {
        operationId: 'listNotes',
        tags: ['streams'],
        summary: 'Corrections and forks, oldest first',
        params: place,
        querystring: shape({ from: Type.Optional(Count), limit: limitOf(NOTES_MAX, 100) }),
        response: answers({ 200: shape({ notes: Type.Array(Note), from: nullable(Count) }) }, [404]),
      },
    },
    async ({ params: { device, name }, query: { from = 0, limit = 100 } }) => {
      const { notesCount: count } = requireStream(context, device, name)
      const page = await readPage(reader, 'notes', `${device}/${name}`, { from, limit, count })
      return { notes: page.entries.map((entry) => showNote(entry, primitives)), from: page.next }
    },
  )
}

interface Page {
  from: number
  limit: number
}

/** Where a stream stands (`unknown-stream`). */
export function streamAnswer(context: ApiContext, device: string, name: string): ShownStream {
  return showStream(device, name, requireStream(context, device, name))
}

/** A page of its records; `limit` up to `RECORDS_MAX` (`unknown-stream`, `no-such-record`). */
export async function recordsAnswer(context: ApiContext, device: string, name: string, page: Page) {
  const { ledger, reader, primitives } = context
  const { count } = requireStream(context, device, name)
  const { entries, next } = await readPage(reader, 'records', `${device}/${name}`, { ...page, count })
  return { records: entries.map((entry) => showRecord(entry, ledger.store, primitives)), from: next }
}

async function readPage(reader: LedgerReader, kind: 'records' | 'notes', stream: string, { from, limit, count }: Page & { count: number }): Promise<{ entries: LoggedTransaction[]; next: number | null }> {
  if (from > count) throw fail('no-such-record', `The stream does not reach ${from}.`, { expected: `0 to ${count}`, found: String(from) })
  const to = Math.min(from + limit, count)
  return { entries: await reader.entries(kind, stream, from, to), next: to < count ? to : null }
}

function showRecord({ bytes, index, height, timeMs }: LoggedTransaction, store: Store, primitives: Primitives) {
  const transaction = decodeTransaction(bytes)
  const { call, sequence, args } = transaction
  const place = { sequence, id: bytesToHex(transactionId(transaction, primitives)), index, height, blockTimeMs: timeMs, call, transaction: bytesToHex(bytes) }
  if (call !== CALL_RECORD) {
    const [previous, boot] = args as [Uint8Array, Uint8Array]
    return { ...place, kind: 'resume' as const, previous: bytesToHex(previous), boot: bytesToHex(boot), body: null, isBodyHeld: false, cites: null }
  }
  const { previous, boot, content, body, cites } = recordArgsFromCbor(args)
  return {
    ...place,
    kind: content.kind,
    previous: bytesToHex(previous),
    boot: bytesToHex(boot),
    ...(content.kind === 'sealed' ? { epoch: content.epoch } : { clear: content.clear }),
    body: { sha256: bytesToHex(body.sha256), length: body.length },
    isBodyHeld: store.hasAttachment(body.sha256),
    cites: cites && bytesToHex(cites),
  }
}

function showNote({ bytes, index, height, timeMs }: LoggedTransaction, primitives: Primitives) {
  const transaction = decodeTransaction(bytes)
  const { call, iss, args } = transaction
  const place = { id: bytesToHex(transactionId(transaction, primitives)), index, height, timeMs, author: iss, transaction: bytesToHex(bytes) }
  if (call !== CALL_CORRECTION) {
    const { sequence } = decodeTransaction(args[0] as Uint8Array)
    return { ...place, kind: 'fork' as const, first: sequence, last: sequence }
  }
  const [first, last, what, content] = args
  const number = (value: typeof first): number | null => (value === null || value === undefined ? null : asUint(value, 'record'))
  return { ...place, kind: 'correction' as const, first: number(first), last: number(last), what: what as string, content: cborToJson(content ?? null) }
}
