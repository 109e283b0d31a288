import { TelltaleError, fail } from '@telltale/core'
import { excerptOfText } from './excerpt.ts'
import { DBC_MESSAGES_MAX, DBC_SIGNALS_MAX, DBC_TEXT_MAX, MESSAGE_BYTES_MAX, SIGNAL_BITS_MAX } from './limits.ts'

/** mantissa x 10^exponent, of any size: what a database says is kept to the last digit. */
export interface ScaledNumber {
  mantissa: bigint
  exponent: number
}

/** Where a signal lies in a frame and what its bits mean. */
export interface DbcSignal {
  name: string
  /** As written: the lowest bit for little endian, the highest for big endian; bit 0 is the lowest of byte 0. */
  startBit: number
  bits: number
  littleEndian: boolean
  signed: boolean
  factor: ScaledNumber
  offset: ScaledNumber
  /** As written, not checked: `km/h`, `deg`, empty. */
  unit: string
  /** This signal says which of the multiplexed ones a frame carries. */
  multiplexer: boolean
  /** The frame carries this signal only where the multiplexer has this value; null: always. */
  multiplexedBy: number | null
  /** Names of raw values (`VAL_`). */
  values: ReadonlyMap<bigint, string>
  /** Why values of this signal cannot be read, or null: IEEE floats, nested multiplexing, more than 64 bits. */
  unreadable: string | null
  line: number
}

export interface DbcMessage {
  name: string
  id: number
  extended: boolean
  /** Declared length of its frames. */
  bytes: number
  signals: ReadonlyMap<string, DbcSignal>
  line: number
}

/** Something in a database that was read in the only way that makes sense, or that leaves it incomplete. */
export interface DbcNote {
  code: 'identifier-too-long' | 'import-not-followed' | 'no-messages'
  message: string
  line: number
}

export interface DbcDatabase {
  /** In the order of the file. */
  messages: readonly DbcMessage[]
  notes: readonly DbcNote[]
}

type Draft<T> = { -readonly [K in keyof T]: T[K] }
type SignalDraft = Draft<DbcSignal> & { values: Map<bigint, string> }
interface MessageDraft extends Draft<DbcMessage> {
  signals: Map<string, SignalDraft>
}

/** Bit 31 marks an extended identifier. */
const EXTENDED_FLAG = 0x8000_0000
/** `VECTOR__INDEPENDENT_SIG_MSG`: the shelf for signals that belong to no message. */
const SHELF_ID = 0xc000_0000

const NESTED = 'its multiplexing is nested'

/** One piece of a line: a sticky pattern, and what to say if it does not match. */
type Piece = readonly [pattern: RegExp, expected: string]

const NUMBER = String.raw`[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?`
const messagePieces: readonly Piece[] = [
  [/\s*BO_\s+/y, 'BO_'],
  [/(\d{1,10})\s+/y, 'the identifier as a decimal number'],
  [/([A-Za-z_]\w{0,255})\s*/y, 'the name of the message'],
  [/:\s*/y, 'a colon'],
  [/(\d{1,5})(?=\s|$)/y, 'the length in bytes'],
]
const signalPieces: readonly Piece[] = [
  [/\s*SG_\s+/y, 'SG_'],
  [/([A-Za-z_]\w{0,255})\s*/y, 'the name of the signal'],
  [/(?:(M|m\d{1,10}M?)\s*)?/y, 'M or m with a number'],
  [/:\s*/y, 'a colon'],
  [/(\d{1,5})\s*/y, 'the start bit'],
  [/\|\s*(\d{1,5})\s*/y, '"|" and the number of bits'],
  [/@\s*([01])\s*/y, '"@" and the byte order 0 or 1'],
  [/([+-])\s*/y, '"+" or "-"'],
  [new RegExp(String.raw`\(\s*(${NUMBER})\s*,\s*`, 'y'), '"(" and the factor, then a comma'],
  [new RegExp(String.raw`(${NUMBER})\s*\)\s*`, 'y'), 'the offset and ")"'],
  [new RegExp(String.raw`\[\s*${NUMBER}\s*\|\s*${NUMBER}\s*\]\s*`, 'y'), 'the range "[minimum|maximum]"'],
  [/"([^"\n]{0,255})"/y, 'the unit in quotes'],
]

/**
 * Reads a CAN database (DBC): messages, signals with both byte orders, multiplexing, names of values and which signals are IEEE floats.
 * All else (comments, attributes, nodes) is passed over, over several lines where its quotes say so.
 * Errors: `malformed-dbc` with the line, what was expected and found.
 */
export function readDbc(text: string): DbcDatabase {
  if (text.length > DBC_TEXT_MAX) throw fail('malformed-dbc', `The CAN database has ${text.length} characters; at most ${DBC_TEXT_MAX} are read. Remove what is not needed.`, { expected: `at most ${DBC_TEXT_MAX} characters`, found: `${text.length}` })
  try {
    return readStatements(text)
  } catch (error) {
    const last = text.split('\n').length
    if (!(error instanceof TelltaleError) || text.endsWith('\n') || error.found?.startsWith(`line ${last}:`) !== true) throw error
    throw fail('malformed-dbc', `${error.message} The file ends in this line: if it was cut, get the whole one.`, { ...(error.expected === undefined ? {} : { expected: error.expected }), found: error.found })
  }
}

