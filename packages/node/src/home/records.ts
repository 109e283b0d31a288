import { bodyToReadings, createRecordKeys, decode, decodeTransaction, epochRoot, openRecord, recordArgsFromCbor } from '@telltale/core'
import type { Cbor, Clear, RecordArgs, RecordReading } from '@telltale/core'
import { splitStreamName, streamKey, streamRowFromCbor } from '@telltale/ledger'
import type { StreamRow } from '@telltale/ledger'
import type { Home } from './home.ts'
import { createSecretsFile } from './secrets.ts'

/** A record as this directory can read it; `clear` and `readings` null where it is sealed and the key is not here, or its body was dropped. */
export interface HomeRecord {
  sequence: number
  height: number
  blockTimeMs: number
  isResume: boolean
  clear: Clear | null
  readings: RecordReading[] | null
}

/** Records read from the ledger at a time. */
const PAGE = 256

/** Where a stream stands in the ledger, or null where there is none. */
export function streamHeadOf(home: Home, device: string, stream: string): StreamRow | null {
  const { value } = home.reader.state(streamKey(device, stream))
  return value && streamRowFromCbor(decode(value))
}

/** The records `from` to `to` of a stream, both included, opened with the keys that lie in this directory. */
export async function* readRecords(home: Home, stream: string, from: number, to: number): AsyncGenerator<HomeRecord> {
  const { device, name } = splitStreamName(stream) as { device: string; name: string }
  const secrets = createSecretsFile(home.directory, device, home.password)
  const keysOf = async (epoch: number): Promise<ReturnType<typeof createRecordKeys> | null> => {
    if (!(await secrets.has(name, epoch))) return null
    return createRecordKeys([epochRoot({ network: home.ledger.network, device, stream: name, epoch }, await secrets.get(name, epoch), home.primitives)], home.primitives)
  }
  let known: { epoch: number; keys: ReturnType<typeof createRecordKeys> | null } = { epoch: -1, keys: null }
  for (let page = from; page <= to; page += PAGE) {
    const entries = await home.reader.entries('records', stream, page, Math.min(page + PAGE, to + 1))
    for (const [i, { bytes, height, timeMs }] of entries.entries()) {
      const sequence = page + i
      const { call, args } = decodeTransaction(bytes)
      const place = { sequence, height, blockTimeMs: timeMs }
      if (call !== 16) {
        yield { ...place, isResume: true, clear: null, readings: null }
        continue
      }
      const record = recordArgsFromCbor(args)
      if (record.content.kind === 'sealed' && known.epoch !== record.content.epoch) known = { epoch: record.content.epoch, keys: await keysOf(record.content.epoch) }
      const content = await openBody(home, record, { device, name, sequence }, known.keys)
      yield { ...place, isResume: false, clear: content?.clear ?? null, readings: content ? bodyToReadings(content.readings, content.clear) : null }
    }
  }
}

async function openBody(home: Home, record: RecordArgs, place: { device: string; name: string; sequence: number }, keys: ReturnType<typeof createRecordKeys> | null): Promise<{ clear: Clear; readings: Cbor } | null> {
  const body = await home.ledger.store.readAttachment(record.body.sha256)
  if (!body) return null
  if (record.content.kind === 'open') return { clear: record.content.clear, readings: decode(body) }
  const key = keys?.(place.sequence)
  if (!key) return null
  const context = { network: home.ledger.network, device: place.device, stream: place.name, epoch: record.content.epoch }
  const opened = openRecord(key, { context, sequence: place.sequence, previous: record.previous, boot: record.boot }, body, home.primitives)
  return opened.ok ? opened.value : null
}
