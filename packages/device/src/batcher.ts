import type { ClockName, Reading } from './reading.ts'

/** Readings that become one record. */
export interface Batch {
  stream: string
  readings: Reading[]
  /** True for the first batch after a boot clock fell: the device was started anew, and every later batch belongs to that start. */
  isClockReset: boolean
}

/** When a stream's record is full: after this long or this many readings, whichever comes first. */
export interface BatchLimits {
  recordMs: number
  recordReadingsMax: number
}

/** Falls of a clock below this are jitter between interfaces, not a new start. */
const JITTER_MS = 1000

export interface Batcher {
  /** Batches that this reading completes. */
  add(reading: Reading): Batch[]
  /** What is left, at the end of a source. */
  flush(): Batch[]
}

interface OpenBatch {
  stream: string
  readings: Reading[]
  /** Which start of the device it belongs to. */
  start: number
}

/**
 * Collects readings by stream. A clock that falls ends the record at hand, so that times within a record only rise. A boot clock that falls means that the
 * device was started anew: it ends the records of all streams, since their times cannot be compared with what follows. A wall clock that falls was set.
 */
export function createBatcher(limitsOf: (stream: string) => BatchLimits, clock: ClockName): Batcher {
  const open = new Map<string, OpenBatch>()
  let newestMs = Number.NEGATIVE_INFINITY
  let start = 0
  let startTold = 0
  const close = (batches: OpenBatch[]): Batch[] =>
    batches.map(({ stream, readings, start: own }) => {
      const isClockReset = own !== startTold
      startTold = own
      open.delete(stream)
      return { stream, readings, isClockReset }
    })
  return {
    add(reading) {
      const { stream, timeMs } = reading
      const isReset = clock === 'boot' && timeMs < newestMs - JITTER_MS
      newestMs = isReset ? timeMs : Math.max(newestMs, timeMs)
      if (isReset) start += 1
      const current = open.get(stream)
      const done = isReset ? close([...open.values()]) : close(current && isFull(current, reading, limitsOf(stream)) ? [current] : [])
      const batch = open.get(stream)
      if (batch) batch.readings.push(reading)
      else open.set(stream, { stream, readings: [reading], start })
      return done
    },
    flush: () => close([...open.values()]),
  }
}

function isFull(batch: OpenBatch, next: Reading, limits: BatchLimits): boolean {
  const first = batch.readings[0] as Reading
  const last = batch.readings[batch.readings.length - 1] as Reading
  return batch.readings.length >= limits.recordReadingsMax || next.timeMs - first.timeMs >= limits.recordMs || next.timeMs < last.timeMs
}