function readStatements(text: string): DbcDatabase {
  const messages = new Map<string, MessageDraft>()
  const notes: DbcNote[] = []
  let current: MessageDraft | null = null
  for (const { statement, line } of statements(text)) {
    const keyword = /^\s*([A-Z_]+)/.exec(statement)?.[1]
    if (keyword === 'BO_') {
      current = readMessage(statement, line, notes)
      addMessage(messages, current)
    } else if (keyword === 'SG_') {
      if (current === null) throw malformed(line, 'a message (BO_) before the first signal', statement)
      addSignal(current, readSignal(statement, line))
    } else if (keyword === 'VAL_') {
      readValueNames(statement, messages)
    } else if (keyword === 'SIG_VALTYPE_') {
      markFloat(statement, messages)
    } else if (keyword === 'SG_MUL_VAL_') {
      markNested(statement, messages)
    } else if (keyword === 'CM_') {
      const imported = /^\s*CM_\s+"IMPORT\s+([^"\s]{1,200})/.exec(statement)?.[1]
      if (imported !== undefined) notes.push({ code: 'import-not-followed', message: `Line ${line} asks for "${imported}", which is not read. Join the files, or name the one that holds the messages.`, line })
    }
  }
  messages.delete(keyOf(SHELF_ID))
  for (const message of messages.values()) markSeveralSwitches(message)
  if (messages.size === 0) notes.push({ code: 'no-messages', message: 'The database describes no messages.', line: 0 })
  return { messages: [...messages.values()], notes }
}

const SPANS_LINES = /^\s*(?:VAL_|SIG_VALTYPE_|SG_MUL_VAL_)[ \t]+\d/
const STARTS_ANEW = /^\s*[A-Z][A-Z_]*_\b/

/**
 * The statements of the text; the keyword of a statement starts a line. Lines are joined while a quotation is open, but never for BO_ and SG_, so
 * that a forgotten quote there is found where it is; and for lists until their `;` or, where it was forgotten, the next keyword.
 */
function* statements(text: string): Generator<{ statement: string; line: number }> {
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split('\n')
  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1
    const first = lines[index] ?? ''
    const kept = [first]
    let open = !/^\s*(?:BO_|SG_)\s/.test(first) && hasOpenQuote(first, false)
    let ended = !SPANS_LINES.test(first) || (!open && first.trimEnd().endsWith(';'))
    while ((open || !ended) && index + 1 < lines.length) {
      const next = lines[index + 1] ?? ''
      if (!open && STARTS_ANEW.test(next)) break
      index += 1
      open = hasOpenQuote(next, open)
      ended ||= !open && next.trimEnd().endsWith(';')
      kept.push(next)
    }
    if (open) throw malformed(line, 'a quotation that ends before the file does', first)
    yield { statement: kept.join('\n'), line }
  }
}

/** Whether a quotation is still open after the line. `\"` does not end one. */
function hasOpenQuote(line: string, before: boolean): boolean {
  let open = before
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) {
    if (!open || line[at - 1] !== '\\') open = !open
  }
  return open
}

function malformed(line: number, expected: string, found: string) {
  return fail('malformed-dbc', `Line ${line} of the CAN database cannot be read: expected ${expected}. Correct the line, or leave it out.`, { expected, found: `line ${line}: ${excerptOfText(found.trim())}` })
}

function readPieces(statement: string, line: number, pieces: readonly Piece[]): (string | undefined)[] {
  const values: (string | undefined)[] = []
  let at = 0
  for (const [pattern, expected] of pieces) {
    pattern.lastIndex = at
    const match = pattern.exec(statement)
    if (match === null) throw malformed(line, `${expected} at character ${at + 1}`, statement.slice(at))
    at = pattern.lastIndex
    if (match.length > 1) values.push(match[1])
  }
  return values
}

function readMessage(statement: string, line: number, notes: DbcNote[]): MessageDraft {
  const [idText = '', name = '', bytesText = ''] = readPieces(statement, line, messagePieces)
  const written = Number(idText)
  const bytes = Number(bytesText)
  if (written > 0xffff_ffff) throw malformed(line, 'an identifier of at most 32 bits', idText)
  if (bytes > MESSAGE_BYTES_MAX) throw malformed(line, `a length of at most ${MESSAGE_BYTES_MAX} bytes`, bytesText)
  const flagged = written >= EXTENDED_FLAG
  const id = flagged ? written - EXTENDED_FLAG : written
  if (id > 0x1fff_ffff && written !== SHELF_ID) throw malformed(line, 'an identifier of at most 29 bits', idText)
  if (!flagged && id > 0x7ff) notes.push({ code: 'identifier-too-long', message: `Line ${line}: identifier ${id} of ${name} has more than 11 bits and is not marked as extended. It is read as an extended one.`, line })
  return { name, id, extended: flagged || id > 0x7ff, bytes, signals: new Map(), line }
}

