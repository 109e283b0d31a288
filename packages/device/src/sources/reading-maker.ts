import { assert, Decimal, exactToText, fail } from '@telltale/core'
import type { Exact } from '@telltale/core'
import type { Reading } from '../reading.ts'
import { createConversion, ODOMETER_PATH } from '../units.ts'
import type { Conversion } from '../units.ts'
import { excerptOfText } from './excerpt.ts'
import type { CanEntry, CsvEntry } from './mapping.ts'

/** Turns the values of one mapped signal into readings: converts, refuses what is no value, thins out. */
export interface ReadingMaker {
  /** False while `everyMs` has not passed since the last reading; the value need not even be decoded then. */
  isDue(timeMs: number): boolean
  /**
   * The reading, or null if the value has not changed and only changes are wanted. A number comes with the conversion from its unit, a
   * text or boolean without. Throws `not-available`, `number-out-of-range`.
   */
  make(timeMs: number, value: Exact | string | boolean, conversion: Conversion | null): Reading | null
}

/** Finds the unit of each value of one mapped signal. */
export interface UnitChoice {
  /** `told` is what the unit's own signal or column said, null where the unit is stated. Throws `unit-unknown`. */
  choose(told: string | null): Conversion
}

/** `source` is what the readings name as their origin: `can:0x611:ODOMETER`. */
export function createReadingMaker(entry: Pick<CanEntry | CsvEntry, 'stream' | 'path' | 'everyMs' | 'onChange'>, source: string): ReadingMaker {
  const { stream, path, everyMs, onChange } = entry
  let lastMs: number | null = null
  let last: Reading | null = null

  function readingOf(timeMs: number, value: Exact | string | boolean, conversion: Conversion | null): Reading {
    if (typeof value === 'string' || typeof value === 'boolean') return { stream, path, timeMs, value, unit: null, source }
    assert(conversion !== null, `a number of ${source} came without a unit`)
    if (path === ODOMETER_PATH && isZeroOrLess(value)) throw notAvailable(source, exactToText(value), 'an odometer above zero')
    return { stream, path, timeMs, unit: conversion.unit, source, ...conversion.convert(value) }
  }

  return {
    isDue: (timeMs) => everyMs === null || lastMs === null || timeMs < lastMs || timeMs - lastMs >= everyMs,
    make(timeMs, value, conversion) {
      const reading = readingOf(timeMs, value, conversion)
      if (onChange && last !== null && isSame(last, reading)) return null
      lastMs = timeMs
      last = reading
      return reading
    },
  }
}

/** Errors: `unknown-unit`, `unit-mismatch`. */
export function createUnitChoice(entry: Pick<CanEntry | CsvEntry, 'path' | 'unit'>, source: string): UnitChoice {
  const { path, unit } = entry
  const stated = unit?.kind === 'stated' ? createConversion(path, unit.unit) : undefined
  const told = new Map<string, Conversion>()
  if (unit?.kind === 'told') for (const [raw, name] of unit.units) told.set(raw, createConversion(path, name))
  return {
    choose(said) {
      const conversion = said === null ? stated : told.get(said)
      if (conversion !== undefined) return conversion
      const found = said === null || said === '' ? 'nothing' : excerptOfText(said)
      throw fail('unit-unknown', `${source}: the unit is told as ${found}, and the mapping gives no unit for that. The value is not used, since its unit would be a guess.`, { expected: [...told.keys()].join(', '), found })
    },
  }
}

/** The error for a value that the maker of the machine, or the mapping, has given the meaning "not available". */
export function notAvailable(source: string, found: string, expected = 'a value') {
  return fail('not-available', `${source} says ${found}, which means that no value is available. Nothing needs to be done unless it stays so.`, { expected, found })
}

function isZeroOrLess(value: Exact): boolean {
  return (typeof value === 'number' ? value : value.mantissa) <= 0
}

function isSame(a: Reading, b: Reading): boolean {
  return a.unit === b.unit && isSameValue(a.value, b.value) && a.raw?.unit === b.raw?.unit && isSameValue(a.raw?.value ?? 0, b.raw?.value ?? 0)
}

function isSameValue(a: Reading['value'], b: Reading['value']): boolean {
  if (a instanceof Decimal && b instanceof Decimal) return a.mantissa === b.mantissa && a.exponent === b.exponent
  return a === b
}
