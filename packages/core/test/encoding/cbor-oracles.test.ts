import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Tag, decode as decodeForeign, dcborDecodeOptions } from 'cbor2'
import { Tagged as CborgTagged, encode as encodeForeign, rfc8949EncodeOptions } from 'cborg'
import fc from 'fast-check'
import { bytesToHex } from '../../src/bytes/hex.ts'
import { Decimal } from '../../src/decimal.ts'
import { Tagged } from '../../src/encoding/cbor.ts'
import type { Cbor, CborKey } from '../../src/encoding/cbor.ts'
import { decode } from '../../src/encoding/reader.ts'
import { encode } from '../../src/encoding/writer.ts'
import { TelltaleError } from '../../src/errors.ts'
import { createMutator } from './mutation.ts'

const CODES = new Set(['malformed-cbor', 'not-canonical', 'too-deep', 'number-out-of-range', 'malformed-text'])

/** What our reader says: the item, or the code. */
function ours(bytes: Uint8Array): { value: Cbor } | { code: string } {
  try {
    return { value: decode(bytes) }
  } catch (error) {
    assert.ok(error instanceof TelltaleError, `${bytesToHex(bytes)}: ${String(error)}`)
    assert.ok(CODES.has(error.code), error.code)
    return { code: error.code }
  }
}

/** Whether somebody else's reader of deterministic CBOR takes these bytes, and they are within our subset. Unicode is never normalised here. */
function theirsAccepts(bytes: Uint8Array): boolean {
  let value: unknown
  try {
    value = decodeForeign(bytes, { ...dcborDecodeOptions, rejectStringsNotNormalizedAs: null, preferMap: true, ignoreGlobalTags: true, tags: new Map() })
  } catch {
    // Whatever it throws, it does not take them.
    return false
  }
  return isInSubset(value, 1)
}

/** The rules of our subset, written anew from the description of the format. */
function isInSubset(value: unknown, depth: number): boolean {
  if (depth > 16) return false
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || value instanceof Uint8Array) return true
  if (typeof value === 'number') return Number.isSafeInteger(value)
  if (Array.isArray(value)) return value.every((item) => isInSubset(item, depth + 1))
  if (value instanceof Map) return [...value].every(([key, item]) => (typeof key === 'number' || typeof key === 'string') && isInSubset(key, depth + 1) && isInSubset(item, depth + 1))
  if (!(value instanceof Tag)) return false
  if (value.tag === 18 || value.tag === 18n) return isInSubset(value.contents, depth + 1)
  if (value.tag !== 4 && value.tag !== 4n) return false
  return isInSubset(value.contents, depth + 1) && isDecimal(value.contents)
}

function isDecimal(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [exponent, mantissa] = value as unknown[]
  return typeof exponent === 'number' && typeof mantissa === 'number' && exponent <= -1 && exponent >= -18 && mantissa % 10 !== 0
}

/** The same item for cborg to write. */
function forCborg(value: Cbor): unknown {
  if (value instanceof Decimal) return new CborgTagged(4, [value.exponent, value.mantissa])
  if (value instanceof Tagged) return new CborgTagged(18, forCborg(value.value))
  if (Array.isArray(value)) return value.map(forCborg)
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, forCborg(item)]))
  return value
}

const { cbor } = fc.letrec<{ cbor: Cbor }>((tie) => {
  const integer = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 }), fc.constantFrom(23, 24, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, -24, -25, -256, -257))
  const text = fc.string({ unit: 'grapheme', maxLength: 80 })
  const decimal = fc.tuple(fc.integer({ min: -18, max: -1 }), fc.maxSafeInteger().filter((mantissa) => mantissa % 10 !== 0)).map(([exponent, mantissa]) => new Decimal(mantissa, exponent))
  const key = fc.oneof(integer, text) as fc.Arbitrary<CborKey>
  const leaf = fc.oneof(integer, text, fc.boolean(), fc.constant(null), fc.uint8Array({ maxLength: 300 }), decimal)
  return {
    cbor: fc.oneof(
      { depthSize: 'small', maxDepth: 6, withCrossShrink: true },
      leaf,
      fc.array(tie('cbor'), { maxLength: 30 }),
      fc.array(fc.tuple(key, tie('cbor')), { maxLength: 30 }).map((pairs) => new Map(pairs)),
      tie('cbor').map((value) => new Tagged(value)),
    ) as fc.Arbitrary<Cbor>,
  }
})

suite('CBOR against readers and writers that are not ours', () => {
  test('what we write, cborg writes alike, and everybody reads back', () => {
    fc.assert(
      fc.property(cbor, (value) => {
        const bytes = encode(value)
        assert.equal(bytesToHex(encodeForeign(forCborg(value), rfc8949EncodeOptions)), bytesToHex(bytes))
        assert.equal(bytesToHex(encode(decode(bytes))), bytesToHex(bytes))
        assert.ok(theirsAccepts(bytes))
      }),
      { numRuns: 500, seed: 20_250_601 },
    )
  })

  test('20,000 damaged inputs: both take them or both refuse them, and what is taken has one encoding', () => {
    const seeds = fc.sample(cbor, { numRuns: 300, seed: 7 }).map(encode)
    const mutate = createMutator(seeds, 42)
    let accepted = 0
    for (let i = 0; i < 20_000; i++) {
      const bytes = mutate()
      const read = ours(bytes)
      assert.equal('value' in read, theirsAccepts(bytes), `input ${i}: ${bytesToHex(bytes)} is ${'value' in read ? 'accepted' : read.code}`)
      if (!('value' in read)) continue
      accepted += 1
      assert.equal(bytesToHex(encode(read.value)), bytesToHex(bytes))
      assert.equal(bytesToHex(encodeForeign(forCborg(read.value), rfc8949EncodeOptions)), bytesToHex(bytes))
    }
    // Neither nothing nor everything: otherwise this would compare nothing.
    assert.ok(accepted > 2_000 && accepted < 48_000, `${accepted} accepted`)
  })

  test('random short inputs: every one of two bytes, and many of three', () => {
    for (let i = 0; i < 65_536; i++) {
      const bytes = new Uint8Array([i >> 8, i & 255])
      assert.equal('value' in ours(bytes), theirsAccepts(bytes), bytesToHex(bytes))
    }
  })
})