function keyOf(written: number): string {
  return written >= EXTENDED_FLAG ? `x${written - EXTENDED_FLAG}` : written > 0x7ff ? `x${written}` : `s${written}`
}

function addMessage(messages: Map<string, MessageDraft>, message: MessageDraft): void {
  const key = `${message.extended ? 'x' : 's'}${message.id}`
  const before = messages.get(key)
  if (before !== undefined) throw malformed(message.line, `one message per identifier (line ${before.line} has it already)`, `${message.id} ${message.name}`)
  if (messages.size >= DBC_MESSAGES_MAX) throw malformed(message.line, `at most ${DBC_MESSAGES_MAX} messages`, message.name)
  messages.set(key, message)
}

function readSignal(statement: string, line: number): SignalDraft {
  const [name = '', multiplex, startText = '', bitsText = '', order, sign, factor = '', offset = '', unit = ''] = readPieces(statement, line, signalPieces)
  const bits = Number(bitsText)
  if (bits === 0) throw malformed(line, 'at least one bit', statement)
  if (Number(startText) >= MESSAGE_BYTES_MAX * 8) throw malformed(line, `a start bit below ${MESSAGE_BYTES_MAX * 8}`, startText)
  return {
    name,
    startBit: Number(startText),
    bits,
    littleEndian: order === '1',
    signed: sign === '-',
    factor: scaledNumber(factor),
    offset: scaledNumber(offset),
    unit,
    multiplexer: multiplex === 'M',
    multiplexedBy: multiplex?.startsWith('m') ? Number.parseInt(multiplex.slice(1), 10) : null,
    values: new Map(),
    unreadable: bits > SIGNAL_BITS_MAX ? `it has ${bits} bits, more than ${SIGNAL_BITS_MAX}` : multiplex !== undefined && /^m\d+M$/.test(multiplex) ? NESTED : null,
    line,
  }
}

/** The patterns above have checked the form; powers beyond what a record can carry fail where a value is made. */
function scaledNumber(text: string): ScaledNumber {
  const [digits = '0', power = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = digits.split('.')
  const sign = whole.startsWith('-') ? -1n : 1n
  return { mantissa: sign * BigInt(`${whole.replace(/^[+-]/, '')}${fraction}` || '0'), exponent: Number(power) - fraction.length }
}

function addSignal(message: MessageDraft, signal: SignalDraft): void {
  const before = message.signals.get(signal.name)
  if (before !== undefined) throw malformed(signal.line, `one signal ${signal.name} in ${message.name} (line ${before.line} has it already)`, signal.name)
  if (message.signals.size >= DBC_SIGNALS_MAX) throw malformed(signal.line, `at most ${DBC_SIGNALS_MAX} signals in ${message.name}`, signal.name)
  message.signals.set(signal.name, signal)
}

/** With more than one switch in a message, the marks do not tell which of them a signal hangs on. */
function markSeveralSwitches(message: MessageDraft): void {
  const signals = [...message.signals.values()]
  const switches = signals.filter((signal) => signal.multiplexer || signal.unreadable === NESTED)
  if (switches.length < 2 && !switches.some((signal) => signal.multiplexedBy !== null)) return
  for (const signal of signals) if (signal.multiplexedBy !== null) signal.unreadable ??= NESTED
}

function signalOf(messages: ReadonlyMap<string, MessageDraft>, idText: string | undefined, name: string | undefined): SignalDraft | undefined {
  return messages.get(keyOf(Number(idText)))?.signals.get(name ?? '')
}

function readValueNames(statement: string, messages: ReadonlyMap<string, MessageDraft>): void {
  const head = /^\s*VAL_\s+(\d{1,10})\s+(\w+)\s/.exec(statement)
  const signal = signalOf(messages, head?.[1], head?.[2])
  if (head === null || signal === undefined) return
  for (const [, raw = '', name = ''] of statement.slice(head[0].length).matchAll(/(-?\d{1,20})\s*"((?:[^"\\]|\\.)*)"/gs)) signal.values.set(BigInt(raw), name)
}

/** `SIG_VALTYPE_ id signal : 1` (or 2): its bits are an IEEE float, which must not be taken for a whole number. */
function markFloat(statement: string, messages: ReadonlyMap<string, MessageDraft>): void {
  const match = /^\s*SIG_VALTYPE_\s+(\d{1,10})\s+(\w+)\s*:?\s*([0-3])/.exec(statement)
  const signal = signalOf(messages, match?.[1], match?.[2])
  if (match?.[3] !== '0' && signal !== undefined) signal.unreadable ??= 'its bits are an IEEE float'
}

/** `SG_MUL_VAL_ id signal switch ranges`: multiplexing that the marks in the signal's own line do not tell. */
function markNested(statement: string, messages: ReadonlyMap<string, MessageDraft>): void {
  const match = /^\s*SG_MUL_VAL_\s+(\d{1,10})\s+(\w+)/.exec(statement)
  const signal = signalOf(messages, match?.[1], match?.[2])
  if (signal !== undefined) signal.unreadable ??= NESTED
}
