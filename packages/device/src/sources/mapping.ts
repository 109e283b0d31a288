import { fail, TelltaleError } from '@telltale/core'
import type { Source } from '../reading.ts'
import { createConversion } from '../units.ts'
import { malformedMapping, readBoolean, readChoice, readEntries, readFields, readList, readText, readWhole } from './mapping-fields.ts'
import { MAPPING_SIGNALS_MAX, MAPPING_STREAMS_MAX, MAPPING_TEXT_MAX, RECORD_MS_MAX, RECORD_MS_MIN, RECORD_READINGS_MAX } from './limits.ts'

/** How the readings of a stream are collected into records: one is signed when either limit is reached. */
export interface StreamSettings {
  recordMs: number
  recordReadingsMax: number
}

/** Where the unit comes from: it is stated, or another signal (CAN) or column (CSV) tells it for every value. */
export type UnitRule = { kind: 'stated'; unit: string } | { kind: 'told'; by: string; units: ReadonlyMap<string, string> }

interface EntryBase {
  /** Where it stands in the mapping file: `signals[2]`. */
  place: string
  stream: string
  path: string
  /** What the value is; null unit for texts and booleans. */
  as: 'number' | 'boolean' | 'text'
  unit: UnitRule | null
  /** Raw values that mean "not available". */
  invalid: readonly (number | string)[]
  /** At most one reading in so many milliseconds; null: every one. */
  everyMs: number | null
  /** Only where the value differs from the last one handed on. */
  onChange: boolean
}

/** A signal of a CAN log, found in the database by the name or the identifier of its message. */
export interface CanEntry extends EntryBase {
  kind: 'can'
  message: string | { id: number; extended: boolean }
  signal: string
  /** Interface it must come from; null: any. */
  bus: string | null
}

/** A column of a CSV. */
export interface CsvEntry extends EntryBase {
  kind: 'csv'
  column: string
  /** Cells may be raw answers to this mode and PID (`01A6`): `41 A6 00 14 BB C7`. */
  obd: string | null
}

export interface CsvTime {
  column: string
  /** null: to be found from the column's name and first value. */
  format: 'iso' | 'seconds' | 'milliseconds' | null
  /** `Z` or `+02:00` for ISO times that do not say; null: their clock is unknown. */
  zone: string | null
}

/** What a mapping file says once it has been read. */
export interface Mapping {
  name: string
  streams: ReadonlyMap<string, StreamSettings>
  time: CsvTime | null
  decimalMark: '.' | ','
  signals: readonly (CanEntry | CsvEntry)[]
}

/** A source that also says how its streams are to be cut into records. */
export interface MappedSource extends Source {
  streams: ReadonlyMap<string, StreamSettings>
}

const STREAM_NAME = /^[a-z][a-z0-9-]{0,31}$/
const PATH = /^[A-Z][A-Za-z0-9]*(?:\.[A-Z][A-Za-z0-9]*)+$/
const PID = /^01[0-9A-F]{2}$/
const ZONE = /^(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/

/**
 * Reads a mapping file: JSON, version 1, unknown keys refused. In stages: size and JSON, top level, streams, time, then each signal.
 * Errors: `malformed-mapping` with the place, `unknown-unit`, `unit-mismatch`.
 */
export function parseMapping(text: string): Mapping {
  const fields = readFields(jsonOf(text), 'the top level', ['version', 'name', 'description', 'streams', 'time', 'decimalMark', 'signals'])
  if (fields.get('version') !== 1) throw malformedMapping('version', 'the number 1', fields.get('version'))
  const name = readText(fields.get('name'), 'name', 128)
  if (fields.has('description')) readText(fields.get('description'), 'description', 4_096)
  const streams = readStreams(fields.get('streams'))
  const listed = readList(fields.get('signals'), 'signals', MAPPING_SIGNALS_MAX)
  if (listed.length === 0) throw malformedMapping('signals', 'at least one signal', listed)
  return {
    name,
    streams,
    time: fields.has('time') ? readTime(fields.get('time')) : null,
    decimalMark: fields.has('decimalMark') ? readChoice(fields.get('decimalMark'), 'decimalMark', ['.', ',']) : '.',
    signals: listed.map((value, index) => readEntry(value, `signals[${index}]`, streams)),
  }
}

function jsonOf(text: string): unknown {
  if (text.length > MAPPING_TEXT_MAX) throw malformedMapping('the file', `at most ${MAPPING_TEXT_MAX} characters`, `${text.length} characters`)
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable'
    throw fail('malformed-mapping', `The mapping is not JSON: ${reason}. Check commas, quotes and brackets there.`, { expected: 'JSON', found: reason, cause: error })
  }
}

