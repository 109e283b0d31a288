import { exactFromText, exactTimes, exactToText, fail, roundExact } from '@telltale/core'
import type { Exact } from '@telltale/core'
import type { Lamp } from '../lamp.ts'
import type { OpenedRecord } from './opening.ts'

const ODOMETER = 'Vehicle.TraveledDistance'

/** Metres in a unit, as mantissa and exponent. */
const METRES: Record<string, [bigint, number]> = { m: [1n, 0], km: [1000n, 0], mi: [1609344n, -3] }

/** What somebody reads off a dashboard: `15590 mi`. */
export interface ReadingClaim {
  value: Exact
  unit: string
}

/** Reads a claim such as "15590 mi" or "135879.1 km" (`malformed-reading`). */
export function readClaim(text: string): ReadingClaim {
  const match = /^\s*([\d.,]+)\s*(mi|km|m)\s*$/.exec(text)
  if (!match) throw fail('malformed-reading', `"${text}" is not an odometer reading.`, { expected: 'a number and mi, km or m: "15590 mi"', found: text })
  return { value: exactFromText((match[1] as string).replaceAll(',', '')), unit: match[2] as string }
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

export function lastOdometer(opened: OpenedRecord[]): OdometerReading | null {
  let last: OdometerReading | null = null
  for (const { stream, sequence, readings } of opened) {
    for (const { path, value, unit, raw, timeMs } of readings) {
      if (path !== ODOMETER || typeof value === 'string' || typeof value === 'boolean' || unit !== 'm') continue
      const shown = raw && METRES[raw.unit] ? raw : { value, unit }
      last = { value: shown.value, unit: shown.unit, metres: typeof value === 'number' ? value : toMillimetres(value, 'm') / 1000, timeMs, stream, sequence }
    }
  }
  return last
}

function toMillimetres(value: Exact, unit: string): number {
  const [mantissa, exponent] = METRES[unit] as [bigint, number]
  const product = exactTimes(value, mantissa, exponent)
  return roundExact(product.mantissa, product.exponent + 3)
}

/** The smallest step that a figure can show: 1 for 15590, 0.1 for 135879.1. */
function resolution(value: Exact): Exact {
  return typeof value === 'number' ? 1 : exactFromText(`1e${value.exponent}`)
}

/** Compares a claim with the odometer. Differences below what either figure can resolve are none. */
export function judgeReading(claim: ReadingClaim | null, odometer: OdometerReading | null): Lamp {
  const shown = odometer ? `${exactToText(odometer.value)} ${odometer.unit}` : ''
  if (!claim) return { state: 'not-asked', ground: odometer ? `the odometer says ${shown}; give --reading to compare` : 'no odometer is disclosed' }
  if (!odometer) return { state: 'unknown', ground: 'no odometer reading is disclosed in this file' }
  const claimed = toMillimetres(claim.value, claim.unit)
  const recorded = toMillimetres(odometer.value, odometer.unit)
  const step = Math.max(toMillimetres(resolution(claim.value), claim.unit), toMillimetres(resolution(odometer.value), odometer.unit))
  if (Math.abs(claimed - recorded) < step) return { state: 'holds', ground: `${shown}, as you read it` }
  const difference = differenceText(Math.abs(claimed - recorded), claim.unit)
  if (claimed < recorded) return { state: 'refuted', ground: `the car reported ${shown}; you read ${difference} less` }
  return { state: 'attention', ground: `the car reported ${shown}; you read ${difference} more, driven since or not recorded` }
}

function differenceText(millimetres: number, unit: string): string {
  const [mantissa, exponent] = METRES[unit] as [bigint, number]
  const unitMillimetres = Number(mantissa) * 10 ** (exponent + 3)
  return `${Math.round(millimetres / unitMillimetres).toLocaleString('en')} ${unit}`
}
