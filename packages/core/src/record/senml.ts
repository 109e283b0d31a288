import { Decimal } from '../decimal.ts'
import type { Exact } from '../decimal.ts'
import type { Cbor, CborMap } from '../encoding/cbor.ts'
import { asArray, asMap, asText, describe, wrongShape } from '../encoding/shape.ts'
import { fail } from '../errors.ts'
import type { TelltaleError } from '../errors.ts'
import { RECORD_READINGS_MAX } from '../limits.ts'
import type { Clear } from './record.ts'

/**
 * The body of a record: SenML (RFC 8428) as CBOR with integer labels, in our deterministic encoding, decimals as tag 4. Of its labels we use n, u, v, vs, vb, t
 * and the base fields bn and bu; everything else is refused, so that nobody can sign what one reader sees and another skips.
 *
 * `t` counts seconds from the first time of the record, which stands beside the body: RFC 8428 (4.5.3) takes values below 2^28 as
 * relative, and small numbers keep a body short. A missing `t` is 0 (RFC 8428, 4.2). Whole milliseconds, so at most three decimal places.
 */
export interface BodyReading {
  /** The whole name (RFC 8428, 4.5.1): `Vehicle.TraveledDistance`, `Vehicle.TraveledDistance/raw`. */
  name: string
  /** Unit of a number, null where it has none; text and booleans never have one. */
  unit: string | null
  value: Exact | string | boolean
  /** Whole milliseconds on the record's clock. */
  timeMs: number
}

/** What a record says about its body beside it: earliest time, span and number of resolved SenML records. */
export type BodyExtent = Omit<Clear, 'clock'>

/** Characters of a name: the longest VSS path has about 120. */
const READING_NAME_MAX = 200
/** Characters of a unit: the longest VSS unit has 16. */
const READING_UNIT_MAX = 32
/** Characters of a text value: longer texts are attachments of their own. */
const READING_TEXT_MAX = 4096
/** Span of one record: from 2^28 s on, RFC 8428 takes `t` as absolute. */
const RECORD_DURATION_MS_MAX = 2 ** 28 * 1000 - 1

const BASE_NAME = -2
const BASE_UNIT = -4
const NAME = 0
const UNIT = 1
const VALUE = 2
const TEXT = 3
const FLAG = 4
const TIME = 6

/** Earliest time, span and count of readings (`no-readings`, `too-many-readings`, `reading-time-out-of-range`). */
export function readingsExtent(readings: readonly { timeMs: number }[]): BodyExtent {
  checkCount(readings.length)
  let firstMs = Number.MAX_SAFE_INTEGER
  let lastMs = 0
  for (const { timeMs } of readings) {
    if (!Number.isSafeInteger(timeMs) || timeMs < 0) throw timeOutOfRange('whole milliseconds from 0', String(timeMs))
    if (timeMs < firstMs) firstMs = timeMs
    if (timeMs > lastMs) lastMs = timeMs
  }
  if (lastMs - firstMs > RECORD_DURATION_MS_MAX) throw timeOutOfRange(`at most ${RECORD_DURATION_MS_MAX} ms from first to last`, `${lastMs - firstMs} ms`)
  return { firstMs, durationMs: lastMs - firstMs, count: readings.length }
}

/**
 * The SenML array of these readings, in their order; `firstMs` is the earliest time among them. The base name is the prefix of all names, or the path of the
 * readings that follow, whichever makes the array shorter. Refuses what `decodeReadings` refuses, with the same codes.
 */
export function encodeReadings(readings: readonly BodyReading[], firstMs: number): Cbor[] {
  checkCount(readings.length)
  checkReadings(readings, firstMs)
  const prefix = sharedPrefixIfShorter(readings)
  // A base unit would also be given to the numbers that have none.
  const usesBaseUnit = readings.every((reading) => reading.unit !== null || typeof reading.value === 'string' || typeof reading.value === 'boolean')
  let base = ''
  let baseUnit: string | null = null
  let changed = true
  const items: Cbor[] = []
  for (const { name, unit, value, timeMs } of readings) {
    const item: CborMap = new Map()
    const previousBase = base
    if (prefix === null ? items.length === 0 || !name.startsWith(base) : items.length === 0) base = prefix ?? stem(name)
    changed ||= base !== previousBase
    const setsUnit: boolean = usesBaseUnit && changed && unit !== null
    const previousUnit: string | null = baseUnit
    if (setsUnit) {
      baseUnit = unit
      changed = false
    }
    // Insertion order is the order of the encoding, which spares the writer a sort.
    if (name.length > base.length) item.set(NAME, name.slice(base.length))
    if (unit !== null && unit !== baseUnit) item.set(UNIT, unit)
    item.set(typeof value === 'string' ? TEXT : typeof value === 'boolean' ? FLAG : VALUE, value)
    if (timeMs !== firstMs) item.set(TIME, millisecondsToSeconds(timeMs - firstMs))
    if (base !== previousBase) item.set(BASE_NAME, base)
    if (baseUnit !== previousUnit) item.set(BASE_UNIT, baseUnit)
    items.push(item)
  }
  return items
}

