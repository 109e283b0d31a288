import { errorToVerdict, exactFromText, exactToText, fail, TelltaleError } from '@telltale/core'
import type { Exact } from '@telltale/core'
import type { ClockName, SourceItem } from '../reading.ts'
import { columnIndex, timeColumn, timeUnitOf, usualMapping } from './csv-columns.ts'
import type { CsvNote } from './csv-columns.ts'
import { createCsvRowParser, delimiterOf, splitCsvRow } from './csv-rows.ts'
import type { CsvDelimiter } from './csv-rows.ts'
import { createTimeReader, timeFormatOf } from './csv-time.ts'
import type { TimeReader } from './csv-time.ts'
import { excerptOfText } from './excerpt.ts'
import { peekFile, readFileChunks, regularFileBytes, stopIfAborted } from './file-chunks.ts'
import { CELL_CHARACTERS_MAX, CSV_COLUMNS_MAX, PEEK_BYTES, SLICE_BYTES } from './limits.ts'
import type { CsvEntry, MappedSource, Mapping } from './mapping.ts'
import { decodeObdAnswer, isObdAnswer, obdPids } from './obd-pid.ts'
import type { ObdPid } from './obd-pid.ts'
import { createReadingMaker, createUnitChoice, notAvailable } from './reading-maker.ts'
import type { ReadingMaker, UnitChoice } from './reading-maker.ts'
import { createConversion } from '../units.ts'
import type { Conversion } from '../units.ts'

export interface CsvSource extends MappedSource {
  /** How the header was understood where no mapping was given; worth showing to whoever imports. */
  notes: readonly CsvNote[]
}

export interface CsvOptions {
  csvPath: string
  /** Without it, columns with names usual for OBD-II are taken. */
  mapping?: Mapping
}

/**
 * A CSV with a header row and a time column; lines before the header that begin with `#` are passed over. `clock` is that of the first row
 * with a readable time; ISO times without a zone have clock `unknown`. The file is read anew by every `read`.
 * Errors here: `malformed-csv`, `unknown-column`, `ambiguous-column`, `no-time-column`, `unknown-time-format`, `malformed-mapping`,
 * `file-not-found`, `not-a-file`, `file-unreadable`. Refusals while reading: `malformed-csv-line`, `malformed-time`, `clock-changed`,
 * `malformed-number`, `malformed-obd-answer`, `unit-unknown`, `not-available`, `unknown-value`, `number-out-of-range`.
 */
export async function createCsvSource(options: CsvOptions): Promise<CsvSource> {
  const bytesTotal = await regularFileBytes(options.csvPath)
  const head = readHead(await peekFile(options.csvPath, PEEK_BYTES))
  const { mapping, notes } = options.mapping === undefined ? usualMapping(head.header) : { mapping: options.mapping, notes: [] }
  const time = readTimeColumn(head, mapping)
  createColumns(mapping, head.header) // columns that are not there are found before the rest is read
  let bytesRead = 0
  let lines = 0

  async function* read(signal?: AbortSignal): AsyncGenerator<SourceItem[], void, undefined> {
    let items: SourceItem[] = []
    bytesRead = 0
    lines = 0
    const readRow = createRowReader({ head, time, columns: createColumns(mapping, head.header), push: (item) => items.push(item) })
    const parser = createCsvRowParser({ onRow: readRow, onRefusal: (refusal) => items.push(refusal) })
    for await (const chunk of readFileChunks(options.csvPath, signal)) {
      for (let start = 0; start < chunk.length; start += SLICE_BYTES) {
        stopIfAborted(signal)
        const slice = chunk.subarray(start, start + SLICE_BYTES)
        parser.push(slice)
        bytesRead += slice.length
        lines = parser.lines()
        if (items.length === 0) continue
        yield items
        items = []
      }
    }
    parser.finish()
    lines = parser.lines()
    if (items.length > 0) yield items
  }

  return { clock: time.clock, streams: mapping.streams, notes, read, progress: () => ({ bytesRead, bytesTotal, lines }) }
}

/** What the beginning of the file tells. */
interface Head {
  header: readonly string[]
  headerLine: number
  delimiter: CsvDelimiter
  /** Up to a hundred rows after the header, to find the format and clock of its times. */
  firstRows: readonly (readonly string[])[]
}

