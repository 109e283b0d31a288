import type { DistanceUnit } from './distance-unit.ts'
import { groupDigits, groupNumber } from './figures.ts'

/** A figure in the reader's unit. */
export interface ShownFigure {
  text: string
  unit: string
  /** What the source said and the device signed, where that is in another unit: then `text` is a conversion, rounded to a whole number. */
  reported: string | null
}

/** Metres in a mile are exact: 1,609.344. */
const METRES: Record<DistanceUnit, number> = { km: 1000, mi: 1609.344 }
const SPEED_UNITS: Record<DistanceUnit, string> = { km: 'km/h', mi: 'mph' }

/** How many of the reader's unit of length make a metre, and of their unit of speed a km/h. */
export function scalesFor(unit: DistanceUnit): { length: number; speed: number; speedUnit: string } {
  return { length: 1 / METRES[unit], speed: 1000 / METRES[unit], speedUnit: SPEED_UNITS[unit] }
}

export function shownDistance({ value, unit, metres }: { value: string; unit: string; metres: number }, wanted: DistanceUnit): ShownFigure {
  if (unit === wanted) return { text: groupDigits(value), unit, reported: null }
  return { text: groupNumber(Math.round(metres / METRES[wanted])), unit: wanted, reported: `${groupDigits(value)} ${unit}` }
}

/** A speed as its source said it, and in km/h. */
export function shownSpeed({ value, unit, kmh }: { value: string; unit: string; kmh: number }, wanted: DistanceUnit): ShownFigure {
  const { speed, speedUnit } = scalesFor(wanted)
  if (unit === speedUnit) return { text: groupNumber(Number(value)), unit, reported: null }
  return { text: groupNumber(kmh * speed), unit: speedUnit, reported: `${groupNumber(Number(value))} ${unit}` }
}