/**
 * Resolves a SenML array (RFC 8428, 4.6) and checks it against what its record says beside it. Codes: `wrong-shape`, `malformed-senml`, `malformed-name`,
 * `no-readings`, `too-many-readings`, `reading-time-out-of-range`, `count-mismatch`.
 */
export function decodeReadings(array: Cbor | undefined, extent: BodyExtent): BodyReading[] {
  const items = asArray(array, 'SenML')
  checkCount(items.length)
  if (items.length !== extent.count) {
    throw fail('count-mismatch', `The record says it has ${extent.count} readings, its body has ${items.length}.`, { expected: String(extent.count), found: String(items.length) })
  }
  const names = new Set<string>()
  const readings: BodyReading[] = []
  let base = ''
  let baseUnit: string | null = null
  let [earliest, latest] = [extent.durationMs, 0]
  for (const element of items) {
    const item = readItem(asMap(element, 'SenML record'))
    base = item.baseName ?? base
    baseUnit = item.baseUnit ?? baseUnit
    const name = base + item.name
    checkName(name, names)
    earliest = Math.min(earliest, item.timeMs)
    latest = Math.max(latest, item.timeMs)
    readings.push({ name, unit: isNumber(item.value) ? (item.unit ?? baseUnit) : null, value: item.value, timeMs: extent.firstMs + item.timeMs })
  }
  if (earliest !== 0 || latest !== extent.durationMs) {
    throw timeOutOfRange(`readings from 0 to ${extent.durationMs} ms after the first time, as the record says`, `from ${earliest} to ${latest} ms`)
  }
  return readings
}

interface Item {
  name: string
  unit: string | null
  value: Exact | string | boolean
  timeMs: number
  baseName: string | null
  baseUnit: string | null
}

function readItem(map: CborMap): Item {
  const item: Item = { name: '', unit: null, value: 0, timeMs: 0, baseName: null, baseUnit: null }
  let values = 0
  for (const [label, value] of map) {
    if (label === NAME) item.name = asText(value, 'SenML n', READING_NAME_MAX)
    else if (label === UNIT) item.unit = readUnit(value)
    else if (label === TIME) item.timeMs = secondsToMilliseconds(value)
    else if (label === BASE_NAME) item.baseName = asText(value, 'SenML bn', READING_NAME_MAX)
    else if (label === BASE_UNIT) item.baseUnit = readUnit(value)
    else {
      item.value = readValue(label, value)
      values += 1
    }
  }
  if (values !== 1) throw malformed('one value (v, vs or vb)', `${values} values`)
  if (item.unit !== null && !isNumber(item.value)) throw malformed('a unit for numbers only', 'text or a boolean with a unit')
  return item
}

function readValue(label: number | string, value: Cbor): Exact | string | boolean {
  switch (label) {
    case VALUE:
      if (typeof value === 'number' || value instanceof Decimal) return value
      throw wrongShape('SenML v', 'a number', value)
    case TEXT:
      return asText(value, 'SenML vs', READING_TEXT_MAX)
    case FLAG:
      if (typeof value === 'boolean') return value
      throw wrongShape('SenML vb', 'true or false', value)
    default:
      throw malformed('labels n, u, v, vs, vb, t, bn and bu (0, 1, 2, 3, 4, 6, -2, -4)', `label ${label}`)
  }
}

function readUnit(value: Cbor): string {
  const unit = asText(value, 'SenML unit', READING_UNIT_MAX)
  if (unit === '') throw malformed('a unit', 'empty text')
  return unit
}

function isNumber(value: Exact | string | boolean): value is Exact {
  return typeof value !== 'string' && typeof value !== 'boolean'
}