function readHead(bytes: Uint8Array): Head {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) throw fail('malformed-csv', 'The CSV is in UTF-16. Save it as UTF-8.', { expected: 'UTF-8', found: 'UTF-16' })
  const rows: { text: string; line: number }[] = []
  const parser = createCsvRowParser({
    onRow: (text, line) => {
      if (rows.length < 1_000) rows.push({ text, line })
    },
    onRefusal: () => undefined,
  })
  parser.push(bytes)
  parser.finish()
  const at = rows.findIndex(({ text }) => !isPassedOver(text))
  const found = rows[at]
  const delimiter = found === undefined ? null : delimiterOf(found.text)
  const header = found === undefined || delimiter === null ? null : splitCsvRow(found.text.replace(/^\uFEFF/, ''), delimiter)
  if (found === undefined || delimiter === null || header === null || header.length > CSV_COLUMNS_MAX) {
    throw fail('malformed-csv', 'The file has no header row of a CSV. Its first row must name the columns, with commas, semicolons or tabs between them.', { expected: `2 to ${CSV_COLUMNS_MAX} names of columns`, found: excerptOfText(found?.text ?? '') })
  }
  const firstRows = rows.slice(at + 1, at + 101).map(({ text }) => splitCsvRow(text, delimiter) ?? [])
  return { header, headerLine: found.line, delimiter, firstRows }
}

function isPassedOver(text: string): boolean {
  const bare = text.replace(/^\uFEFF/, '').trim()
  return bare === '' || bare.startsWith('#')
}

interface TimeColumn {
  index: number
  reader: TimeReader
  clock: ClockName
}

function readTimeColumn(head: Head, mapping: Mapping): TimeColumn {
  const index = timeColumn(head.header, mapping.time?.column ?? null)
  const title = head.header[index] ?? ''
  const cells = head.firstRows.map((row) => row[index]?.trim() ?? '').filter((cell) => cell !== '')
  const first = cells[0]
  const format = mapping.time?.format ?? (first === undefined ? 'iso' : timeFormatOf(timeUnitOf(title), first))
  if (format === null) {
    throw fail('unknown-time-format', `Column "${title}" begins with "${excerptOfText(first ?? '')}", which could be several things. Say which under "time" in the mapping ("format": "iso", "seconds" or "milliseconds"), or write "(s)" or "(ms)" into its title.`, {
      expected: 'ISO 8601, or a number whose unit is stated',
      found: excerptOfText(first ?? ''),
    })
  }
  const reader = createTimeReader(format, mapping.time?.zone ?? null, mapping.decimalMark)
  return { index, reader, clock: firstClock(reader, cells) }
}

function firstClock(reader: TimeReader, cells: readonly string[]): ClockName {
  for (const cell of cells) {
    try {
      return reader(cell).clock
    } catch (error) {
      if (!(error instanceof TelltaleError)) throw error
    }
  }
  return 'unknown'
}

/** One mapped column, ready to be read from rows. */
interface ColumnRule {
  entry: CsvEntry
  index: number
  unitIndex: number | null
  pid: ObdPid | null
  units: UnitChoice
  /** For raw answers, whose unit J1979 fixes whatever the header says. */
  answerUnit: Conversion | null
  invalid: ReadonlySet<string>
  maker: ReadingMaker
  decimalMark: '.' | ','
}

function createColumns(mapping: Mapping, header: readonly string[]): ColumnRule[] {
  return mapping.signals.map((entry) => {
    if (entry.kind !== 'csv') throw fail('malformed-mapping', `Mapping, ${entry.place}: a CSV has no messages and signals. Name a "column" instead.`, { expected: 'column', found: `signal ${entry.signal}` })
    const pid = entry.obd === null ? null : (obdPids.get(entry.obd) ?? null)
    if (entry.obd !== null && pid === null) throw fail('malformed-mapping', `Mapping, ${entry.place}.obd: answers to ${entry.obd} cannot be read here.`, { expected: [...obdPids.keys()].join(', '), found: entry.obd })
    const unit = entry.unit ?? (entry.as === 'number' && pid !== null ? { kind: 'stated' as const, unit: pid.unit } : null)
    const source = entry.obd === null ? `csv:${entry.column.trim()}` : `obd:${entry.obd}`
    return {
      entry,
      pid,
      index: columnIndex(header, entry.column, `${entry.place}.column`),
      unitIndex: unit?.kind === 'told' ? columnIndex(header, unit.by, `${entry.place}.unit.column`) : null,
      invalid: new Set(entry.invalid.map((value) => (typeof value === 'number' ? exactToText(exactFromText(String(value))) : value))),
      units: createUnitChoice({ path: entry.path, unit }, source),
      answerUnit: pid === null ? null : createConversion(entry.path, pid.unit),
      maker: createReadingMaker(entry, source),
      decimalMark: mapping.decimalMark,
    }
  })
}

