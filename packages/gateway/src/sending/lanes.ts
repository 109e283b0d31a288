import type { WaitingRecord } from '../outbox/state.ts'
import { BATCH_BYTES_MAX, BATCH_LANE_MAX, BATCH_MAX, RETRY_MS_MAX, RETRY_MS_MIN } from '../limits.ts'

/** What one sender says about one subject: it is judged in the order of its sequence, so it is sent in that order, one batch at a time. */
interface Lane {
  key: string
  /** By sequence, then in the order in which they came. */
  records: WaitingRecord[]
  isSending: boolean
  /** Times in a row that nothing of it was taken. */
  attempts: number
  /** Set while it waits to be tried again. */
  timer: NodeJS.Timeout | null
}

/** Everything that waits, and what of it may be sent now. */
export interface Lanes {
  add(record: WaitingRecord): void
  /** How many records could be sent now, counted up to `enough`. */
  readyCount(enough: number): number
  /** The next batch, its lanes kept out of other batches until it is given back. */
  take(): WaitingRecord[]
  /** Gives a batch back: what is settled is gone, a lane of which nothing was settled waits; with `isUntouched` nobody judged it, and it is ready again. */
  giveBack(batch: WaitingRecord[], settled: ReadonlySet<string>, isUntouched?: boolean): void
  readonly waitingLanes: number
  stop(): void
}

export function createLanes(onReady: () => void, random: () => number): Lanes {
  const lanes = new Map<string, Lane>()
  const ready = new Set<Lane>()

  const makeReady = (lane: Lane): void => {
    if (lane.timer) clearTimeout(lane.timer)
    lane.timer = null
    if (lane.isSending || lane.records.length === 0) return
    ready.add(lane)
    onReady()
  }
  const makeWait = (lane: Lane): void => {
    lane.attempts += 1
    const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (lane.attempts - 1)) * (0.5 + random() / 2)
    lane.timer = setTimeout(() => makeReady(lane), delayMs)
    // A process that has nothing else to do may end: what waits is on the disk.
    lane.timer.unref()
  }

  return {
    get waitingLanes() {
      return lanes.size
    },
    add(record) {
      const key = laneKey(record)
      const lane = lanes.get(key) ?? { key, records: [], isSending: false, attempts: 0, timer: null }
      lanes.set(key, lane)
      const isFirst = record.sequence < (lane.records[0]?.sequence ?? Infinity)
      insert(lane.records, record)
      if (lane.timer && !isFirst) return
      // What was missing may have come.
      lane.attempts = 0
      makeReady(lane)
    },
    readyCount(enough) {
      let count = 0
      for (const lane of ready) {
        count += unbroken(lane.records, enough - count).length
        if (count >= enough) break
      }
      return count
    },
    take() {
      const batch: WaitingRecord[] = []
      let bytes = 0
      for (const lane of ready) {
        const room = Math.min(BATCH_LANE_MAX, BATCH_MAX - batch.length)
        const before = batch.length
        for (const record of unbroken(lane.records, room)) {
          if (batch.length > 0 && bytes + record.bytes > BATCH_BYTES_MAX) break
          batch.push(record)
          bytes += record.bytes
        }
        if (batch.length > before) {
          ready.delete(lane)
          lane.isSending = true
        }
        if (batch.length === BATCH_MAX) break
      }
      return batch
    },
    giveBack(batch, settled, isUntouched = false) {
      const touched = new Map<Lane, boolean>()
      for (const record of batch) {
        const lane = lanes.get(laneKey(record)) as Lane
        touched.set(lane, (touched.get(lane) ?? false) || settled.has(record.id))
      }
      for (const [lane, hasMoved] of touched) {
        lane.isSending = false
        lane.records = lane.records.filter(({ id }) => !settled.has(id))
        if (lane.records.length === 0) lanes.delete(lane.key)
        else if (hasMoved || isUntouched) {
          if (hasMoved) lane.attempts = 0
          makeReady(lane)
        } else makeWait(lane)
      }
    },
    stop() {
      for (const { timer } of lanes.values()) if (timer) clearTimeout(timer)
      ready.clear()
    },
  }
}

function laneKey({ iss, sub }: WaitingRecord): string {
  return `${iss} ${sub}`
}

/** Nearly always at the end: devices send in order. */
function insert(records: WaitingRecord[], record: WaitingRecord): void {
  let at = records.length
  while (at > 0 && (records[at - 1] as WaitingRecord).sequence > record.sequence) at -= 1
  records.splice(at, 0, record)
}

/** At most `most` records, up to the first gap in their sequence: what lies behind it would only be told so. */
function unbroken(records: WaitingRecord[], most: number): WaitingRecord[] {
  const first = records.slice(0, most)
  const end = first.findIndex((record, i) => i > 0 && record.sequence > (first[i - 1] as WaitingRecord).sequence + 1)
  return end < 0 ? first : first.slice(0, end)
}