function secondsToMilliseconds(value: Cbor): number {
  const milliseconds = typeof value === 'number' ? value * 1000 : value instanceof Decimal && value.exponent >= -3 ? value.mantissa * 10 ** (3 + value.exponent) : null
  if (milliseconds === null) throw wrongShape('SenML t', 'seconds with at most 3 decimal places', value)
  if (milliseconds > RECORD_DURATION_MS_MAX) throw timeOutOfRange('seconds below 2^28', describe(value))
  return milliseconds
}

/** The normal form of milliseconds / 1000, without the detour over bigints that `exact` takes. */
function millisecondsToSeconds(milliseconds: number): Exact {
  if (milliseconds % 1000 === 0) return milliseconds / 1000
  if (milliseconds % 100 === 0) return new Decimal(milliseconds / 100, -1)
  return milliseconds % 10 === 0 ? new Decimal(milliseconds / 10, -2) : new Decimal(milliseconds, -3)
}

/** The prefix that all names share, if writing it once beats a base name at every change of path; else null. */
function sharedPrefixIfShorter(readings: readonly BodyReading[]): string | null {
  let shared = readings[0]?.name ?? ''
  for (const { name } of readings) while (!name.startsWith(shared)) shared = shared.slice(0, -1)
  let base: string | null = null
  let [sharedBytes, changingBytes] = [fieldBytes(shared.length), 0]
  for (const { name } of readings) {
    if (base === null || !name.startsWith(base)) {
      base = stem(name)
      changingBytes += fieldBytes(base.length)
    }
    sharedBytes += fieldBytes(name.length - shared.length)
    changingBytes += fieldBytes(name.length - base.length)
  }
  return sharedBytes < changingBytes ? shared : null
}

/** Label, head and characters of a text field; a field without characters is left out. */
function fieldBytes(length: number): number {
  return length === 0 ? 0 : length + 2
}

/** `Vehicle.Speed` of `Vehicle.Speed`, `Vehicle.Speed/raw` and `Vehicle.Speed/source`. */
function stem(name: string): string {
  const slash = name.lastIndexOf('/')
  return slash <= 0 ? name : name.slice(0, slash)
}

function checkReadings(readings: readonly BodyReading[], firstMs: number): void {
  const names = new Set<string>()
  for (const { name, unit, value, timeMs } of readings) {
    checkName(name, names)
    if (unit !== null) {
      readUnit(unit)
      if (!isNumber(value)) throw malformed('a unit for numbers only', 'text or a boolean with a unit')
    }
    if (typeof value === 'string') asText(value, 'text of a reading', READING_TEXT_MAX)
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw malformed('a whole number within +-(2^53 - 1) or a Decimal', String(value))
    if (!Number.isSafeInteger(timeMs) || timeMs < firstMs || timeMs - firstMs > RECORD_DURATION_MS_MAX) throw timeOutOfRange(`whole milliseconds from ${firstMs}`, String(timeMs))
  }
}

const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9:./_-]*$/

/** `known` spares most readings the pattern: a body has few names. */
function checkName(name: string, known: Set<string>): void {
  if (known.has(name)) return
  if (name.length > READING_NAME_MAX || !NAME_PATTERN.test(name)) {
    throw fail('malformed-name', `"${name.slice(0, 60)}" cannot name a reading.`, {
      expected: `a letter or digit, then letters, digits and - : . / _ (RFC 8428, 4.5.1), at most ${READING_NAME_MAX} in all`,
      found: name.slice(0, 60),
    })
  }
  known.add(name)
}

function checkCount(count: number): void {
  if (count === 0) throw fail('no-readings', 'A record without readings says nothing; leave it out.', { expected: 'at least one reading', found: 'none' })
  if (count > RECORD_READINGS_MAX) {
    throw fail('too-many-readings', `One record holds at most ${RECORD_READINGS_MAX} SenML records, found ${count}; split it.`, { expected: `at most ${RECORD_READINGS_MAX}`, found: String(count) })
  }
}

function malformed(expected: string, found: string): TelltaleError {
  return fail('malformed-senml', `A SenML record cannot be read: expected ${expected}, found ${found}.`, { expected, found })
}

function timeOutOfRange(expected: string, found: string): TelltaleError {
  return fail('reading-time-out-of-range', `The time of a reading is out of range: expected ${expected}, found ${found}.`, { expected, found })
}
