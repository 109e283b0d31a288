import { encode, exactToNumber, exactToText } from '@telltale/core'
import type { Exact } from '@telltale/core'

/** One way in which a reading could be written, as the bytes to look for. */
interface Needle {
  /** `double, big-endian, base64`. */
  encoding: string
  bytes: Buffer
}

/** Needles this short turn up in random bytes now and then: several readings have to be found in the same encoding. */
const SHORT_BYTES = 5
const SHORT_FOUND_MIN = 3
const NEEDLE_BYTES_MIN = 4

export interface Found {
  encoding: string
  readings: string[]
}

/** Every reading that `haystack` holds in any encoding. */
export function findReadings(haystack: Buffer, secrets: (Exact | string)[]): Found[] {
  const found = new Map<string, { readings: string[]; isShort: boolean }>()
  for (const secret of secrets) {
    for (const { encoding, bytes } of needlesOf(secret)) {
      if (!haystack.includes(bytes)) continue
      const entry = found.get(encoding) ?? { readings: [], isShort: bytes.length < SHORT_BYTES }
      entry.readings.push(typeof secret === 'string' ? secret : exactToText(secret))
      found.set(encoding, entry)
    }
  }
  return [...found].filter(([, { readings, isShort }]) => !isShort || readings.length >= SHORT_FOUND_MIN).map(([encoding, { readings }]) => ({ encoding, readings }))
}

const known = new Map<Exact | string, Needle[]>()

/** All encodings of a number or a text. */
export function needlesOf(secret: Exact | string): Needle[] {
  const before = known.get(secret)
  if (before) return before
  const plain = typeof secret === 'string' ? textNeedles(secret) : [...textNeedles(exactToText(secret)), ...numberNeedles(secret)]
  const wrapped = plain.flatMap(({ encoding, bytes }) => [{ encoding, bytes }, ...hexNeedles(encoding, bytes), ...base64Needles(encoding, bytes)])
  const needles = wrapped.filter(({ bytes }) => bytes.length >= NEEDLE_BYTES_MIN)
  known.set(secret, needles)
  return needles
}

function textNeedles(text: string): Needle[] {
  const little = Buffer.from(text, 'utf16le')
  return [
    { encoding: 'text', bytes: Buffer.from(text) },
    { encoding: 'UTF-16, little-endian', bytes: little },
    { encoding: 'UTF-16, big-endian', bytes: Buffer.from(little).swap16() },
  ]
}

function numberNeedles(number: Exact): Needle[] {
  const value = exactToNumber(number)
  const mantissa = typeof number === 'number' ? number : number.mantissa
  const needles: Needle[] = [{ encoding: 'CBOR', bytes: Buffer.from(encode(number)) }, { encoding: 'CBOR mantissa', bytes: Buffer.from(encode(mantissa)) }]
  const write = (encoding: string, size: number, put: (bytes: Buffer) => void): void => {
    const bytes = Buffer.alloc(size)
    put(bytes)
    needles.push({ encoding, bytes })
  }
  write('double, big-endian', 8, (bytes) => bytes.writeDoubleBE(value))
  write('double, little-endian', 8, (bytes) => bytes.writeDoubleLE(value))
  write('float, big-endian', 4, (bytes) => bytes.writeFloatBE(value))
  write('float, little-endian', 4, (bytes) => bytes.writeFloatLE(value))
  write('integer of 64 bits, big-endian', 8, (bytes) => bytes.writeBigInt64BE(BigInt(mantissa)))
  write('integer of 64 bits, little-endian', 8, (bytes) => bytes.writeBigInt64LE(BigInt(mantissa)))
  if (Math.abs(mantissa) < 2 ** 31) {
    write('integer of 32 bits, big-endian', 4, (bytes) => bytes.writeInt32BE(mantissa))
    write('integer of 32 bits, little-endian', 4, (bytes) => bytes.writeInt32LE(mantissa))
  }
  return needles
}

function hexNeedles(encoding: string, bytes: Buffer): Needle[] {
  const hex = bytes.toString('hex')
  return [{ encoding: `${encoding}, hexadecimal`, bytes: Buffer.from(hex) }, { encoding: `${encoding}, hexadecimal in capitals`, bytes: Buffer.from(hex.toUpperCase()) }]
}

/** At each of the three places that it can have in a longer text; characters that depend on its neighbours are left out. */
function base64Needles(encoding: string, bytes: Buffer): Needle[] {
  return [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes])
    const whole = padded.toString('base64').replaceAll('=', '')
    const inner = whole.slice(Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6))
    const safe = inner.replaceAll('+', '-').replaceAll('/', '_')
    return [inner, safe].map((text): Needle => ({ encoding: `${encoding}, base64`, bytes: Buffer.from(text) }))
  })
}
