import { queryOptions, useQueries } from '@tanstack/react-query'
import type { QueryClient } from '@tanstack/react-query'
import { TelltaleError, bodyToReadings, bytesToHex, createRecordKeys, decode, exactToNumber, exactToText, hexToBytes, openRecord, placeCover, portable } from '@telltale/core'
import type { Clear, Exact, RecordReading } from '@telltale/core'
import { KEY_RUN, keysQuery } from '../api/desk.ts'
import type { StreamRecord } from '../api/ledger-answers.ts'
import { bodyQuery, networkQuery } from '../api/queries.ts'
import { streamParts } from '../text/stream.ts'

/** What a record says, as far as it can be read in this browser. */
export type OpenedRecord =
  | { state: 'opened'; clear: Clear; readings: RecordReading[] }
  /** Sealed, and this browser has no key. */
  | { state: 'sealed' }
  /** The body is kept no longer; the record itself stands. */
  | { state: 'dropped' }
  /** The device lost its memory and went on. */
  | { state: 'resume' }
  | { state: 'broken'; code: string; message: string }

export const ODOMETER = 'Vehicle.TraveledDistance'
export const SPEED = 'Vehicle.Speed'

/** Opens a record here, in the browser: the node never sees what it says. */
function openedQuery(queries: QueryClient, stream: string, record: StreamRecord) {
  return queryOptions({ queryKey: ['fixed', 'opened', record.id], queryFn: () => open(queries, stream, record), staleTime: Infinity })
}

/** Those records opened, in their order; undefined where one is still on its way. */
export function useOpenedRecords(queries: QueryClient, stream: string, records: readonly StreamRecord[]): (OpenedRecord | undefined)[] {
  return useQueries({ queries: records.map((record) => openedQuery(queries, stream, record)), combine: (results) => results.map(({ data }) => data) })
}

async function open(queries: QueryClient, stream: string, record: StreamRecord): Promise<OpenedRecord> {
  if (record.kind === 'resume' || !record.body) return { state: 'resume' }
  if (!record.isBodyHeld) return { state: 'dropped' }
  const nodes = record.epoch === undefined ? [] : await keysOf(queries, stream, record.epoch, record.sequence)
  if (!nodes) return { state: 'sealed' }
  const body = await bodyOf(queries, record.body.sha256)
  if (!body) return { state: 'dropped' }
  if (bytesToHex(portable.sha256(body)) !== record.body.sha256) return { state: 'broken', code: 'attachment-mismatch', message: 'The body is not the one that the record refers to.' }
  const { network } = await queries.ensureQueryData(networkQuery)
  return judge(() => (record.clear ? { clear: record.clear, content: decode(body) } : openSealed(network, stream, record, nodes, body)))
}

/** Null where it went since the record was listed. */
async function bodyOf(queries: QueryClient, sha256: string): Promise<Uint8Array | null> {
  try {
    return await queries.fetchQuery(bodyQuery(sha256))
  } catch (error) {
    if (error instanceof TelltaleError && error.code === 'no-such-attachment') return null
    throw error
  }
}

/** The keys of a run of records, or null where nobody here has them. */
async function keysOf(queries: QueryClient, stream: string, epoch: number, sequence: number): Promise<Uint8Array[] | null> {
  try {
    return (await queries.fetchQuery(keysQuery(stream, epoch, Math.floor(sequence / KEY_RUN)))).map(hexToBytes)
  } catch (error) {
    if (error instanceof TelltaleError) return null
    throw error
  }
}

type Content = { clear: Clear; content: Parameters<typeof bodyToReadings>[0] }

function judge(read: () => Content | OpenedRecord): OpenedRecord {
  try {
    const content = read()
    if ('state' in content) return content
    return { state: 'opened', clear: content.clear, readings: bodyToReadings(content.content, content.clear) }
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error
    return { state: 'broken', code: error.code, message: error.message }
  }
}

function openSealed(network: string, stream: string, record: StreamRecord, nodes: Uint8Array[], body: Uint8Array): Content | OpenedRecord {
  const { device, name } = streamParts(stream)
  const run = Math.floor(record.sequence / KEY_RUN)
  const keys = createRecordKeys(placeCover(nodes, run * KEY_RUN, run * KEY_RUN + KEY_RUN - 1), portable)
  const context = { network: hexToBytes(network), device, stream: name, epoch: record.epoch as number }
  const opened = openRecord(keys(record.sequence) as Uint8Array, { context, sequence: record.sequence, previous: hexToBytes(record.previous), boot: hexToBytes(record.boot) }, body, portable)
  if (!opened.ok) return { state: 'broken', code: opened.verdict.code, message: opened.verdict.message }
  return { clear: opened.value.clear, content: opened.value.readings }
}

export interface OdometerFigure {
  /** As the source said it. */
  value: string
  unit: string
  metres: number
  timeMs: number
}

/** The last odometer reading of a record, in the unit of its source. */
export function odometerOf(record: OpenedRecord | undefined): OdometerFigure | null {
  if (record?.state !== 'opened') return null
  const reading = record.readings.findLast(({ path }) => path === ODOMETER)
  const metres = reading && numberOf(reading)
  if (!reading || metres === null || metres === undefined) return null
  if (reading.raw) return { value: exactToText(reading.raw.value), unit: reading.raw.unit, metres, timeMs: reading.timeMs }
  return { ...metresFigure(metres), metres, timeMs: reading.timeMs }
}

/** A car that counts metres shows kilometres with one decimal, as dashboards do. */
function metresFigure(metres: number): { value: string; unit: string } {
  return { value: (Math.floor(metres / 100) / 10).toFixed(1), unit: 'km' }
}

export function numberOf({ value }: Pick<RecordReading, 'value'>): number | null {
  return typeof value === 'string' || typeof value === 'boolean' ? null : exactToNumber(value)
}

/** A value as text, whatever it is. */
export function valueText(value: Exact | string | boolean): string {
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : exactToText(value)
}
