import { exactFromText, exactTimes, exactToText, fail, roundExact } from '@telltale/core'
import type { Exact, RecordReading } from '@telltale/core'
import type { Lamp } from '../lamp.ts'
import type { OpenedRecord } from './opening.ts'
import type { ReadStream } from './records.ts'
import type { ProvedState } from './state.ts'
import { streamLabel } from './words.ts'

const ODOMETER = 'Vehicle.TraveledDistance'

/**
 * Streams of this name, and no others, tell the odometer. An owner opens streams and enrols devices alone, under any name, and leaves streams of other names out of a
 * file as they like: a shorter odometer under a name of its own would hide the longer one.
 */
const ODOMETER_STREAM = 'odometer'

/** Metres in a unit, as mantissa and exponent. */
const METRES: ReadonlyMap<string, readonly [bigint, number]> = new Map([['m', [1n, 0]], ['km', [1000n, 0]], ['mi', [1609344n, -3]]])

/** A distance as somebody reads it or a source says it. */
interface Distance {
  value: Exact
  unit: string
}

/**
 * Up to nine digits, with commas only where they group thousands, and up to three decimals: more than any dashboard shows, and always exact. A single point before
 * three digits could mean either and is refused.
 */
const CLAIM = /^ *(?!\d{1,3}\.\d{3}(?!\d))(\d{1,3}(?:,\d{3}){1,2}(?:\.\d{1,3})?|\d{1,9}(?:\.\d{1,3})?) *(mi|km|m) *$/

/** Reads what somebody saw on a dashboard: `15590 mi`, `135,879.1 km` (`malformed-reading`). */
export function readClaim(text: string): Distance {
  const match = CLAIM.exec(text)
  const shown = text.slice(0, 64)
  if (!match) throw fail('malformed-reading', `"${shown}" is not an odometer reading.`, { expected: 'a number without grouping, with a point before decimals, and mi, km or m: "15590 mi"', found: shown })
  const [, digits, unit] = match as unknown as [string, string, string]
  return { value: exactFromText(digits.replaceAll(',', '')), unit }
}

/** The odometer as the newest disclosed record tells it, in the unit that the source used. */
export interface OdometerReading {
  value: Exact
  unit: string
  metres: number
  timeMs: number
  stream: string
  sequence: number
}

/** The newest odometer reading that is disclosed, how many records nobody can read here that may say another, and a longer one before it. */
export interface FoundOdometer {
  reading: OdometerReading
  unread: number
  /** What an opened record says that reaches further than the newest: no odometer goes backwards by itself. Null where none does. */
  longer: Distance | null
}

interface NewestReading {
  record: OpenedRecord
  reading: OdometerReading
  /** Metres, exactly. */
  metres: Exact
}

/** Devices do not share a clock: within a stream the place decides, then between streams the block, and in doubt the longer way. */
export function findOdometer(opened: OpenedRecord[], streams: Map<string, ReadStream>, state: ProvedState): FoundOdometer | null {
  const newestOf = new Map<string, NewestReading>()
  for (const record of opened) {
    if (streamLabel(record.stream) !== ODOMETER_STREAM) continue
    const known = newestOf.get(record.stream)
    if (known && known.record.sequence > record.sequence) continue
    const reading = odometerOf(record)
    if (reading) newestOf.set(record.stream, { record, ...reading })
  }
  let newest: NewestReading | null = null
  for (const candidate of newestOf.values()) if (!newest || isNewer(candidate, newest)) newest = candidate
  return newest && { reading: newest.reading, unread: countUnread(opened, streams, state), longer: findLonger(newest.reading, opened) }
}

function isNewer({ record, metres }: NewestReading, than: NewestReading): boolean {
  return record.height > than.record.height || (record.height === than.record.height && shifted(metres) > shifted(than.metres))
}

/** In units of 10^-18, as fine as a record can be. */
function shifted(value: Exact): bigint {
  const { mantissa, exponent } = exactTimes(value, 1n, 18)
  return mantissa * 10n ** BigInt(exponent)
}

/** The first figure of any opened record that is longer than this one and cannot be of the same distance. */
function findLonger(newest: OdometerReading, opened: OpenedRecord[]): Distance | null {
  const least = millimetres(newest)
  for (const { readings } of opened) {
    for (const reading of readings) {
      const distance = reading.path === ODOMETER ? distanceOf(reading) : null
      if (!distance || millimetres(distance) <= least) continue
      const shown = sourceOf(reading, distance) ?? distance
      if (!isAlike(shown, newest)) return shown
    }
  }
  return null
}