interface RowReaderParts {
  head: Head
  time: TimeColumn
  columns: readonly ColumnRule[]
  push(item: SourceItem): void
}

/** Reads rows in stages: fields and their number, the time, then each mapped cell by itself, so that a bad one spoils no other. */
function createRowReader({ head, time, columns, push }: RowReaderParts): (text: string, line: number) => void {
  const { header, headerLine, delimiter } = head
  return (text, line) => {
    if (line <= headerLine || text.trim() === '') return
    try {
      const fields = splitCsvRow(text, delimiter)
      if (fields === null) throw malformedLine(line, 'fields whose quotes are closed, with a delimiter after them', text)
      if (fields.length < header.length || fields.slice(header.length).some((field) => field.trim() !== '')) throw malformedLine(line, `${header.length} fields`, `${fields.length} fields`)
      const { timeMs, clock } = time.reader(fields[time.index]?.trim() ?? '')
      if (clock !== time.clock) throw fail('clock-changed', `Line ${line} has ${clock} time, the file began with ${time.clock} time. Split the file there and read the parts one by one.`, { expected: time.clock, found: clock })
      for (const column of columns) readCell(column, fields, { timeMs, line }, push)
    } catch (error) {
      if (!(error instanceof TelltaleError)) throw error
      push({ refused: errorToVerdict(error), line })
    }
  }
}

function malformedLine(line: number, expected: string, found: string) {
  return fail('malformed-csv-line', `Line ${line} does not fit the header: expected ${expected}. Correct or remove it; the others are not affected.`, { expected, found: excerptOfText(found) })
}

function readCell(column: ColumnRule, fields: readonly string[], at: { timeMs: number; line: number }, push: (item: SourceItem) => void): void {
  const cell = fields[column.index]?.trim() ?? ''
  if (cell === '' || cell === '-' || !column.maker.isDue(at.timeMs)) return
  try {
    const told = column.unitIndex === null ? null : (fields[column.unitIndex]?.trim() ?? '')
    const { value, conversion } = cellValue(column, cell, told)
    const reading = column.maker.make(at.timeMs, value, conversion)
    if (reading !== null) push(reading)
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error
    const verdict = errorToVerdict(error)
    push({ refused: { ...verdict, message: `Line ${at.line}, column "${excerptOfText(column.entry.column)}": ${verdict.message}` }, line: at.line })
  }
}

function cellValue(column: ColumnRule, cell: string, told: string | null): { value: Exact | string | boolean; conversion: Conversion | null } {
  if (column.invalid.has(cell) || /^(?:nan|null|n\/a|no data)$/i.test(cell)) throw notAvailable(`csv:${column.entry.column.trim()}`, excerptOfText(cell))
  if (column.entry.as === 'text') return { value: textOf(column, cell), conversion: null }
  if (column.entry.as === 'boolean') return { value: booleanOf(column, cell), conversion: null }
  if (column.pid !== null && isObdAnswer(column.pid, cell)) return { value: decodeObdAnswer(column.pid, cell), conversion: column.answerUnit }
  const value = exactFromText(column.decimalMark === ',' ? cell.replace(',', '.') : cell)
  if (column.invalid.has(exactToText(value))) throw notAvailable(`csv:${column.entry.column.trim()}`, excerptOfText(cell))
  return { value, conversion: column.units.choose(told) }
}

function textOf(column: ColumnRule, cell: string): string {
  if (cell.length <= CELL_CHARACTERS_MAX) return cell
  throw fail('unknown-value', `csv:${column.entry.column.trim()} has ${cell.length} characters, expected at most ${CELL_CHARACTERS_MAX}. Correct the file.`, { expected: `at most ${CELL_CHARACTERS_MAX} characters`, found: excerptOfText(cell) })
}

function booleanOf(column: ColumnRule, cell: string): boolean {
  if (/^(?:1|true)$/i.test(cell)) return true
  if (/^(?:0|false)$/i.test(cell)) return false
  throw fail('unknown-value', `csv:${column.entry.column.trim()} is "${excerptOfText(cell)}", expected 0, 1, true or false. Correct the mapping or the file.`, { expected: '0, 1, true or false', found: excerptOfText(cell) })
}
