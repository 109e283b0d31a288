import type { Exact } from '../decimal.ts'
import type { Cbor } from '../encoding/cbor.ts'
import { fail } from '../errors.ts'
import type { TelltaleError } from '../errors.ts'
import { decodeReadings, encodeReadings, readingsExtent } from './senml.ts'
import type { BodyExtent, BodyReading } from './senml.ts'

/** One value that a machine reported, as it stands in a record: the stream is the record's own. */
export interface RecordReading {
  /** COVESA VSS path, `Vehicle.TraveledDistance`, or another SenML name that does not end in `/raw` or `/source`. */
  path: string
  /** Whole milliseconds on the record's clock. */
  timeMs: number
  value: Exact | string | boolean
  /** Unit of a number, null where it has none; text and booleans never have one. */
  unit: string | null
  /** What the source said before it was converted to `unit`; absent if nothing was converted. */
  raw?: { value: Exact; unit: string }
  /** Where it comes from: `can:0x611:ODOMETER`; empty where that is not known. */
  source: string
}

const RAW = '/raw'
const SOURCE = '/source'

/**
 * The body of a record and what the record says about it. A reading becomes up to three SenML records of one time: `path/source` (text) where the source of this
 * path is told for the first time or changes, `path` with the value, and directly after it `path/raw` where the value was converted.
 * `count` counts all of these. Codes: those of `encodeReadings` and `readingsExtent`.
 */
export function readingsToBody(readings: readonly RecordReading[]): { body: Cbor[]; extent: BodyExtent } {
  const sources = new Map<string, string>()
  const items: BodyReading[] = []
  for (const { path, timeMs, value, unit, raw, source } of readings) {
    if (path.endsWith(RAW) || path.endsWith(SOURCE)) throw wrongPath(path)
    if (source !== (sources.get(path) ?? '')) {
      items.push({ name: path + SOURCE, unit: null, value: source, timeMs })
      sources.set(path, source)
    }
    items.push({ name: path, unit, value, timeMs })
    if (raw) items.push({ name: path + RAW, unit: raw.unit, value: raw.value, timeMs })
  }
  const extent = readingsExtent(items)
  return { body: encodeReadings(items, extent.firstMs), extent }
}

/** Exactly the readings that `readingsToBody` was given. Codes: those of `decodeReadings`, and `malformed-reading`. */
export function bodyToReadings(body: Cbor | undefined, extent: BodyExtent): RecordReading[] {
  const sources = new Map<string, string>()
  const readings: RecordReading[] = []
  let announced: BodyReading | null = null
  for (const item of decodeReadings(body, extent)) {
    if (announced && (item.name + SOURCE !== announced.name || item.timeMs !== announced.timeMs)) throw orphan(announced.name, 'followed by its value at the same time')
    announced = null
    if (item.name.endsWith(SOURCE)) {
      sources.set(sourcePath(item), sourceText(item))
      announced = item
    } else if (item.name.endsWith(RAW)) attachRaw(item, readings.at(-1))
    else readings.push({ path: item.name, timeMs: item.timeMs, value: item.value, unit: item.unit, source: sources.get(item.name) ?? '' })
  }
  if (announced) throw orphan(announced.name, 'followed by its value')
  return readings
}

function sourcePath(item: BodyReading): string {
  const path = item.name.slice(0, -SOURCE.length)
  if (path.endsWith(RAW) || path.endsWith(SOURCE)) throw wrongPath(path)
  return path
}

function sourceText(item: BodyReading): string {
  if (typeof item.value !== 'string') throw orphan(item.name, 'text')
  return item.value
}

function attachRaw(item: BodyReading, reading: RecordReading | undefined): void {
  if (!reading || reading.raw || reading.path + RAW !== item.name || reading.timeMs !== item.timeMs) throw orphan(item.name, 'directly behind its value at the same time')
  if (typeof item.value === 'string' || typeof item.value === 'boolean' || item.unit === null) throw orphan(item.name, 'a number with a unit')
  reading.raw = { value: item.value, unit: item.unit }
}

function orphan(name: string, expected: string): TelltaleError {
  return fail('malformed-reading', `"${name}" does not stand where it can be understood.`, { expected, found: 'something else' })
}

function wrongPath(path: string): TelltaleError {
  return fail('malformed-name', `A path may not end in ${RAW} or ${SOURCE}: these endings say where a value comes from.`, { expected: 'another path', found: path.slice(0, 60) })
}
