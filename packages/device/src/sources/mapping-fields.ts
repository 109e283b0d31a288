import { fail } from '@telltale/core'
import type { TelltaleError } from '@telltale/core'
import { closeNames } from './close-names.ts'
import { excerptOfText } from './excerpt.ts'

/** A `malformed-mapping` error that names the place, such as `signals[2].unit`. */
export function malformedMapping(place: string, expected: string, found: unknown): TelltaleError {
  const shown = excerptOfText(found === undefined ? 'nothing' : typeof found === 'string' ? `"${found}"` : (JSON.stringify(found) ?? typeof found))
  return fail('malformed-mapping', `The mapping is wrong at ${place}: expected ${expected}, found ${shown}. Correct it there.`, { expected: `${place}: ${expected}`, found: shown })
}

/** An object of exactly these keys, as a map, so that keys such as `constructor` are nothing special. */
export function readFields(value: unknown, place: string, allowed: readonly string[]): ReadonlyMap<string, unknown> {
  const fields = readEntries(value, place)
  for (const key of fields.keys()) {
    if (allowed.includes(key)) continue
    const near = closeNames(key, allowed)
    throw malformedMapping(place, `only the keys ${allowed.join(', ')}${near.length > 0 ? ` (did you mean ${near.join(' or ')}?)` : ''}`, key)
  }
  return fields
}

export function readEntries(value: unknown, place: string): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformedMapping(place, 'an object', value)
  return new Map(Object.entries(value))
}

export function readText(value: unknown, place: string, charactersMax: number): string {
  if (typeof value !== 'string' || value.trim() === '' || value.length > charactersMax) throw malformedMapping(place, `a text of 1 to ${charactersMax} characters`, value)
  return value
}

export function readWhole(value: unknown, place: string, minimum: number, maximum: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum || value > maximum) throw malformedMapping(place, `a whole number from ${minimum} to ${maximum}`, value)
  return value
}

export function readBoolean(value: unknown, place: string): boolean {
  if (typeof value !== 'boolean') throw malformedMapping(place, 'true or false', value)
  return value
}

export function readChoice<const T extends string>(value: unknown, place: string, choices: readonly T[]): T {
  const chosen = choices.find((choice) => choice === value)
  if (chosen === undefined) throw malformedMapping(place, choices.map((choice) => `"${choice}"`).join(' or '), value)
  return chosen
}

export function readList(value: unknown, place: string, lengthMax: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > lengthMax) throw malformedMapping(place, `a list of at most ${lengthMax}`, Array.isArray(value) ? `${value.length} entries` : value)
  return value
}
