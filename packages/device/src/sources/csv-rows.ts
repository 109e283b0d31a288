import type { SourceRefusal } from '../reading.ts'
import { excerptOfBytes } from './excerpt.ts'
import { CSV_ROW_BYTES_MAX } from './limits.ts'

export interface CsvRowParser {
  /** Takes any piece of the file; rows may be cut anywhere. The bytes may be reused afterwards. */
  push(bytes: Uint8Array): void
  /** To be called once after the last piece: the last row may lack its line break. */
  finish(): void
  lines(): number
}

export interface CsvRowHandlers {
  /** The text of one row without its line break, and the line it begins on. */
  onRow(text: string, line: number): void
  onRefusal(refusal: SourceRefusal): void
}

export type CsvDelimiter = ',' | ';' | '\t'

const LINE_FEED = 10
const QUOTE = 34

/**
 * Cuts a CSV (RFC 4180) into rows: a line break inside quotes does not end one. Quotes count only at the beginning of a field, so that a
 * stray one spoils its own row alone. A row that is too long is refused (`malformed-csv-line`) and reading goes on at the next line.
 */
export function createCsvRowParser(handlers: CsvRowHandlers): CsvRowParser {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const held = new Uint8Array(CSV_ROW_BYTES_MAX)
  let heldBytes = 0
  let line = 1
  let rowLine = 1
  let skipping = false
  let quoted = false
  let atFieldStart = true
  let afterQuote = false

  function hold(bytes: Uint8Array, start: number, end: number): void {
    const taken = Math.min(end - start, CSV_ROW_BYTES_MAX - heldBytes)
    held.set(bytes.subarray(start, start + taken), heldBytes)
    heldBytes += taken
  }

  function endRow(bytes: Uint8Array, start: number, end: number): void {
    if (heldBytes > 0) {
      hold(bytes, start, end)
      handlers.onRow(decoder.decode(held.subarray(0, heldBytes)).replace(/\r$/, ''), rowLine)
    } else {
      handlers.onRow(decoder.decode(bytes.subarray(start, end)).replace(/\r$/, ''), rowLine)
    }
  }

  function beginRow(): void {
    heldBytes = 0
    rowLine = line
    skipping = false
    quoted = false
    atFieldStart = true
    afterQuote = false
  }

  function refuseLongRow(bytes: Uint8Array, start: number, end: number): void {
    hold(bytes, start, end)
    const expected = `a row of at most ${CSV_ROW_BYTES_MAX} bytes`
    const message = `The row that begins on line ${rowLine} is too long: expected ${expected}. Is there a quote that is never closed?`
    handlers.onRefusal({ refused: { code: 'malformed-csv-line', message, expected, found: excerptOfBytes(held, 0, heldBytes) }, line: rowLine })
    skipping = true
  }

  function step(byte: number): void {
    if (byte === QUOTE && (quoted || atFieldStart || afterQuote)) {
      afterQuote = quoted
      quoted = !quoted
    } else {
      afterQuote = false
    }
    atFieldStart = !quoted && (byte === 44 || byte === 59 || byte === 9)
  }

  return {
    push(bytes) {
      let start = 0
      for (let at = 0; at < bytes.length; at += 1) {
        const byte = bytes[at] ?? 0
        if (!skipping && heldBytes + at - start >= CSV_ROW_BYTES_MAX) refuseLongRow(bytes, start, at)
        if (byte === LINE_FEED) {
          line += 1
          if (quoted && !skipping) continue
          if (!skipping) endRow(bytes, start, at)
          beginRow()
          start = at + 1
        } else if (!skipping) {
          step(byte)
        }
      }
      if (!skipping) hold(bytes, start, bytes.length)
    },
    finish() {
      if (!skipping && heldBytes > 0) endRow(held, 0, 0)
      if (skipping || heldBytes > 0) line += 1
      heldBytes = 0
    },
    lines: () => line - 1,
  }
}

/** The fields of one row, without their quotes; null if there is text after a closing quote, or a quote is not closed. */
export function splitCsvRow(text: string, delimiter: CsvDelimiter): string[] | null {
  if (!text.includes('"')) return text.split(delimiter)
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (text[at] !== '"') {
      const end = text.indexOf(delimiter, at)
      if (end < 0) return [...fields, text.slice(at)]
      fields.push(text.slice(at, end))
      at = end + 1
      continue
    }
    const close = closingQuote(text, at + 1)
    if (close < 0) return null
    fields.push(text.slice(at + 1, close).replaceAll('""', '"'))
    if (close + 1 === text.length) return fields
    if (text[close + 1] !== delimiter) return null
    at = close + 2
  }
}

function closingQuote(text: string, start: number): number {
  let at = text.indexOf('"', start)
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2)
  return at
}

/** The delimiter that a header uses most; null if it uses none. */
export function delimiterOf(header: string): CsvDelimiter | null {
  const bare = header.replace(/"[^"]*"/g, '')
  let best: CsvDelimiter | null = null
  let most = 0
  for (const delimiter of [',', ';', '\t'] as const) {
    const count = bare.split(delimiter).length - 1
    if (count <= most) continue
    best = delimiter
    most = count
  }
  return best
}
