import type { Clear } from '@telltale/core'
import { durationText } from '../text/figures.ts'
import { words } from '../words.ts'
import type { SeenRecord } from './latest-records.ts'

/** When a record's readings were taken: on the wall clock, since the device started, or nobody knows. */
export function clearOf({ record, opened }: SeenRecord): Clear | null {
  if (opened?.state === 'opened') return opened.clear
  return record.clear ?? null
}

/** By how much a record reached the ledger later than the network allows, or null. */
export function lateByMs(seen: SeenRecord, lateMs: number): number | null {
  const clear = clearOf(seen)
  if (!clear || clear.clock !== 0) return null
  const lag = seen.record.blockTimeMs - (clear.firstMs + clear.durationMs)
  return lag > lateMs ? lag : null
}

/** How long nothing was observed between two records that follow each other, where that is worth a word; null otherwise. */
export function gapMs(before: SeenRecord, after: SeenRecord): number | null {
  const [first, second] = [clearOf(before), clearOf(after)]
  if (!first || !second || first.clock !== second.clock || before.record.boot !== after.record.boot) return null
  const gap = second.firstMs - (first.firstMs + first.durationMs)
  return gap > GAP_MS ? gap : null
}

/** Three times what the sources here wait between two records. */
const GAP_MS = 30_000

export function sinceStartText(ms: number): string {
  return words.device.sinceStart(durationText(ms))
}
