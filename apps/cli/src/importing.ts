import { TelltaleError } from '@telltale/core'
import type { Clock, RecordReading } from '@telltale/core'
import { createBatcher } from '@telltale/device'
import type { Batch, Device, MappedSource, SourceRefusal } from '@telltale/device'

/** Records signed before they are made durable and sent together. */
const RECORDS_PER_FLUSH = 500
const LIMITS_DEFAULT = { recordMs: 1000, recordReadingsMax: 256 }
const CLOCKS: Record<MappedSource['clock'], Clock> = { wall: 0, boot: 1, unknown: 2 }
const RECORDED_AT = 'Import.RecordedAt'

/** What an import tells of itself while it runs. */
export interface ImportListener {
  record(stream: string, readings: RecordReading[]): void
  refusal(refusal: SourceRefusal): void
  progress(done: number, total: number | null): void
}

export interface ImportInit {
  source: MappedSource
  device: Device
  listener: ImportListener
  /** When the log began, as whoever imports claims; put into the first record of each stream. */
  recordedAt?: string | undefined
  signal?: AbortSignal | undefined
}

/** Batches, signs and sends all readings of a source. When it resolves, every record is certified; also where `signal` ended it early (false). */
export async function importSource({ source, device, listener, recordedAt, signal }: ImportInit): Promise<boolean> {
  const batcher = createBatcher((stream) => source.streams.get(stream) ?? LIMITS_DEFAULT, source.clock)
  const clock = CLOCKS[source.clock]
  const claimed = new Set<string>()
  let unflushed = 0
  const write = async (batches: Batch[]): Promise<void> => {
    for (const { stream, readings, isClockReset } of batches) {
      if (isClockReset) device.restart()
      const claim = recordedAt !== undefined && !claimed.has(stream) ? [{ path: RECORDED_AT, timeMs: readings[0]?.timeMs ?? 0, value: recordedAt, unit: null, source: 'importer' }] : []
      claimed.add(stream)
      await device.record(stream, clock, [...claim, ...readings])
      listener.record(stream, readings)
      if (++unflushed < RECORDS_PER_FLUSH) continue
      await device.flush()
      unflushed = 0
    }
  }
  const isWhole = await readAll(source, signal, async (items) => {
    for (const item of items) {
      if ('refused' in item) listener.refusal(item)
      else await write(batcher.add(item))
    }
    const { bytesRead, bytesTotal } = source.progress()
    listener.progress(bytesRead, bytesTotal)
  })
  await write(batcher.flush())
  await device.flush()
  return isWhole
}

type Items = ReturnType<MappedSource['read']> extends AsyncIterable<infer Item> ? Item : never

/** Whether the source was read to its end. */
async function readAll(source: MappedSource, signal: AbortSignal | undefined, take: (items: Items) => Promise<void>): Promise<boolean> {
  try {
    for await (const items of source.read(signal)) await take(items)
    return true
  } catch (error) {
    if (error instanceof TelltaleError && error.code === 'aborted') return false
    throw error
  }
}

/** Whether a source has any reading; refusals up to the first one go to `refuse`. Stops at the first. */
export async function hasReading(source: MappedSource, refuse: (refusal: SourceRefusal) => void, signal?: AbortSignal): Promise<boolean> {
  for await (const items of source.read(signal)) {
    for (const item of items) {
      if (!('refused' in item)) return true
      refuse(item)
    }
  }
  return false
}
