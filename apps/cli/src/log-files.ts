import { fail } from '@telltale/core'
import { createCanLogSource, createCsvSource } from '@telltale/device'
import type { MappedSource, Mapping } from '@telltale/device'
import { UsageError } from './failure.ts'
import { countText, quantityText } from './figures.ts'
import { hasReading } from './importing.ts'
import { requireTextLog } from './input-file.ts'

export type LogFormat = 'candump' | 'csv'

/** A log that is to be imported. */
export interface LogFile {
  path: string
  source: MappedSource
  /** CAN database and mapping that it is read with, as text. */
  settings: string
}

/** How a log is to be read; one of candump needs both a CAN database and a mapping. */
export interface LogReading {
  dbcText: string | undefined
  mapping: Mapping | undefined
}

/** How a log of candump begins, and no CAN database does. */
const CANDUMP_LINE = /^\s*\(\d+\.\d+\) \S+ [0-9A-Fa-f]+#/

/** By its name, where nobody says. */
export function formatOf(path: string): LogFormat {
  return /\.csv$/i.test(path) ? 'csv' : 'candump'
}

/** What a log is read with, as text that is the same where they are. */
export function settingsOf({ dbcText, mapping }: LogReading): string {
  return JSON.stringify([dbcText ?? null, mapping ? { ...mapping, streams: [...mapping.streams] } : null])
}

/** Opens a log (`nothing-to-import` where it is no text, `usage`, and the codes of its reader). */
export async function openLog(path: string, { format, ...reading }: LogReading & { format: LogFormat }): Promise<MappedSource> {
  await requireTextLog(path)
  const { mapping } = reading
  return format === 'csv' ? createCsvSource({ csvPath: path, ...(mapping ? { mapping } : {}) }) : openCanLog(path, reading)
}

function openCanLog(path: string, { dbcText, mapping }: LogReading): Promise<MappedSource> {
  if (dbcText === undefined || !mapping) {
    const missing = [...(dbcText === undefined ? ['--dbc'] : []), ...(mapping ? [] : ['--map'])].join(' and ')
    throw new UsageError('usage', `${path} is taken for a log of candump, which needs a CAN database and a mapping: ${missing} ${missing.includes(' and ') ? 'are' : 'is'} missing. For a CSV say --format csv.`, { expected: '--dbc FILE --map FILE', found: `no ${missing}` })
  }
  if (CANDUMP_LINE.test(dbcText)) throw new UsageError('malformed-dbc', `What --dbc names is a log of candump, not a CAN database. ${/\.dbc$/i.test(path) ? `The two are swapped: name the log first, and ${path} behind --dbc.` : 'Name a .dbc file there.'}`, { expected: 'telltale import LOG --dbc DATABASE', found: 'a log behind --dbc' })
  return createCanLogSource({ logPath: path, dbcText, mapping })
}

/** Refuses logs of which nothing could be imported, before anything is made or written (`nothing-to-import`). */
export async function requireReadings(logs: Pick<LogFile, 'path' | 'source'>[], signal: AbortSignal): Promise<void> {
  const report = createRefusalMemory()
  for (const { path, source } of logs) if (await hasReading(source, (refusal) => report.add(path, refusal.refused.message), signal)) return
  const lines = logs.reduce((sum, { source }) => sum + source.progress().lines, 0)
  const files = logs.map(({ path }) => path).join(', ')
  if (lines === 0 && report.count === 0) throw fail('nothing-to-import', `${files}: there is not one line to read.`, { expected: 'a log with lines', found: 'none' })
  const why = report.first ? `The first refusal of ${countText(report.count)}: ${report.first}` : 'No line carries a signal that the mapping names. Check that mapping and database are for this car.'
  throw fail('nothing-to-import', `${files}: nothing in ${quantityText(lines, 'line')} became a reading. ${why}`, { expected: 'at least one reading', found: `none; ${quantityText(report.count, 'refusal')}` })
}

function createRefusalMemory(): { add(path: string, message: string): void; readonly count: number; readonly first: string | null } {
  let count = 0
  let first: string | null = null
  return {
    add(path, message) {
      count += 1
      first ??= `${path}: ${message}`
    },
    get count() {
      return count
    },
    get first() {
      return first
    },
  }
}
