import { errorToVerdict, fail, TelltaleError } from '@telltale/core'
import type { ClockName, Reading, SourceItem } from '../reading.ts'
import { clockOfTime, createCandumpParser } from './candump.ts'
import type { CanFrame } from './candump.ts'
import { closeNames } from './close-names.ts'
import { readDbc } from './dbc.ts'
import type { DbcDatabase, DbcMessage, DbcNote, DbcSignal } from './dbc.ts'
import { createSignalDecoder } from './dbc-signal.ts'
import type { SignalDecoder } from './dbc-signal.ts'
import { peekFile, readFileChunks, regularFileBytes, stopIfAborted } from './file-chunks.ts'
import { PEEK_BYTES, SLICE_BYTES } from './limits.ts'
import { atPlace } from './mapping.ts'
import type { CanEntry, MappedSource, Mapping } from './mapping.ts'
import { createReadingMaker, createUnitChoice, notAvailable } from './reading-maker.ts'
import type { ReadingMaker, UnitChoice } from './reading-maker.ts'
import { ODOMETER_PATH } from '../units.ts'

export interface CanLogSource extends MappedSource {
  /** What the database leaves open; worth showing to whoever imports. */
  notes: readonly DbcNote[]
}

export interface CanLogOptions {
  logPath: string
  /** Text of the CAN database. */
  dbcText: string
  mapping: Mapping
}

/**
 * A log of `candump -L` decoded with a CAN database; the mapping chooses signals. `clock` is `wall` if the first frame has Unix time, else
 * `boot`, and `unknown` if there is no frame at the beginning of the file. The file is read anew by every `read`.
 * Errors here: those of `readDbc`, `unknown-message`, `unknown-signal`, `unsupported-signal`, `malformed-mapping`, `file-not-found`,
 * `not-a-file`, `file-unreadable`. Refusals while reading: `malformed-log-line`, `clock-changed`, `signal-outside-frame`,
 * `unit-unknown`, `not-available`, `unknown-value`, `number-out-of-range`.
 */
export async function createCanLogSource(options: CanLogOptions): Promise<CanLogSource> {
  const { logPath, mapping } = options
  const database = readDbc(options.dbcText)
  createRules(mapping, database) // names that are not there are found before a byte is read
  const bytesTotal = await regularFileBytes(logPath)
  const clock = firstClock(await peekFile(logPath, PEEK_BYTES))
  let bytesRead = 0
  let lines = 0

  async function* read(signal?: AbortSignal): AsyncGenerator<SourceItem[], void, undefined> {
    let items: SourceItem[] = []
    bytesRead = 0
    lines = 0
    const rules = createRules(mapping, database)
    const parser = createCandumpParser({
      wants: (id, extended) => rules.has(frameKey(id, extended)),
      onFrame: (frame) => readFrame(frame, rules.get(frameKey(frame.id, frame.extended)) ?? [], clock, items),
      onRefusal: (refusal) => items.push(refusal),
    })
    for await (const chunk of readFileChunks(logPath, signal)) {
      for (let start = 0; start < chunk.length; start += SLICE_BYTES) {
        stopIfAborted(signal)
        const slice = chunk.subarray(start, start + SLICE_BYTES)
        parser.push(slice)
        bytesRead += slice.length
        lines = parser.counts().lines
        if (items.length === 0) continue
        yield items
        items = []
      }
    }
    parser.finish()
    lines = parser.counts().lines
    if (items.length > 0) yield items
  }

  return { clock, streams: mapping.streams, notes: database.notes, read, progress: () => ({ bytesRead, bytesTotal, lines }) }
}

function firstClock(bytes: Uint8Array): ClockName {
  let clock: ClockName = 'unknown'
  const parser = createCandumpParser({
    onFrame: (frame) => {
      if (clock === 'unknown') clock = clockOfTime(frame.timeMs)
    },
    onRefusal: () => undefined,
  })
  parser.push(bytes)
  parser.finish()
  return clock
}

function frameKey(id: number, extended: boolean): number {
  return extended ? id + 0x2000_0000 : id
}

/** One mapped signal, ready to be read from frames. */
interface SignalRule {
  entry: CanEntry
  source: string
  decoder: SignalDecoder
  signal: DbcSignal
  unitDecoder: SignalDecoder | null
  units: UnitChoice
  invalid: ReadonlySet<bigint>
  maker: ReadingMaker
}

function createRules(mapping: Mapping, database: DbcDatabase): ReadonlyMap<number, SignalRule[]> {
  const rules = new Map<number, SignalRule[]>()
  for (const entry of mapping.signals) {
    if (entry.kind !== 'can') throw fail('malformed-mapping', `Mapping, ${entry.place}: a CAN log has no columns. Name "message" and "signal" instead.`, { expected: 'message and signal', found: `column ${entry.column}` })
    const message = findMessage(database, entry)
    const key = frameKey(message.id, message.extended)
    const rule = createRule(entry, message)
    rules.set(key, [...(rules.get(key) ?? []), rule])
  }
  return rules
}

