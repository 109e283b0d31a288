import type { Clear } from '@telltale/core'
import { readRecords } from '@telltale/node'
import type { Home } from '@telltale/node'
import { UsageError } from './failure.ts'

/** Which records of a stream, as `--from` and `--to` say; where one is left out, to that end. */
export interface RangeOptions {
  from?: string
  to?: string
}

/** Records of a stream, first to last, both included. */
export interface RecordRange {
  stream: string
  from: number
  to: number
}

/** Help for both options, the same wherever they stand. */
export const FROM_HELP = 'first record: its number (from 0), or an ISO time; without a zone it is UTC'
export const TO_HELP = 'last record, itself included: its number, an ISO time, or a day'

/** When records `from` to `to` of a stream were observed, both included, as far as whoever asks can tell. */
export type ReadTimes = (stream: string, from: number, to: number) => AsyncIterable<{ sequence: number; clear: Clear | null }>

/** The same of the records that keys of a data directory open. */
export async function resolveRange(home: Home, stream: string, count: number, options: RangeOptions): Promise<{ from: number; to: number } | null> {
  return resolveRangeBy((...place) => readRecords(home, ...place), stream, count, options)
}

/** Records `--from` to `--to` of a stream, both included: by number, or by ISO time of what was observed. Null where none lies in the period. */
export async function resolveRangeBy(readTimes: ReadTimes, stream: string, count: number, options: RangeOptions): Promise<{ from: number; to: number } | null> {
  const from = readWhere(options.from, '--from', false)
  const to = readWhere(options.to, '--to', true)
  if (from && to && from.kind === to.kind && from.value > to.value) throw new UsageError('usage', `--from ${options.from} lies after --to ${options.to}.`, { expected: '--from at or before --to', found: 'after' })
  const numbers = { from: from?.kind === 'number' ? from.value : 0, to: Math.min(to?.kind === 'number' ? to.value : count - 1, count - 1) }
  if (from?.kind !== 'time' && to?.kind !== 'time') return numbers.from <= numbers.to ? numbers : null
  const period = { firstMs: from?.kind === 'time' ? from.value : Number.NEGATIVE_INFINITY, lastMs: to?.kind === 'time' ? to.value : Number.POSITIVE_INFINITY }
  return findPeriod(readTimes, stream, numbers, period)
}

/** From the first record to the last that has something of the period; records do not have to lie in the order of their times. */
async function findPeriod(readTimes: ReadTimes, stream: string, numbers: { from: number; to: number }, { firstMs, lastMs }: { firstMs: number; lastMs: number }): Promise<{ from: number; to: number } | null> {
  let found = null as { from: number; to: number } | null
  let isAnyOpen = false
  for await (const { sequence, clear } of readTimes(stream, numbers.from, numbers.to)) {
    if (!clear) continue
    isAnyOpen = true
    if (clear.clock !== 0) throw new UsageError('usage', `Record ${sequence} of ${nameOf(stream)} has no wall time, so no time can be asked for. Give record numbers instead.`, { expected: 'record numbers' })
    if (clear.firstMs + clear.durationMs < firstMs || clear.firstMs > lastMs) continue
    found = { from: found?.from ?? sequence, to: sequence }
  }
  if (!isAnyOpen && numbers.from <= numbers.to) throw new UsageError('no-keys', `The times of ${nameOf(stream)} are sealed and its keys are not here. Give record numbers instead.`, { expected: 'record numbers' })
  return found
}

function nameOf(stream: string): string {
  return stream.slice(stream.indexOf('/') + 1)
}

interface Where {
  kind: 'number' | 'time'
  value: number
}

const DAY_MS = 86_400_000

function readWhere(text: string | undefined, option: string, isEnd: boolean): Where | null {
  if (text === undefined) return null
  if (/^\d{1,10}$/.test(text)) return { kind: 'number', value: Number(text) }
  const timeMs = readIsoTime(text)
  if (timeMs === null) throw new UsageError('usage', `${option} ${text} is neither a record number nor an ISO time.`, { expected: '17, 2026-01-31 or 2026-01-31T12:00:00Z', found: text })
  // A day that ends a period belongs to it.
  return { kind: 'time', value: isEnd && text.length === 10 ? timeMs + DAY_MS - 1 : timeMs }
}

/** Milliseconds of `2026-01-31`, `2026-01-31T12:00`, `2026-01-31T12:00:00.5Z` or with `+02:00`; null for anything else. Without a zone it is UTC. */
export function readIsoTime(text: string): number | null {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(text)
  if (!match) return null
  const [, day = '', minutes = '00:00', seconds = ':00', zone = 'Z'] = match
  const dayMs = Date.parse(`${day}T00:00:00Z`)
  // The language turns 31 April into 1 May without a word.
  if (Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== day) return null
  const timeMs = Date.parse(`${day}T${minutes}${seconds}${zone}`)
  return Number.isNaN(timeMs) ? null : timeMs
}
