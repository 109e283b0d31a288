import { TelltaleError } from '@telltale/core'
import { ODOMETER_PATH, createConversion } from '../units.ts'
import { readDbc } from './dbc.ts'
import type { DbcMessage, DbcSignal } from './dbc.ts'

/** A signal of a CAN database that is probably what a path says. */
export interface SuggestedSignal {
  message: string
  signal: string
  path: string
  unit: string
}

export interface MappingSuggestion {
  signals: SuggestedSignal[]
  /** A mapping file of these signals, for whoever knows the car to correct; null where nothing could be guessed. */
  mapping: string | null
}

interface Guess {
  path: string
  name: RegExp
  stream: 'odometer' | 'driving'
  everyMs?: number
}

/** How databases tend to call what is worth recording; of several signals the first that fits is taken. */
const GUESSES: Guess[] = [
  { path: ODOMETER_PATH, name: /odo(?:meter)?|total_?distance/i, stream: 'odometer', everyMs: 1000 },
  { path: 'Vehicle.Speed', name: /^(?:(?:veh(?:icle)?|car)_?)?(?:speed|spd)(?:_?over_?ground)?$/i, stream: 'driving', everyMs: 200 },
  { path: 'Vehicle.Powertrain.CombustionEngine.Speed', name: /^(?:engine_?)?(?:rpm|speed_?rpm)$/i, stream: 'driving', everyMs: 500 },
  { path: 'Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature', name: /coolant_?temp/i, stream: 'driving', everyMs: 5000 },
  { path: 'Vehicle.Exterior.AirTemperature', name: /(?:outside|ambient|air)_?temp/i, stream: 'driving', everyMs: 5000 },
  { path: 'Vehicle.Powertrain.FuelSystem.RelativeLevel', name: /fuel_?level/i, stream: 'driving', everyMs: 5000 },
]

/** What of a CAN database is worth recording, judged by names and units alone (the codes of `readDbc`). */
export function suggestMapping(dbcText: string): MappingSuggestion {
  const { messages } = readDbc(dbcText)
  const found = GUESSES.flatMap((guess) => {
    const fits = findSignal(messages, guess)
    return fits ? [{ guess, signal: { message: fits.message.name, signal: fits.signal.name, path: guess.path, unit: fits.signal.unit } }] : []
  })
  return { signals: found.map(({ signal }) => signal), mapping: found.length === 0 ? null : mappingOf(found) }
}

/** Whether a database has every signal that a mapping takes (`message` by its name). */
export function hasSignals(dbcText: string, wanted: readonly { message: string; signal: string }[]): boolean {
  const { messages } = readDbc(dbcText)
  return wanted.every(({ message, signal }) => messages.some(({ name, signals }) => name === message && signals.has(signal)))
}

function findSignal(messages: readonly DbcMessage[], { path, name }: Guess): { message: DbcMessage; signal: DbcSignal } | null {
  for (const message of messages) {
    for (const signal of message.signals.values()) {
      if (signal.unreadable === null && name.test(signal.name) && isConvertible(path, signal.unit)) return { message, signal }
    }
  }
  return null
}

function isConvertible(path: string, unit: string): boolean {
  try {
    createConversion(path, unit)
    return true
  } catch (error) {
    if (error instanceof TelltaleError) return false
    throw error
  }
}

function mappingOf(found: { guess: Guess; signal: SuggestedSignal }[]): string {
  const signals = found.map(({ guess, signal: { message, signal, path, unit } }) => ({ message, signal, stream: guess.stream, path, unit, everyMs: guess.everyMs }))
  const streams = { odometer: { recordMs: 10_000, recordReadingsMax: 64 }, driving: { recordMs: 10_000, recordReadingsMax: 256 } }
  const used = Object.fromEntries(Object.entries(streams).filter(([name]) => signals.some(({ stream }) => stream === name)))
  return `${JSON.stringify({ version: 1, name: 'Suggested', description: 'Guessed from names and units: compare it with the dashboard.', streams: used, signals }, null, 2)}\n`
}
