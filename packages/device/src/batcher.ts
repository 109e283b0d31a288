import type { ClockName, Reading } from './reading.ts'

/** Readings that become one record. */
export interface Batch {
  stream: string
  readings: Reading[]
  /** True where the source's clock fell since the batch before: on a boot clock, the device was started anew. */
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

/** Collects readings by stream. A clock that falls ends the record at hand, so that times within a record only rise. */
export function createBatcher(limitsOf: (stream: string) => BatchLimits, clock: ClockName): Batcher {
  const open = new Map<string, Batch>()
  let newestMs = Number.NEGATIVE_INFINITY
  return {
    add(reading) {
      const { stream, timeMs } = reading
      const limits = limitsOf(stream)
      const isReset = clock === 'boot' && timeMs < newestMs - JITTER_MS
      newestMs = isReset ? timeMs : Math.max(newestMs, timeMs)
      const done: Batch[] = []
      const fresh = isReset ? [...open.values()] : [open.get(stream)].filter((batch) => batch !== undefined).filter((batch) => isFull(batch, reading, limits))
      for (const batch of fresh) {
        open.delete(batch.stream)
        done.push(batch)
      }
      const batch = open.get(stream)
      if (batch) batch.readings.push(reading)
      else open.set(stream, { stream, readings: [reading], isClockReset: isReset })
      return done
    },
    flush() {
      const rest = [...open.values()]
      open.clear()
      return rest
    },
  }
}

function isFull(batch: Batch, next: Reading, limits: BatchLimits): boolean {
  const first = batch.readings[0] as Reading
  const last = batch.readings[batch.readings.length - 1] as Reading
  return batch.readings.length >= limits.recordReadingsMax || next.timeMs - first.timeMs >= limits.recordMs || next.timeMs < last.timeMs
}
