import { fail } from '@telltale/core'
import { unitFromSpelling } from '../units.ts'
import { closeNames } from './close-names.ts'
import { obdPids } from './obd-pid.ts'
import type { CsvEntry, Mapping } from './mapping.ts'

/** A remark on how a header was understood, for whoever imports the file. */
export interface CsvNote {
  code: 'unit-assumed' | 'columns-not-used'
  message: string
}

interface KnownColumn {
  /** Ways to write it, in lower case without anything but letters and digits. */
  names: readonly string[]
  /** Mode and number of the parameter; also a way to write it. */
  pid: string
  stream: 'odometer' | 'driving' | 'diagnostics'
  path: string
  /** What J1979 defines; a unit in the header goes before it. */
  unit: string
}

function column(pid: string, stream: KnownColumn['stream'], names: readonly string[], path = obdPids.get(pid)?.path ?? '', unit = obdPids.get(pid)?.unit ?? ''): KnownColumn {
  return { names: [...names, pid.toLowerCase(), `pid${pid.toLowerCase()}`, `0x${pid.toLowerCase()}`], pid, stream, path, unit }
}

const knownColumns: readonly KnownColumn[] = [
  column('01A6', 'odometer', ['odometer', 'odometerreading', 'odo', 'mileage', 'totaldistance']),
  column('010D', 'driving', ['vehiclespeed', 'speed', 'speedobd', 'obdspeed', 'vehiclespeedsensor']),
  column('010C', 'driving', ['enginerpm', 'rpm', 'enginespeed']),
  column('0105', 'driving', ['enginecoolanttemperature', 'enginecoolanttemp', 'coolanttemperature', 'coolanttemp', 'coolant', 'ect']),
  column('015C', 'driving', ['engineoiltemperature', 'engineoiltemp', 'oiltemperature', 'oiltemp']),
  column('010F', 'driving', ['intakeairtemperature', 'intakeairtemp', 'intaketemp', 'iat']),
  column('0146', 'driving', ['ambientairtemperature', 'ambientairtemp', 'ambienttemp', 'outsidetemperature']),
  column('0110', 'driving', ['massairflow', 'massairflowrate', 'maf']),
  column('010B', 'driving', ['intakemanifoldpressure', 'manifoldpressure', 'map']),
  column('0142', 'driving', ['controlmodulevoltage', 'voltagecontrolmodule', 'voltageobd']),
  column('0104', 'driving', ['engineload', 'calculatedengineload', 'calculatedload'], 'Vehicle.OBD.EngineLoad', 'percent'),
  column('0111', 'driving', ['throttleposition', 'throttlepositionmanifold', 'throttle'], 'Vehicle.Powertrain.CombustionEngine.TPS', 'percent'),
  column('012F', 'driving', ['fuellevel', 'fuellevelinput', 'fueltanklevel', 'fueltanklevelinput'], 'Vehicle.Powertrain.FuelSystem.RelativeLevel', 'percent'),
  column('011F', 'diagnostics', ['runtime', 'enginerunning', 'runtimesinceenginestart', 'timesinceenginestart']),
  column('0121', 'diagnostics', ['distancewithmil', 'distancetraveledwithmilon', 'distancetravelledwithmilon']),
  column('0131', 'diagnostics', ['distancesincecodescleared', 'distancesincedtccleared', 'distancesincedtcclear', 'distancetraveledsincecodescleared']),
  column('014D', 'diagnostics', ['timewithmilon', 'timerunwithmilon']),
  column('014E', 'diagnostics', ['timesincecodescleared', 'timesincedtccleared', 'timesincetroublecodescleared']),
]

const timeNames: readonly string[] = ['time', 'timestamp', 'datetime', 'date', 'timeutc', 'timestamputc', 'devicetime', 'gpstime', 'recordedat', 'observedat', 'elapsedtime', 'elapsed', 'seconds', 'milliseconds', 's', 'ms']

