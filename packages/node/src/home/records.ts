import { bodyToReadings, decode, decodeTransaction, judge, openRecord, recordArgsFromCbor } from '@telltale/core'
import type { Cbor, Clear, Judged, Primitives, RecordArgs, RecordKeys, RecordReading, SealedPlace, Verdict } from '@telltale/core'
import { splitStreamName, streamKey, streamRowFromCbor } from '@telltale/ledger'
import type { StreamRow } from '@telltale/ledger'
import type { Home } from './home.ts'
import { createStreamKeys } from './stream-keys.ts'

/** A record as whoever asks can read it. */
export interface HomeRecord {
  sequence: number
  height: number
  blockTimeMs: number
  /** The device lost its state here and went on: there are no readings. */
  isResume: boolean
  /** Null where the record stays closed. */
  clear: Clear | null
  readings: RecordReading[] | null
  /** Why it stays closed (`no-key`, `body-dropped`, and the codes of `openRecord` and `bodyToReadings`); null for a record that opens, and for a resume. */
  closed: Verdict | null
}

/** What is in the body of a record that opens. */
export interface OpenedBody {
  clear: Clear
  readings: RecordReading[]
}

/** A transaction of a stream where it stands. */
export interface StreamEntry {
  bytes: Uint8Array
  sequence: number
  height: number
  timeMs: number
}

/** Records read from the ledger at a time. */
const PAGE = 256
const CALL_RECORD = 16

/** Where a stream stands in the ledger, or null where there is none. */
export function streamHeadOf(home: Home, device: string, stream: string): StreamRow | null {
  const { value } = home.reader.state(streamKey(device, stream))
  return value && streamRowFromCbor(decode(value))
}

/**
 * The records `from` to `to` of a stream, both included, opened with the keys that lie in this directory; `reader` takes only what was granted to that address.
 * What one device wrote wrongly closes that record only.
 */
export async function* readRecords(home: Home, stream: string, from: number, to: number, reader: string | null = null): AsyncGenerator<HomeRecord> {
  const { device, name } = splitStreamName(stream) as { device: string; name: string }
  const streamKeys = createStreamKeys(home, stream, reader)
  let known: { epoch: number; keys: RecordKeys | null } = { epoch: -1, keys: null }
  for (let page = from; page <= to; page += PAGE) {
    const entries = await home.reader.entries('records', stream, page, Math.min(page + PAGE, to + 1))
    for (const [i, entry] of entries.entries()) {
      const sequence = page + i
      yield await readEntry({ ...entry, sequence }, async (record) => {
        const { content } = record
        if (content.kind === 'sealed' && known.epoch !== content.epoch) known = { epoch: content.epoch, keys: await streamKeys.recordKeys(content.epoch) }
        return openBody(home, record, { device, name, sequence }, known.keys)
      })
    }
  }
}

/** A record from its transaction; `open` has its body, or says why it stays closed. */
export async function readEntry({ bytes, sequence, height, timeMs }: StreamEntry, open: (record: RecordArgs) => Promise<Judged<OpenedBody>>): Promise<HomeRecord> {
  const { call, args } = decodeTransaction(bytes)
  const place = { sequence, height, blockTimeMs: timeMs }
  if (call !== CALL_RECORD) return { ...place, isResume: true, clear: null, readings: null, closed: null }
  const opened = await open(recordArgsFromCbor(args))
  return opened.ok ? { ...place, isResume: false, ...opened.value, closed: null } : { ...place, isResume: false, clear: null, readings: null, closed: opened.verdict }
}

async function openBody(home: Home, record: RecordArgs, place: { device: string; name: string; sequence: number }, keys: RecordKeys | null): Promise<Judged<OpenedBody>> {
  const { content } = record
  if (content.kind === 'open') return openUnsealed(content.clear, await home.ledger.store.readAttachment(record.body.sha256))
  const key = keys?.(place.sequence)
  if (!key) return sealedForOthers()
  const body = await home.ledger.store.readAttachment(record.body.sha256)
  const context = { network: home.ledger.network, device: place.device, stream: place.name, epoch: content.epoch }
  return openSealed(key, body, { context, sequence: place.sequence, previous: record.previous, boot: record.boot }, home.primitives)
}

function readingsOf(clear: Clear, readings: Cbor): OpenedBody {
  return { clear, readings: bodyToReadings(readings, clear) }
}

/** Of a sealed record, with its key; the body is null where it is no longer held. */
export function openSealed(key: Uint8Array, body: Uint8Array | null, place: SealedPlace, primitives: Primitives): Judged<OpenedBody> {
  if (!body) return dropped()
  const opened = openRecord(key, place, body, primitives)
  return opened.ok ? judge(() => readingsOf(opened.value.clear, opened.value.readings)) : opened
}

/** Of a record that was never sealed; the body is null where it is no longer held. */
export function openUnsealed(clear: Clear, body: Uint8Array | null): Judged<OpenedBody> {
  return body ? judge(() => readingsOf(clear, decode(body))) : dropped()
}

/** Why a sealed record stays closed where its key is missing. */
export function sealedForOthers(): Judged<never> {
  return { ok: false, verdict: { code: 'no-key', message: 'It is sealed and its key is not here.' } }
}

function dropped(): Judged<never> {
  return { ok: false, verdict: { code: 'body-dropped', message: 'Its body is kept no longer: it was forgotten, or is older than the network keeps bodies.' } }
}
