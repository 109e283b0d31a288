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
  /** A record is not later than the one before it in its stream: the clock of the log went back, or what the ledger has is newer. */
  clockFell?(stream: string, fromMs: number, toMs: number): void
  progress(done: number, total: number | null): void
}

export interface ImportInit {
  source: MappedSource
  device: Device
  listener: ImportListener
  /** When the log began, as whoever imports claims; put into the first record of each stream. */
  recordedAt?: string | undefined
  /** Records of each stream, from the first on, that were imported before. */
  done?: ReadonlyMap<string, number>
  /** Last time in each stream as the ledger has it, where that can be compared with the log's. */
  newestMs?: ReadonlyMap<string, number>
  signal?: AbortSignal | undefined
}

/**
 * Batches, signs and sends all readings of a source. When it resolves, every record is certified; also where `signal` ended it early (false), with whole records
 * only: one source always makes the same ones, so that another run can go on behind them.
 */
export async function importSource({ source, device, listener, recordedAt, done = new Map(), newestMs: heldMs = new Map(), signal }: ImportInit): Promise<boolean> {
  const batcher = createBatcher((stream) => source.streams.get(stream) ?? LIMITS_DEFAULT, source.clock)
  const clock = CLOCKS[source.clock]
  const made = new Map<string, number>()
  const newestMs = new Map(done.size > 0 ? [] : heldMs)
  let unflushed = 0
  const write = async (batches: Batch[]): Promise<void> => {
    for (const { stream, readings, isClockReset } of batches) {
      const number = made.get(stream) ?? 0
      made.set(stream, number + 1)
      noteTimes(stream, readings, isClockReset)
      if (number < (done.get(stream) ?? 0)) continue
      if (isClockReset) device.restart()
      const claim = recordedAt !== undefined && number === 0 ? [{ path: RECORDED_AT, timeMs: readings[0]?.timeMs ?? 0, value: recordedAt, unit: null, source: 'importer' }] : []
      await device.record(stream, clock, [...claim, ...readings])
      listener.record(stream, readings)
      if (++unflushed < RECORDS_PER_FLUSH) continue
      await device.flush()
      unflushed = 0
    }
  }
  const noteTimes = (stream: string, readings: Batch['readings'], isClockReset: boolean): void => {
    const [first, last] = [readings[0]!.timeMs, readings.at(-1)!.timeMs]
    const before = isClockReset ? first : (newestMs.get(stream) ?? first)
    if (first < before) listener.clockFell?.(stream, before, first)
    newestMs.set(stream, last)
  }
  const isWhole = await readAll(source, signal, async (items) => {
    for (const item of items) {
      if ('refused' in item) listener.refusal(item)
      else await write(batcher.add(item))
    }
    const { bytesRead, bytesTotal } = source.progress()
    listener.progress(bytesRead, bytesTotal)
  })
  if (isWhole) await write(batcher.flush())
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
