import { exactToText } from '@telltale/core'
import type { Clock, Exact, RecordReading } from '@telltale/core'
import { exactJson } from '@telltale/node'

/** A reading with the place it was read from. */
export interface PlacedReading {
  stream: string
  record: number
  clock: Clock
  reading: RecordReading
}

const CLOCK_NAMES: Record<Clock, string> = { 0: 'wall', 1: 'boot', 2: 'unknown' }
/** The last millisecond of the year 9999: beyond it ISO 8601 needs an agreement. */
const ISO_MS_MAX = 253_402_300_799_999

export const CSV_HEADER = 'time,clock,stream,record,path,value,unit,raw value,raw unit,source\r\n'

/** One line of RFC 4180. Numbers keep their exact digits. */
export function readingToCsv({ stream, record, clock, reading }: PlacedReading): string {
  const { path, timeMs, value, unit, raw, source } = reading
  const cells = [
    timeOf(clock, timeMs),
    CLOCK_NAMES[clock],
    stream,
    String(record),
    textCell(path),
    typeof value === 'string' ? textCell(value) : String(plainValue(value)),
    textCell(unit ?? ''),
    raw ? exactToText(raw.value) : '',
    textCell(raw?.unit ?? ''),
    textCell(source),
  ]
  return `${cells.join(',')}\r\n`
}

/** `{"time", "clock", "stream", "record", "path", "value", "unit", "raw": {"value", "unit"} or null, "source"}` on one line; numbers keep their exact digits. */
export function readingToJsonLine({ stream, record, clock, reading }: PlacedReading): string {
  const { path, timeMs, value, unit, raw, source } = reading
  const line = {
    time: clock === 0 ? timeOf(clock, timeMs) : exactJson(timeOf(clock, timeMs)),
    clock: CLOCK_NAMES[clock],
    stream,
    record,
    path,
    value: typeof value === 'string' || typeof value === 'boolean' ? value : exactJson(exactToText(value)),
    unit,
    raw: raw ? { value: exactJson(exactToText(raw.value)), unit: raw.unit } : null,
    source,
  }
  return `${JSON.stringify(line)}\n`
}

/** Wall time as a date in UTC; any other time as seconds since some start, which is never shown as a date. */
export function timeOf(clock: Clock, timeMs: number): string {
  if (clock === 0 && timeMs >= 0 && timeMs <= ISO_MS_MAX) return new Date(timeMs).toISOString()
  const digits = String(Math.abs(timeMs)).padStart(4, '0')
  return `${timeMs < 0 ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`
}

function plainValue(value: Exact | boolean): string | boolean {
  return typeof value === 'boolean' ? value : exactToText(value)
}

/** Quoted where RFC 4180 asks for it; what a spreadsheet would run as a formula gets an apostrophe in front. */
function textCell(text: string): string {
  const safe = /^[=+\-@\t\r\n＝＋－＠]/u.test(text) ? `'${text}` : text
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
