import { fail } from '../errors.ts'
import type { TelltaleError } from '../errors.ts'
import type { Cbor, CborMap } from './cbor.ts'
import { utf8Length } from './utf8.ts'

/**
 * Readers that turn a decoded item into a typed value or refuse it with `wrong-shape`. `what` names the element for the message: `transaction sequence`.
 * Everything from outside passes through these; behind them only typed values exist.
 */
export function wrongShape(what: string, expected: string, found: Cbor | undefined): TelltaleError {
  return fail('wrong-shape', `${what}: expected ${expected}, found ${describe(found)}.`, { expected, found: describe(found) })
}

export function asArray(value: Cbor | undefined, what: string, length?: number): Cbor[] {
  if (!Array.isArray(value)) throw wrongShape(what, 'an array', value)
  if (length !== undefined && value.length !== length) throw wrongShape(what, `an array of ${length}`, value)
  return value
}

export function asMap(value: Cbor | undefined, what: string): CborMap {
  if (!(value instanceof Map)) throw wrongShape(what, 'a map', value)
  return value
}

/** A byte string of exactly `length` bytes, or of any length. */
export function asBytes(value: Cbor | undefined, what: string, length?: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrongShape(what, 'a byte string', value)
  if (length !== undefined && value.length !== length) throw wrongShape(what, `${length} bytes`, value)
  return value
}

export function asUint(value: Cbor | undefined, what: string, max: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || value < 0) throw wrongShape(what, 'a whole number from 0', value)
  if (value > max) throw wrongShape(what, `at most ${max}`, value)
  return value
}

/** Text of at most `bytesMax` bytes in UTF-8: what every language counts alike. */
export function asText(value: Cbor | undefined, what: string, bytesMax = 1024): string {
  if (typeof value !== 'string') throw wrongShape(what, 'text', value)
  // A code unit takes at most three bytes, and at least one.
  if (value.length * 3 > bytesMax && (value.length > bytesMax || utf8Length(value) > bytesMax)) throw wrongShape(what, `text of at most ${bytesMax} bytes`, value)
  return value
}

/**
 * An array of `length` that says at position `at` which version it is. Another version is told apart before anything else is looked at
 * (`unknown-version`): it may well be longer.
 */
export function asVersioned(value: Cbor | undefined, what: string, length: number, at = 0): Cbor[] {
  const items = asArray(value, what)
  if (items[at] !== 1) throw fail('unknown-version', `${what}: expected version 1, found ${describe(items[at])}. If it is newer, get a newer Telltale to read it.`, { expected: 'version 1', found: describe(items[at]) })
  return asArray(items, what, length)
}

/** A fixed value, such as a version number or a label. */
export function asExactly<T extends number | string>(value: Cbor | undefined, expected: T, what: string): T {
  if (value !== expected) throw wrongShape(what, String(expected), value)
  return expected
}

/** Null stays null; anything else is read by `read`. */
export function asNullable<T>(value: Cbor | undefined, read: (value: Cbor) => T): T | null {
  return value === null || value === undefined ? null : read(value)
}

/** A short description of an item for an error; never its whole content. */
export function describe(value: Cbor | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value instanceof Map) return `a map of ${value.size}`
  if (typeof value === 'string') return `"${value.slice(0, 40)}"`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return 'a tagged item'
}
