import type { Exact, Verdict } from '@telltale/core'

/** Whose clock the times of a source are on: `wall` = Unix milliseconds, `boot` = milliseconds since some start, `unknown` = neither is known. */
export type ClockName = 'wall' | 'boot' | 'unknown'

/** One value that a machine reported, as a source read it and before it is batched, linked, sealed and signed. */
export interface Reading {
  /** Stream it belongs to, chosen by the mapping: `odometer`. */
  stream: string
  /** COVESA VSS 6.0 path: `Vehicle.TraveledDistance`. */
  path: string
  /** Whole milliseconds on the source's clock. */
  timeMs: number
  /** In `unit`. A number is exact; never a float. */
  value: Exact | string | boolean
  /** VSS unit of `value`: `m`, `km/h`, `Celsius`; null for text and booleans. */
  unit: string | null
  /** What the source said before conversion to `unit`; absent if nothing was converted. */
  raw?: { value: Exact; unit: string }
  /** Where it comes from: `can:0x611:ODOMETER`, `obd:01A6`, `csv:Odometer`. */
  source: string
}

/** A line or signal that could not become a reading; counted and shown, never silently dropped. */
export interface SourceRefusal {
  refused: Verdict
  /** 1-based line of the file it was found on; 0 where there is none. */
  line: number
}

export type SourceItem = Reading | SourceRefusal

/** Something that yields readings in the order it read them, in batches, so that a fast log does not pay for a promise a line. */
export interface Source {
  clock: ClockName
  read(signal?: AbortSignal): AsyncIterable<SourceItem[]>
  /** Bytes consumed so far and in all (null where unknown), for progress. */
  progress(): { bytesRead: number; bytesTotal: number | null; lines: number }
}