function readStreams(value: unknown): ReadonlyMap<string, StreamSettings> {
  const entries = readEntries(value, 'streams')
  if (entries.size === 0 || entries.size > MAPPING_STREAMS_MAX) throw malformedMapping('streams', `1 to ${MAPPING_STREAMS_MAX} streams`, `${entries.size} streams`)
  const streams = new Map<string, StreamSettings>()
  for (const [name, settings] of entries) {
    if (!STREAM_NAME.test(name)) throw malformedMapping('streams', 'names of lower-case letters, digits and "-" that begin with a letter, at most 32 characters', name)
    const place = `streams.${name}`
    const fields = readFields(settings, place, ['recordMs', 'recordReadingsMax'])
    streams.set(name, {
      recordMs: readWhole(fields.get('recordMs'), `${place}.recordMs`, RECORD_MS_MIN, RECORD_MS_MAX),
      recordReadingsMax: readWhole(fields.get('recordReadingsMax'), `${place}.recordReadingsMax`, 1, RECORD_READINGS_MAX),
    })
  }
  return streams
}

function readTime(value: unknown): CsvTime {
  const fields = readFields(value, 'time', ['column', 'format', 'zone'])
  const zone = fields.has('zone') ? readText(fields.get('zone'), 'time.zone', 6) : null
  if (zone !== null && !ZONE.test(zone)) throw malformedMapping('time.zone', 'Z or an offset such as +02:00', zone)
  return {
    column: readText(fields.get('column'), 'time.column', 256),
    format: fields.has('format') ? readChoice(fields.get('format'), 'time.format', ['iso', 'seconds', 'milliseconds']) : null,
    zone,
  }
}

const sharedKeys = ['description', 'stream', 'path', 'as', 'unit', 'invalid', 'everyMs', 'onChange']

function readEntry(value: unknown, place: string, streams: ReadonlyMap<string, StreamSettings>): CanEntry | CsvEntry {
  const isCsv = readEntries(value, place).has('column')
  const fields = readFields(value, place, [...(isCsv ? ['column', 'obd'] : ['message', 'id', 'extended', 'signal', 'bus']), ...sharedKeys])
  const obd = fields.has('obd') ? readText(fields.get('obd'), `${place}.obd`, 4) : null
  if (obd !== null && !PID.test(obd)) throw malformedMapping(`${place}.obd`, 'mode 01 and a PID in upper-case hex, such as 01A6', obd)
  const base = readBase(fields, place, streams, { unitMayBeAbsent: obd !== null, told: isCsv ? 'column' : 'signal' })
  if (isCsv) return { kind: 'csv', column: readText(fields.get('column'), `${place}.column`, 256), obd, ...base }
  return {
    kind: 'can',
    message: readMessageChoice(fields, place),
    signal: readText(fields.get('signal'), `${place}.signal`, 256),
    bus: fields.has('bus') ? readText(fields.get('bus'), `${place}.bus`, 32) : null,
    ...base,
  }
}