function createRule(entry: CanEntry, message: DbcMessage): SignalRule {
  const signal = findSignal(message, entry.signal, `${entry.place}.signal`)
  const source = `can:0x${message.id.toString(16).toUpperCase()}:${signal.name}`
  try {
    const decoder = createSignalDecoder(message, signal)
    const unitSignal = entry.unit?.kind === 'told' ? findSignal(message, entry.unit.by, `${entry.place}.unit.signal`) : null
    if (unitSignal !== null && unitSignal.multiplexedBy !== null && unitSignal.multiplexedBy !== signal.multiplexedBy) {
      throw fail('unsupported-signal', `Signal ${unitSignal.name} tells the unit of ${signal.name}, but is not in every frame that carries it.`, { expected: 'a signal that is always there', found: `multiplexed by ${unitSignal.multiplexedBy}` })
    }
    const invalid = new Set(entry.invalid.map((value, index) => wholeOf(value, `${entry.place}.invalid[${index}]`)))
    if (entry.path === ODOMETER_PATH && decoder.allOnes !== null) invalid.add(decoder.allOnes)
    const unitDecoder = unitSignal === null ? null : createSignalDecoder(message, unitSignal)
    return { entry, source, decoder, signal, unitDecoder, units: createUnitChoice(entry, source), invalid, maker: createReadingMaker(entry, source) }
  } catch (error) {
    if (error instanceof TelltaleError && error.code === 'unsupported-signal') throw atPlace(error, entry.place)
    throw error
  }
}

function wholeOf(value: number | string, place: string): bigint {
  const text = String(value)
  if (/^(?:-?\d{1,20}|0x[0-9A-Fa-f]{1,16})$/.test(text) && (typeof value === 'string' || Number.isSafeInteger(value))) return BigInt(text)
  throw fail('malformed-mapping', `Mapping, ${place}: expected a raw value as a whole number or hex text, found ${text.slice(0, 40)}. Large ones are written as text: "0xFFFFFFFFFFFFFFFF".`, { expected: 'a whole number', found: text.slice(0, 40) })
}

function findMessage(database: DbcDatabase, entry: CanEntry): DbcMessage {
  const wanted = entry.message
  const found = database.messages.filter((message) => (typeof wanted === 'string' ? message.name === wanted : message.id === wanted.id && message.extended === wanted.extended))
  const [first, second] = found
  if (first !== undefined && second === undefined) return first
  if (second !== undefined) throw fail('unknown-message', `Mapping, ${entry.place}: the CAN database has ${found.length} messages named ${second.name}. Choose one by "id".`, { expected: 'one message', found: `${found.length}` })
  const shown = typeof wanted === 'string' ? wanted : `0x${wanted.id.toString(16).toUpperCase()}`
  const near = typeof wanted === 'string' ? closeNames(wanted, database.messages.map((message) => message.name)) : []
  throw fail('unknown-message', `Mapping, ${entry.place}: the CAN database has no message ${shown}.${hintOf(near)} It has ${database.messages.length} messages.`, { expected: near.length > 0 ? near.join(', ') : 'a message of the database', found: shown })
}

function findSignal(message: DbcMessage, name: string, place: string): DbcSignal {
  const found = message.signals.get(name)
  if (found !== undefined) return found
  const near = closeNames(name, message.signals.keys())
  throw fail('unknown-signal', `Mapping, ${place}: message ${message.name} has no signal ${name}.${hintOf(near)}`, { expected: near.length > 0 ? near.join(', ') : [...message.signals.keys()].slice(0, 20).join(', '), found: name })
}

function hintOf(near: readonly string[]): string {
  return near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ' Check the name, and that it is the database for this car.'
}

function readFrame(frame: CanFrame, rules: readonly SignalRule[], clock: ClockName, items: SourceItem[]): void {
  for (const rule of rules) {
    if (rule.entry.bus !== null && rule.entry.bus !== frame.bus) continue
    if (!rule.maker.isDue(frame.timeMs)) continue
    try {
      checkClock(frame, clock)
      const reading = readSignal(frame, rule)
      if (reading !== null) items.push(reading)
    } catch (error) {
      if (!(error instanceof TelltaleError)) throw error
      items.push({ refused: errorToVerdict(error), line: frame.line })
    }
  }
}

function checkClock(frame: CanFrame, clock: ClockName): void {
  const found = clockOfTime(frame.timeMs)
  if (clock === 'unknown' || found === clock) return
  throw fail('clock-changed', `Line ${frame.line} has ${found} time, the log began with ${clock} time. Split the log where the clock was set and read the parts one by one.`, { expected: clock, found })
}

function readSignal(frame: CanFrame, rule: SignalRule): Reading | null {
  const { decoder, entry, maker } = rule
  if (!decoder.isPresent(frame.data)) return null
  const raw = decoder.raw(frame.data)
  if (rule.invalid.has(raw)) throw notAvailable(rule.source, String(raw))
  if (entry.as !== 'number') return maker.make(frame.timeMs, namedValue(entry, rule, raw), null)
  const conversion = rule.units.choose(rule.unitDecoder === null ? null : String(rule.unitDecoder.raw(frame.data)))
  return maker.make(frame.timeMs, decoder.scale(raw), conversion)
}

function namedValue(entry: CanEntry, rule: SignalRule, raw: bigint): string | boolean {
  if (entry.as === 'boolean' && (raw === 0n || raw === 1n)) return raw === 1n
  const name = entry.as === 'text' ? rule.signal.values.get(raw) : undefined
  if (name !== undefined) return name
  const expected = entry.as === 'boolean' ? '0 or 1' : `one of the values the database names: ${[...rule.signal.values.keys()].slice(0, 20).join(', ')}`
  throw fail('unknown-value', `${rule.source} is ${raw}, which has no meaning here: expected ${expected}. Correct the mapping or the database.`, { expected, found: String(raw) })
}