/** The last odometer reading of one record by its clock. */
function odometerOf({ stream, sequence, readings }: OpenedRecord): Pick<NewestReading, 'reading' | 'metres'> | null {
  let last: RecordReading | null = null
  for (const reading of readings) if (reading.path === ODOMETER && distanceOf(reading) && (!last || reading.timeMs >= last.timeMs)) last = reading
  const distance = last && distanceOf(last)
  if (!last || !distance) return null
  const shown = sourceOf(last, distance) ?? distance
  const metres = typeof distance.value === 'number' ? distance.value : millimetres(distance) / 1000
  return { reading: { value: shown.value, unit: shown.unit, metres, timeMs: last.timeMs, stream, sequence }, metres: distance.value }
}

function distanceOf({ value, unit }: RecordReading): Distance | null {
  return typeof value === 'string' || typeof value === 'boolean' || unit !== 'm' ? null : { value, unit }
}

/** What the source said, where it is the same distance as the value beside it: one record must not tell two. */
function sourceOf({ raw }: RecordReading, distance: Distance): Distance | null {
  return raw && METRES.has(raw.unit) && isAlike(raw, distance) ? raw : null
}

/**
 * Records of odometer streams, on any device of the asset, that nobody can read here. A newer one could say more, and so could an older one, from before the odometer
 * was turned back: that they are carried shows only that none is missing.
 */
function countUnread(opened: OpenedRecord[], streams: Map<string, ReadStream>, state: ProvedState): number {
  const isOdometer = (stream: string): boolean => streamLabel(stream) === ODOMETER_STREAM
  let unread = 0
  for (const [name, row] of state.streams) if (isOdometer(name)) unread += row.count
  for (const { stream } of opened) if (isOdometer(stream)) unread -= 1
  for (const { stream, records } of streams.values()) if (isOdometer(stream)) unread -= records.filter((item) => !item.record).length
  return unread
}

/** Compares a claim with the odometer. Differences below what either figure can resolve are none. */
export function judgeReading(claim: Distance | null, found: FoundOdometer | null): Lamp {
  if (!found) return claim ? { state: 'unknown', ground: 'no odometer reading is disclosed in this file' } : { state: 'not-asked', ground: 'no odometer is disclosed' }
  const { reading, unread, longer } = found
  const shown = `${exactToText(reading.value)} ${reading.unit}`
  const difference = claim && !isAlike(claim, reading) ? millimetres(claim) - millimetres(reading) : 0
  if (claim && difference < 0) return { state: 'refuted', ground: `the car reported ${shown}; you read ${differenceText(claim, difference)} less` }
  if (longer) return { state: 'attention', ground: `the car reported ${shown}, but ${exactToText(longer.value)} ${longer.unit} in a record that is not newer` }
  if (unread > 0) return { state: 'attention', ground: `the car reported ${shown}, but ${unread === 1 ? 'a record that may say more is' : `${unread} records that may say more are`} not disclosed` }
  if (!claim) return { state: 'not-asked', ground: `the odometer says ${shown}; give --reading to compare` }
  if (difference > 0) return { state: 'attention', ground: `the car reported ${shown}; you read ${differenceText(claim, difference)} more, driven since or not recorded` }
  return { state: 'holds', ground: `${shown}, as you read it` }
}

/** Whether two figures can be of one distance: equal, or closer than the smallest step that the coarser one shows. */
function isAlike(one: Distance, other: Distance): boolean {
  const difference = Math.abs(millimetres(one) - millimetres(other))
  return difference === 0 || difference < Math.max(stepMillimetres(one), stepMillimetres(other))
}

function millimetres({ value, unit }: Distance): number {
  const [mantissa, exponent] = METRES.get(unit) as readonly [bigint, number]
  const product = exactTimes(value, mantissa, exponent)
  return roundExact(product.mantissa, product.exponent + 3)
}

/** The smallest step that a figure shows: 1 for 15590, 0.1 for 135879.1. */
function stepMillimetres({ value, unit }: Distance): number {
  return millimetres({ value: typeof value === 'number' ? 1 : exactFromText(`1e${value.exponent}`), unit })
}

/** In the unit and with the decimals of what was read. */
function differenceText(claim: Distance, difference: number): string {
  const decimals = typeof claim.value === 'number' ? 0 : -claim.value.exponent
  return `${(Math.abs(difference) / millimetres({ value: 1, unit: claim.unit })).toLocaleString('en', { maximumFractionDigits: decimals })} ${claim.unit}`
}
