import { hexToBytes, judge } from '@telltale/core'
import type { TelltaleError } from '@telltale/core'

/** Readers of JSON that holds exactly what it should, for files in which nothing may be made up for. What is wrong is refused with what was expected. */
export interface StrictJson {
  /** Null where the text is no JSON: refused with everything else that is no object. */
  parse(text: string): unknown
  /** An object of exactly these members. */
  object(value: unknown, names: string[]): Record<string, unknown>
  list(value: unknown, most: number): unknown[]
  /** A whole number, both bounds included. */
  count(value: unknown, min: number, max: number): number
  /** Bytes in hexadecimal, of this length where one is given. */
  hex(value: unknown, what: string, length?: number): Uint8Array
}

/** `refuse` makes the error from what was expected; it never shows what was found, which may be part of a secret. */
export function createStrictJson(refuse: (expected: string) => TelltaleError): StrictJson {
  return {
    parse(text) {
      try {
        return JSON.parse(text)
      } catch {
        return null
      }
    },
    object(value, names) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(`an object of ${names.join(', ')}`)
      const keys = Object.keys(value)
      if (keys.length !== names.length || names.some((name) => !keys.includes(name))) throw refuse(`exactly ${names.join(', ')}`)
      return value as Record<string, unknown>
    },
    list(value, most) {
      if (!Array.isArray(value) || value.length > most) throw refuse(`a list of at most ${most}`)
      return value
    },
    count(value, min, max) {
      if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) throw refuse(`a number of ${min} to ${max}`)
      return value
    },
    hex(value, what, length) {
      const bytes = typeof value === 'string' ? judge(() => hexToBytes(value)) : null
      if (!bytes?.ok || (length !== undefined && bytes.value.length !== length)) throw refuse(length === undefined ? `hexadecimal as ${what}` : `${length} bytes in hexadecimal as ${what}`)
      return bytes.value
    },
  }
}
