import { bytesToMapKey } from '../bytes/binary-key.ts'
import { Decimal } from '../decimal.ts'
import { fail } from '../errors.ts'
import type { TelltaleError } from '../errors.ts'
import { CBOR_DEPTH_MAX, CBOR_ITEMS_MAX } from '../limits.ts'
import { Tagged } from './cbor.ts'
import type { Cbor, CborMap } from './cbor.ts'
import { bytesToText } from './utf8.ts'

/**
 * Reads exactly one deterministic CBOR item and checks its canonical form while reading, so that nothing need be re-encoded: shortest
 * heads, map keys strictly ascending in bytewise order of their encoding, no floats, valid UTF-8. Byte strings are views into `bytes`.
 * Codes: `malformed-cbor`, `not-canonical`, `too-deep`, `too-many-items`, `number-out-of-range`, `malformed-text`.
 */
export function decode(bytes: Uint8Array): Cbor {
  const input: Input = { bytes, at: 0, items: 0 }
  const value = readItem(input, 1)
  if (input.at !== bytes.length) throw malformed(input, 'the end', `${bytes.length - input.at} more bytes`)
  return value
}

interface Input {
  bytes: Uint8Array
  at: number
  /** Read so far. */
  items: number
}

function readItem(input: Input, depth: number): Cbor {
  if (depth > CBOR_DEPTH_MAX) throw fail('too-deep', `The CBOR nests deeper than ${CBOR_DEPTH_MAX} levels.`, { expected: `at most ${CBOR_DEPTH_MAX} levels`, found: 'more' })
  input.items += 1
  if (input.items > CBOR_ITEMS_MAX) throw fail('too-many-items', `The CBOR has more than ${CBOR_ITEMS_MAX} items.`, { expected: `at most ${CBOR_ITEMS_MAX} items`, found: 'more' })
  const start = input.at
  const initial = input.bytes[start]
  if (initial === undefined) throw cutShort(input, 'an item')
  const major = initial >> 5
  if (major === 7) return readSimple(input, initial)
  const argument = readArgument(input, initial & 31)
  switch (major) {
    case 0:
      return argument
    case 1:
      if (argument >= Number.MAX_SAFE_INTEGER) throw outOfRange(input)
      return -1 - argument
    case 2:
      return take(input, argument)
    case 3:
      return readText(input, argument)
    case 4:
      return readArray(input, argument, depth)
    case 5:
      return readMap(input, argument, depth)
    default:
      return readTag(input, argument, depth)
  }
}

function readSimple(input: Input, initial: number): boolean | null {
  input.at += 1
  if (initial === 0xf4) return false
  if (initial === 0xf5) return true
  if (initial === 0xf6) return null
  throw malformed(input, 'false, true or null', `simple value or float 0x${initial.toString(16)}`)
}

/** The argument of a head (RFC 8949, 3), refused unless it has the shortest form and fits 2^53 - 1. */
function readArgument(input: Input, info: number): number {
  const { bytes } = input
  input.at += 1
  if (info < 24) return info
  const at = input.at
  if (info > 27) throw malformed(input, 'a definite length', `additional information ${info}`)
  const width = 1 << (info - 24)
  if (at + width > bytes.length) throw cutShort(input, `${width} bytes of length`)
  input.at = at + width
  let argument = 0
  for (let i = at; i < at + width; i++) argument = argument * 256 + (bytes[i] as number)
  if (argument > Number.MAX_SAFE_INTEGER) throw outOfRange(input)
  if (argument < SHORTEST[info - 24]!) throw fail('not-canonical', `Byte ${at} begins a number that has a shorter form.`, { expected: 'the shortest form', found: `${argument} in ${width} bytes` })
  return argument
}

/** Smallest argument that may stand in 1, 2, 4 or 8 bytes. */
const SHORTEST = [24, 0x100, 0x1_0000, 0x1_0000_0000]