function packed(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** `Odometer (km)`, `speed_kmh`, `Coolant [°C]`: each way to cut a name and a unit out of a header, then the whole of it without one. */
function readings(header: string): { name: string; unit: string | null }[] {
  const text = header.trim()
  const cuts: { name: string; unit: string | null }[] = []
  const cut = /^(.+?)\s*(?:\(([^()]*)\)|\[([^[\]]*)\]|[_ ]([^_ ()[\]]+))$/.exec(text)
  if (cut !== null) {
    const unit = unitFromSpelling((cut[2] ?? cut[3] ?? cut[4] ?? '').replace(/\uFFFD/g, '°'))
    if (unit !== null) cuts.push({ name: packed(cut[1] ?? ''), unit })
  }
  if (!/[([][^()[\]]*[)\]]$/.test(text) || /\(obd\)$/i.test(text)) cuts.push({ name: packed(text), unit: null })
  if (/\(\s*\)$/.test(text)) cuts.push({ name: packed(text), unit: null })
  return cuts
}

/** The mapping that goes with columns whose names are usual for OBD-II logs, and what was assumed. Errors: `unknown-column` if there is none. */
export function usualMapping(header: readonly string[]): { mapping: Mapping; notes: CsvNote[] } {
  const notes: CsvNote[] = []
  const signals: CsvEntry[] = []
  const unused: string[] = []
  for (const title of header) {
    const entry = usualEntry(title, signals.length, notes)
    if (entry !== null && !signals.some((one) => one.path === entry.path)) signals.push(entry)
    else if (title.trim() !== '' && !isTimeTitle(title)) unused.push(title.trim())
  }
  if (signals.length === 0) {
    throw fail('unknown-column', 'None of the columns has a usual name such as "Odometer (km)" or "Vehicle speed (km/h)". Write a mapping that names the columns.', { expected: 'Odometer, Vehicle speed, Engine RPM, ...', found: unused.slice(0, 20).join(', ').slice(0, 400) })
  }
  if (unused.length > 0) notes.push({ code: 'columns-not-used', message: `Columns that are not used: ${unused.slice(0, 20).join(', ')}${unused.length > 20 ? ` and ${unused.length - 20} more` : ''}. A mapping can name them.` })
  const streams = new Map([...new Set(signals.map((one) => one.stream))].map((stream) => [stream, { recordMs: 10_000, recordReadingsMax: 256 }]))
  return { mapping: { name: 'usual OBD-II columns', streams, time: null, decimalMark: '.', signals }, notes }
}

function usualEntry(title: string, index: number, notes: CsvNote[]): CsvEntry | null {
  for (const { name, unit } of readings(title)) {
    const known = knownColumns.find((one) => one.names.includes(name))
    if (known === undefined) continue
    const isPid = name.endsWith(known.pid.toLowerCase())
    if (unit === null && !isPid && !name.includes(packed(known.unit))) notes.push({ code: 'unit-assumed', message: `Column "${title.trim()}" gives no unit; it is taken as ${known.unit}, as OBD-II defines ${known.pid}. If that is wrong, write a mapping that states the unit.` })
    const obd = obdPids.has(known.pid) ? known.pid : null
    return { kind: 'csv', place: `column ${index + 1}`, column: title, obd, stream: known.stream, path: known.path, as: 'number', unit: { kind: 'stated', unit: unit ?? known.unit }, invalid: [], everyMs: null, onChange: false }
  }
  return null
}

/** Unit in the header of a time column: `time (ms)`, `time_s`, `seconds`. */
export function timeUnitOf(title: string): 's' | 'ms' | null {
  const text = title.trim().toLowerCase()
  if (/(?:^|[\s_([])(?:ms|msec|millis|milliseconds)[)\]]?$/.test(text)) return 'ms'
  if (/(?:^|[\s_([])(?:s|sec|secs|seconds)[)\]]?$/.test(text)) return 's'
  return null
}

function isTimeTitle(title: string): boolean {
  const bare = title.trim().toLowerCase().replace(/[\s_]*[([]?\b(?:ms|msec|millis|milliseconds|s|sec|secs|seconds|utc)[)\]]?$/, '').replace(/_(?:ms|s|sec|utc)$/, '')
  return timeNames.includes(packed(title)) || timeNames.includes(packed(bare))
}

/** Index of the column that holds the time: the one the mapping names, else the first with a usual name. Errors: `unknown-column`, `no-time-column`. */
export function timeColumn(header: readonly string[], named: string | null): number {
  if (named !== null) return columnIndex(header, named, 'time.column')
  const found = header.findIndex(isTimeTitle)
  if (found >= 0) return found
  throw fail('no-time-column', 'No column looks like a time. Name one under "time" in the mapping: {"column": "...", "format": "iso"}.', { expected: 'time, timestamp, seconds or the like', found: header.join(', ').slice(0, 400) })
}

/** Index of a column by its title: exactly, else but for case and outer spaces. Errors: `unknown-column` with a hint, `ambiguous-column`. */
export function columnIndex(header: readonly string[], title: string, place: string): number {
  const same = (wanted: string, found: string): boolean => wanted.trim().toLowerCase() === found.trim().toLowerCase()
  const exactly = header.flatMap((found, index) => (found === title ? [index] : []))
  const roughly = exactly.length > 0 ? exactly : header.flatMap((found, index) => (same(title, found) ? [index] : []))
  const [first] = roughly
  if (first === undefined) {
    const near = closeNames(title, header)
    throw fail('unknown-column', `Mapping, ${place}: there is no column "${title}".${near.length > 0 ? ` Did you mean ${near.map((name) => `"${name}"`).join(' or ')}?` : ''}`, { expected: header.join(', ').slice(0, 400), found: title })
  }
  if (roughly.length > 1) throw fail('ambiguous-column', `Mapping, ${place}: ${roughly.length} columns are named "${title}". Rename all but one.`, { expected: 'one column of that name', found: `${roughly.length}` })
  return first
}