function readBase(fields: ReadonlyMap<string, unknown>, place: string, streams: ReadonlyMap<string, StreamSettings>, options: { unitMayBeAbsent: boolean; told: 'signal' | 'column' }): EntryBase {
  if (fields.has('description')) readText(fields.get('description'), `${place}.description`, 4_096)
  const stream = fields.get('stream')
  if (typeof stream !== 'string' || !streams.has(stream)) throw malformedMapping(`${place}.stream`, `one of the streams above: ${[...streams.keys()].join(', ')}`, stream)
  const path = readText(fields.get('path'), `${place}.path`, 128)
  if (path === 'Vehicle.TravelledDistance') throw malformedMapping(`${place}.path`, 'Vehicle.TraveledDistance (one l), as VSS 6.0 spells the odometer', path)
  if (!PATH.test(path)) throw malformedMapping(`${place}.path`, 'a VSS path such as Vehicle.Speed', path)
  const as = fields.has('as') ? readChoice(fields.get('as'), `${place}.as`, ['number', 'boolean', 'text']) : 'number'
  if (as !== 'number' && fields.has('unit')) throw malformedMapping(`${place}.unit`, `no unit, since the value is a ${as}`, fields.get('unit'))
  const unitRequired = as === 'number' && !(options.unitMayBeAbsent && !fields.has('unit'))
  return {
    place,
    stream,
    path,
    as,
    unit: unitRequired ? readUnit(fields.get('unit'), `${place}.unit`, path, options.told) : null,
    invalid: fields.has('invalid') ? readList(fields.get('invalid'), `${place}.invalid`, 64).map((value, index) => readInvalid(value, `${place}.invalid[${index}]`)) : [],
    everyMs: fields.has('everyMs') ? readWhole(fields.get('everyMs'), `${place}.everyMs`, 1, RECORD_MS_MAX) : null,
    onChange: fields.has('onChange') ? readBoolean(fields.get('onChange'), `${place}.onChange`) : false,
  }
}

function readUnit(value: unknown, place: string, path: string, told: 'signal' | 'column'): UnitRule {
  if (typeof value === 'string') {
    checkUnit(path, value, place)
    return { kind: 'stated', unit: value }
  }
  if (typeof value !== 'object' || value === null) throw malformedMapping(place, `a unit such as "km/h", or {"${told}": name, "values": {raw value: unit}}`, value)
  const fields = readFields(value, place, [told, 'values'])
  const entries = readEntries(fields.get('values'), `${place}.values`)
  if (entries.size === 0 || entries.size > 64) throw malformedMapping(`${place}.values`, '1 to 64 values', `${entries.size} values`)
  const units = new Map<string, string>()
  for (const [raw, unit] of entries) {
    const at = `${place}.values.${raw}`
    if (told === 'signal' && !/^(?:0|-?[1-9]\d{0,19})$/.test(raw)) throw malformedMapping(`${place}.values`, 'raw values as whole numbers', raw)
    const spelling = readText(unit, at, 40)
    checkUnit(path, spelling, at)
    units.set(raw, spelling)
  }
  return { kind: 'told', by: readText(fields.get(told), `${place}.${told}`, 256), units }
}

/** Says where in the file the unit stands; the conversion itself is made again where it is used. */
function checkUnit(path: string, spelling: string, place: string): void {
  try {
    createConversion(path, spelling)
  } catch (error) {
    throw atPlace(error, place)
  }
}

/** A coded error with the place in the mapping before its message; anything else as it is. */
export function atPlace(error: unknown, place: string): unknown {
  if (!(error instanceof TelltaleError)) return error
  return fail(error.code, `Mapping, ${place}: ${error.message}`, { ...(error.expected === undefined ? {} : { expected: error.expected }), found: `${place}: ${error.found ?? 'nothing'}`, cause: error })
}

function readInvalid(value: unknown, place: string): number | string {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'string' && value !== '' && value.length <= 40) return value
  throw malformedMapping(place, 'a number, or a text such as "0xFFFFFFFF"', value)
}

function readMessageChoice(fields: ReadonlyMap<string, unknown>, place: string): string | { id: number; extended: boolean } {
  if (fields.has('message') === fields.has('id')) throw malformedMapping(place, 'either "message" or "id"', fields.has('id') ? 'both' : 'neither')
  if (fields.has('message')) {
    if (fields.has('extended')) throw malformedMapping(`${place}.extended`, '"extended" only beside "id"', fields.get('extended'))
    return readText(fields.get('message'), `${place}.message`, 256)
  }
  const written = fields.get('id')
  const id = typeof written === 'string' && /^0x[0-9A-Fa-f]{1,8}$/.test(written) ? Number(written) : written
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > 0x1fff_ffff) throw malformedMapping(`${place}.id`, 'an identifier such as "0x611" or 1553', written)
  const extended = fields.has('extended') ? readBoolean(fields.get('extended'), `${place}.extended`) : id > 0x7ff
  if (!extended && id > 0x7ff) throw malformedMapping(`${place}.extended`, 'true for an identifier of more than 11 bits', false)
  return { id, extended }
}