function take(input: Input, length: number): Uint8Array {
  const end = input.at + length
  if (end > input.bytes.length) throw cutShort(input, `${length} bytes`)
  const view = input.bytes.subarray(input.at, end)
  input.at = end
  return view
}

function readText(input: Input, length: number): string {
  const view = take(input, length)
  if (length > 64) return bytesToText(view)
  for (let i = 0; i < length; i++) if ((view[i] as number) > 127) return bytesToText(view)
  return bytesToMapKey(view)
}

function readArray(input: Input, length: number, depth: number): Cbor[] {
  // Every element takes a byte at least: a length that lies is found before anything is allocated for it.
  if (length > input.bytes.length - input.at) throw cutShort(input, `${length} elements`)
  // A short one is given its length at once: one that grows takes room for sixteen.
  const items: Cbor[] = []
  if (length <= 16) items.length = length
  for (let i = 0; i < length; i++) items[i] = readItem(input, depth + 1)
  return items
}

function readMap(input: Input, length: number, depth: number): CborMap {
  if (length * 2 > input.bytes.length - input.at) throw cutShort(input, `${length} pairs`)
  const map: CborMap = new Map()
  let previousStart = -1
  let previousEnd = -1
  for (let i = 0; i < length; i++) {
    const start = input.at
    const key = readItem(input, depth + 1)
    if (typeof key !== 'number' && typeof key !== 'string') throw malformed(input, 'an integer or text as map key', 'another item')
    if (previousStart >= 0 && !isAscending(input.bytes, previousStart, previousEnd, start, input.at)) {
      throw fail('not-canonical', `The map key at byte ${start} is doubled or out of order.`, { expected: 'map keys in ascending order of their encoding', found: String(key).slice(0, 40) })
    }
    previousStart = start
    previousEnd = input.at
    map.set(key, readItem(input, depth + 1))
  }
  return map
}

function isAscending(bytes: Uint8Array, aStart: number, aEnd: number, bStart: number, bEnd: number): boolean {
  const length = Math.min(aEnd - aStart, bEnd - bStart)
  for (let i = 0; i < length; i++) {
    const difference = (bytes[aStart + i] as number) - (bytes[bStart + i] as number)
    if (difference !== 0) return difference < 0
  }
  return aEnd - aStart < bEnd - bStart
}

function readTag(input: Input, tag: number, depth: number): Decimal | Tagged {
  if (tag !== 4 && tag !== 18) throw malformed(input, 'tag 4 or 18', `tag ${tag}`)
  const value = readItem(input, depth + 1)
  if (tag === 18) return new Tagged(value)
  if (!Array.isArray(value) || value.length !== 2) throw malformed(input, 'exponent and mantissa', 'another item')
  const [exponent, mantissa] = value
  if (typeof exponent !== 'number' || typeof mantissa !== 'number') throw malformed(input, 'integers in tag 4', 'another item')
  if (exponent > -1 || exponent < -18 || mantissa % 10 === 0) {
    throw fail('not-canonical', 'A decimal is not in normal form.', { expected: 'exponent -1 to -18 and a mantissa not divisible by 10', found: `${mantissa}e${exponent}` })
  }
  return new Decimal(mantissa, exponent)
}

function outOfRange(input: Input): TelltaleError {
  return fail('number-out-of-range', `The number before byte ${input.at} is too large.`, { expected: 'integers within +-(2^53 - 1)', found: 'a larger one' })
}

/** Files and messages are cut short far more often than they are made up. */
function cutShort(input: Input, expected: string): TelltaleError {
  const left = input.bytes.length - input.at
  return fail('malformed-cbor', `The CBOR ends too early: expected ${expected} at byte ${input.at}, found ${left === 0 ? 'the end' : `${left} more`}. It was cut short: get it again, whole. Or a length in it is wrong.`, { expected, found: `${left} bytes` })
}

function malformed(input: Input, expected: string, found: string): TelltaleError {
  return fail('malformed-cbor', `The CBOR cannot be read at byte ${input.at}: expected ${expected}, found ${found}.`, { expected, found })
}
