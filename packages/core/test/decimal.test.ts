import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { Decimal, exact, exactFromText, exactTimes, exactToNumber, exactToText, roundExact } from '../src/decimal.ts'
import type { Exact } from '../src/decimal.ts'
import { decode } from '../src/encoding/reader.ts'
import { encode } from '../src/encoding/writer.ts'
import { codeOf } from './refusal.ts'

const numbers = fc.oneof(
  fc.maxSafeInteger() as fc.Arbitrary<Exact>,
  fc.tuple(fc.maxSafeInteger(), fc.integer({ min: -18, max: -1 })).map(([mantissa, exponent]) => exact(BigInt(mantissa), exponent)),
)

suite('exact decimals', () => {
  test('one normal form, whatever it was written like', () => {
    const cases: [string, Exact][] = [
      ['15590', 15_590],
      ['+15590', 15_590],
      [' 15590 ', 15_590],
      ['29.38', new Decimal(2938, -2)],
      ['29.3800', new Decimal(2938, -2)],
      ['-0.5', new Decimal(-5, -1)],
      ['-12.340', new Decimal(-1234, -2)],
      ['0.0', 0],
      ['-0', 0],
      ['0e999', 0],
      ['1e-3', new Decimal(1, -3)],
      ['12.5e1', 125],
      ['12.5E+2', 1250],
      ['100e-2', 1],
      ['1e15', 1e15],
      ['9007199254740991', Number.MAX_SAFE_INTEGER],
      ['-9007199254740991', Number.MIN_SAFE_INTEGER],
      ['90071992547409910e-1', Number.MAX_SAFE_INTEGER],
      ['0.000000000000000001', new Decimal(1, -18)],
      ['0.0000000000000000010', new Decimal(1, -18)],
    ]
    for (const [text, value] of cases) {
      const read = exactFromText(text)
      assert.deepEqual(read, value, text)
      assert.ok(!Object.is(read, -0), text)
    }
  })

  test('what does not fit is refused, never rounded', () => {
    for (const text of ['9007199254740992', '-9007199254740992', '900719925474099.25', '1e16', '1e999', '0.0000000000000000001', '1e-19', '1e-999']) {
      assert.equal(codeOf(() => exactFromText(text)), 'number-out-of-range', text)
    }
  })

  test('what is no number is refused', () => {
    for (const text of ['', ' ', '-', '.5', '5.', '1,5', '0x10', '1e', '1e1000', 'NaN', 'Infinity', '1 2', '1.2.3', '--1', '١', '1'.repeat(41)]) {
      assert.equal(codeOf(() => exactFromText(text)), 'malformed-number', text)
    }
  })

  test('text and CBOR lead back to the same number', () => {
    fc.assert(
      fc.property(numbers, (value) => {
        assert.deepEqual(exactFromText(exactToText(value)), value)
        assert.deepEqual(decode(encode(value)), value)
      }),
      { seed: 1, numRuns: 1000 },
    )
  })

  test('plain digits, no exponent', () => {
    assert.equal(exactToText(new Decimal(2938, -2)), '29.38')
    assert.equal(exactToText(new Decimal(-1, -18)), '-0.000000000000000001')
    assert.equal(exactToText(new Decimal(5, -1)), '0.5')
    assert.equal(exactToText(-15), '-15')
    assert.equal(exactToNumber(new Decimal(2938, -2)), 29.38)
  })

  test('multiplication loses nothing, and rounding takes halves away from zero', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.bigInt({ min: -1_000_000n, max: 1_000_000n }), (value, factor) => {
        const { mantissa, exponent } = exactTimes(value, factor, -3)
        assert.equal(mantissa, BigInt(value) * factor)
        assert.equal(exponent, -3)
      }),
      { seed: 2 },
    )
    assert.deepEqual(exactTimes(new Decimal(15, -1), 1_609_344n, -3), { mantissa: 24_140_160n, exponent: -4 })
    const rounded: [bigint, number, number][] = [[25n, -1, 3], [-25n, -1, -3], [24n, -1, 2], [-24n, -1, -2], [4n, -1, 0], [5n, 1, 50], [0n, -3, 0], [149n, -2, 1], [150n, -2, 2]]
    for (const [mantissa, exponent, expected] of rounded) assert.equal(roundExact(mantissa, exponent) + 0, expected)
  })
})
