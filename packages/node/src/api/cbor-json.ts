import { Decimal, Tagged, bytesToHex, exactToText } from '@telltale/core'
import type { Cbor } from '@telltale/core'

/** CBOR as JSON shows it: byte strings as hexadecimal text, exact numbers with all their digits, maps as objects, a tag as `{"tag", "value"}`. */
export function cborToJson(value: Cbor): unknown {
  if (value instanceof Uint8Array) return bytesToHex(value)
  if (value instanceof Decimal) return exactJson(exactToText(value))
  if (value instanceof Tagged) return { tag: value.tag, value: cborToJson(value.value) }
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), cborToJson(item)]))
  return Array.isArray(value) ? value.map(cborToJson) : value
}

/** A number with exactly these digits: JSON has no limit of its own, so nothing needs to be rounded. */
export function exactJson(digits: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(digits)
}
