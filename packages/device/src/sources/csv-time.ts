import { fail } from '@telltale/core'
import type { ClockName } from '../reading.ts'
import { clockOfTime } from './candump.ts'
import { excerptOfText } from './excerpt.ts'
import { TIME_SECONDS_MAX } from './limits.ts'

export interface ReadTime {
  /** Whole milliseconds, rounded half up by the text of the number. */
  timeMs: number
  clock: ClockName
}

export type TimeReader = (cell: string) => ReadTime
export type TimeFormat = 'iso' | 'seconds' | 'milliseconds'

const ISO = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}(?::?\d{2})?)?$/
const NUMBER = /^(\d{1,15})(?:\.(\d{1,9}))?$/

/**
 * Reads cells of a time column. ISO 8601 times without a zone take `zone`; without that their clock is `unknown` and they are
 * counted as if they were UTC, which keeps their order and distances. The reader throws `malformed-time`.
 */
export function createTimeReader(format: TimeFormat, zone: string | null, decimalMark: '.' | ','): TimeReader {
  if (format === 'iso') return (cell) => isoTime(cell, zone)
  const expected = format === 'seconds' ? 'seconds such as 46408.58' : 'milliseconds such as 46408584'
  return (cell) => {
    const match = NUMBER.exec(decimalMark === ',' ? cell.replace(',', '.') : cell)
    if (match === null) throw malformedTime(cell, expected)
    const [, whole = '0', fraction = ''] = match
    const timeMs = format === 'seconds' ? Number(whole) * 1000 + fractionMs(fraction) : Number(whole) + (fraction.charAt(0) >= '5' ? 1 : 0)
    if (timeMs > TIME_SECONDS_MAX * 1000) throw malformedTime(cell, `${expected}, before the year 10000`)
    return { timeMs, clock: clockOfTime(timeMs) }
  }
}

/** How the times of a column are written, from the unit in its header or else its first value; null if that cannot be told. */
export function timeFormatOf(headerUnit: string | null, cell: string): TimeFormat | null {
  if (ISO.test(cell)) return 'iso'
  const match = NUMBER.exec(cell.replace(',', '.'))
  if (match === null) return null
  if (headerUnit === 's') return 'seconds'
  if (headerUnit === 'ms') return 'milliseconds'
  const whole = Number(match[1])
  if (whole >= 100_000_000_000) return 'milliseconds'
  if (whole >= 1_000_000_000 || match[2] !== undefined) return 'seconds'
  return null
}

/** `584930` as the fraction of a second: 585. */
function fractionMs(fraction: string): number {
  return Number(fraction.slice(0, 3).padEnd(3, '0')) + (fraction.charAt(3) >= '5' ? 1 : 0)
}

function isoTime(cell: string, zone: string | null): ReadTime {
  const match = ISO.exec(cell)
  if (match === null) throw malformedTime(cell, 'a time such as 2026-05-01T10:00:00Z')
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '0', fraction = '', written] = match
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const date = new Date(midnight)
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60
  const said = written?.toUpperCase() ?? zone
  const offsetMinutes = said === null ? 0 : zoneMinutes(said)
  const timeMs = midnight + (Number(hour) * 60 + Number(minute) - offsetMinutes) * 60_000 + Number(second) * 1000 + fractionMs(fraction)
  if (!exists || Math.abs(offsetMinutes) > 14 * 60 || timeMs < 0) throw malformedTime(cell, 'a day and time that exist, from 1970 on')
  return { timeMs, clock: said === null ? 'unknown' : 'wall' }
}

function zoneMinutes(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || '0')
  return zone.startsWith('-') ? -minutes : minutes
}

function malformedTime(cell: string, expected: string) {
  return fail('malformed-time', `"${excerptOfText(cell)}" is not a time: expected ${expected}. Correct it, or name the format under "time" in the mapping.`, { expected, found: excerptOfText(cell) })
}
