import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decode as decodeForeign } from 'cborg'
import fc from 'fast-check'
import { Decimal } from '../../src/decimal.ts'
import type { Exact } from '../../src/decimal.ts'
import type { Cbor } from '../../src/encoding/cbor.ts'
import { decode } from '../../src/encoding/reader.ts'
import { encode } from '../../src/encoding/writer.ts'
import { TelltaleError } from '../../src/errors.ts'
import { RECORD_READINGS_MAX } from '../../src/limits.ts'
import { decodeReadings, encodeReadings, readingsExtent } from '../../src/record/senml.ts'
import type { BodyReading } from '../../src/record/senml.ts'

const refusedWith = (code: string) => (error: unknown) => error instanceof TelltaleError && error.code === code

/** Numbers in normal form. */
const exacts: fc.Arbitrary<Exact> = fc.oneof(
  fc.maxSafeInteger().map((value) => (value === 0 ? 0 : value)),
  fc.tuple(fc.maxSafeInteger().filter((mantissa) => mantissa % 10 !== 0), fc.integer({ min: -18, max: -1 })).map(([mantissa, exponent]) => new Decimal(mantissa, exponent)),
)
const names = fc.oneof(
  fc.constantFrom('Vehicle.Speed', 'Vehicle.SpeedLimit', 'Vehicle.TraveledDistance', 'Vehicle.TraveledDistance/raw', 'Vehicle.TraveledDistance/source', 'a', 'V'),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9:./_-]{0,20}$/),
)
const times = fc.oneof(fc.nat({ max: 5 }).map((seconds) => seconds * 1000), fc.nat({ max: 100_000 }))
const numbers = fc.record({ name: names, unit: fc.option(fc.constantFrom('m', 'km/h', 'celsius')), value: exacts, timeMs: times })
const others = fc.record({ name: names, unit: fc.constant(null), value: fc.oneof(fc.string(), fc.boolean()), timeMs: times })
const bodies: fc.Arbitrary<BodyReading[]> = fc.array(fc.oneof(numbers, others), { minLength: 1, maxLength: 40 })

const reading = (change: Partial<BodyReading> = {}): BodyReading => ({ name: 'Vehicle.Speed', unit: 'km/h', value: 30, timeMs: 0, ...change })

/** One SenML record as a map, from label and value pairs. */
const item = (...pairs: [number | string, Cbor][]): Map<number | string, Cbor> => new Map(pairs)
const ONE = { firstMs: 0, durationMs: 0, count: 1 }

suite('SenML', () => {
  test('what is encoded resolves to the same readings in the same order', () => {
    fc.assert(
      fc.property(bodies, fc.nat({ max: 2 ** 41 }), (relative, startMs) => {
        const readings = relative.map((one) => ({ ...one, timeMs: one.timeMs + startMs }))
        const extent = readingsExtent(readings)
        const bytes = encode(encodeReadings(readings, extent.firstMs))
        assert.deepEqual(decodeReadings(decode(bytes), extent), readings)
      }),
      { numRuns: 500 },
    )
  })

  test('a reader that knows only CBOR and RFC 8428 resolves the same', () => {
    const asText = ([exponent, mantissa]: [number, number]): string => `${mantissa}e${exponent}`
    fc.assert(
      fc.property(bodies, (readings) => {
        const { firstMs } = readingsExtent(readings)
        const tags = { 4: (decodeTagged: () => [number, number]) => asText(decodeTagged()) } as never
        const array = decodeForeign(encode(encodeReadings(readings, firstMs)), { useMaps: true, tags }) as Map<number, unknown>[]
        let [baseName, baseUnit] = ['', undefined as unknown]
        for (const [i, record] of array.entries()) {
          baseName = (record.get(-2) as string | undefined) ?? baseName
          baseUnit = record.get(-4) ?? baseUnit
          const expected = readings[i] as BodyReading
          assert.equal(baseName + ((record.get(0) as string | undefined) ?? ''), expected.name)
          const value = record.get(2) ?? record.get(3) ?? record.get(4)
          assert.equal(value, expected.value instanceof Decimal ? asText([expected.value.exponent, expected.value.mantissa]) : expected.value)
          if (record.has(2)) assert.equal(record.get(1) ?? baseUnit ?? null, expected.unit)
          assert.equal(Number(record.get(6) ?? 0), (expected.timeMs - firstMs) / 1000)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('a body of one path names it and its unit once', () => {
    const readings = Array.from({ length: 10 }, (_, i) => reading({ timeMs: 100 * i, value: 30 + i }))
    const array = encodeReadings(readings, 0)
    assert.deepEqual(array[0], item([2, 30], [-2, 'Vehicle.Speed'], [-4, 'km/h']))
    assert.deepEqual(array[1], item([2, 31], [6, new Decimal(1, -1)]))
    assert.deepEqual(array.slice(1).flatMap((one) => [...(one as Map<number, Cbor>).keys()]).filter((label) => label !== 2 && label !== 6), [])
  })

  test('paths that take turns share a prefix, paths one after the other a base name each', () => {
    const [speed, distance] = [reading(), reading({ name: 'Vehicle.TraveledDistance', unit: 'm' })]
    const taking = encodeReadings([speed, distance, speed, distance, speed, distance], 0)
    assert.deepEqual(taking.map((one) => (one as Map<number, Cbor>).get(-2)), ['Vehicle.', undefined, undefined, undefined, undefined, undefined])
    const following = encodeReadings([speed, speed, speed, distance, distance, distance], 0)
    assert.deepEqual(following.map((one) => (one as Map<number, Cbor>).get(-2)), ['Vehicle.Speed', undefined, undefined, 'Vehicle.TraveledDistance', undefined, undefined])
    assert.deepEqual(following.map((one) => (one as Map<number, Cbor>).get(-4)), ['km/h', undefined, undefined, 'm', undefined, undefined])
  })

  test('a number without unit does not take one over from its neighbours', () => {
    const readings = [reading(), reading({ name: 'Vehicle.Gear', unit: null, value: 3 }), reading()]
    assert.deepEqual(decodeReadings(encodeReadings(readings, 0), { firstMs: 0, durationMs: 0, count: 3 }), readings)
  })

  test('the times of a record must be those it says', () => {
    const array = encodeReadings([reading(), reading({ timeMs: 2500 })], 0)
    const extent = { firstMs: 1000, durationMs: 2500, count: 2 }
    assert.deepEqual(decodeReadings(array, extent).map((one) => one.timeMs), [1000, 3500])
    assert.throws(() => decodeReadings(array, { ...extent, durationMs: 2499 }), refusedWith('reading-time-out-of-range'))
    assert.throws(() => decodeReadings(array, { ...extent, durationMs: 2501 }), refusedWith('reading-time-out-of-range'))
    const late = [item([0, 'a'], [2, 1], [6, 1])]
    assert.throws(() => decodeReadings(late, { firstMs: 0, durationMs: 1000, count: 1 }), refusedWith('reading-time-out-of-range'))
    const early = [item([2, 1], [6, -1], [-2, 'a']), item([2, 1]), item([2, 1], [6, 1])]
    assert.throws(() => decodeReadings(early, { firstMs: 0, durationMs: 1000, count: 3 }), refusedWith('reading-time-out-of-range'))
    // From 2^28 s on, others would take t as absolute.
    const years = (seconds: number): Cbor => [item([0, 'a'], [2, 1]), item([0, 'a'], [2, 1], [6, seconds])]
    assert.equal(decodeReadings(years(2 ** 28 - 1), { firstMs: 0, durationMs: (2 ** 28 - 1) * 1000, count: 2 }).length, 2)
    assert.throws(() => decodeReadings(years(2 ** 28), { firstMs: 0, durationMs: 2 ** 28 * 1000, count: 2 }), refusedWith('reading-time-out-of-range'))
  })

  test('the count of a record must be that of its body', () => {
    const array = encodeReadings([reading(), reading()], 0)
    assert.equal(decodeReadings(array, { ...ONE, count: 2 }).length, 2)
    for (const count of [1, 3]) assert.throws(() => decodeReadings(array, { ...ONE, count }), refusedWith('count-mismatch'))
  })

  test('SenML records that a reader could take two ways are refused', () => {
    const name = [0, 'a'] as [number, Cbor]
    decodeReadings([item(name, [1, 'm'], [2, 1])], ONE)
    const refused: [string, Cbor][] = [
      ['malformed-senml', [item(name)]],
      ['malformed-senml', [item(name, [2, 1], [3, 'text'])]],
      ['malformed-senml', [item(name, [2, 1], [5, 1])]],
      ['malformed-senml', [item(name, [2, 1], [-3, 1])]],
      ['malformed-senml', [item(name, [2, 1], ['unit_', 'm'])]],
      ['malformed-senml', [item(name, [1, 'm'], [3, 'text'])]],
      ['malformed-senml', [item(name, [1, ''], [2, 1])]],
      ['wrong-shape', [item(name, [2, 'text'])]],
      ['wrong-shape', [item(name, [3, 1])]],
      ['wrong-shape', [item(name, [4, 1])]],
      ['wrong-shape', [item([0, 1], [2, 1])]],
      ['wrong-shape', [item(name, [2, 1], [6, 'now'])]],
      ['wrong-shape', [item(name, [2, 1], [6, new Decimal(1, -4)])]],
      ['wrong-shape', [[1]]],
      ['wrong-shape', 'text'],
      ['malformed-name', [item([2, 1])]],
      ['malformed-name', [item([0, '.a'], [2, 1])]],
      ['malformed-name', [item([0, 'a b'], [2, 1])]],
      ['malformed-name', [item([0, 'ä'], [2, 1])]],
      ['malformed-name', [item([-2, 'a'.repeat(150)], [0, 'a'.repeat(51)], [2, 1])]],
      ['no-readings', []],
    ]
    for (const [code, array] of refused) assert.throws(() => decodeReadings(array, ONE), refusedWith(code), `${code}: ${JSON.stringify(array)}`)
  })

  test('what could not be read back is not written', () => {
    encodeReadings([reading()], 0)
    const refused: [string, Partial<BodyReading>][] = [
      ['malformed-name', { name: '' }],
      ['malformed-name', { name: '/raw' }],
      ['malformed-senml', { unit: '' }],
      ['malformed-senml', { value: 'text' }],
      ['malformed-senml', { value: 0.5 }],
      ['malformed-senml', { value: Number.NaN }],
      ['malformed-senml', { value: 2 ** 53 }],
      ['wrong-shape', { unit: 'm'.repeat(33) }],
      ['wrong-shape', { unit: null, value: 'x'.repeat(4097) }],
      ['reading-time-out-of-range', { timeMs: -1 }],
      ['reading-time-out-of-range', { timeMs: 0.5 }],
      ['reading-time-out-of-range', { timeMs: 2 ** 28 * 1000 }],
    ]
    for (const [code, change] of refused) assert.throws(() => encodeReadings([reading(change)], 0), refusedWith(code), JSON.stringify(change))
    assert.throws(() => encodeReadings([], 0), refusedWith('no-readings'))
    assert.throws(() => readingsExtent([]), refusedWith('no-readings'))
    assert.throws(() => readingsExtent([reading(), reading({ timeMs: 2 ** 28 * 1000 })]), refusedWith('reading-time-out-of-range'))
  })

  test('a record has a largest number of readings', () => {
    const most = Array.from({ length: RECORD_READINGS_MAX }, () => reading())
    assert.equal(encodeReadings(most, 0).length, RECORD_READINGS_MAX)
    assert.throws(() => encodeReadings([...most, reading()], 0), refusedWith('too-many-readings'))
    const array = Array.from({ length: RECORD_READINGS_MAX + 1 }, () => item([0, 'a'], [2, 1]))
    assert.throws(() => decodeReadings(array, { ...ONE, count: array.length }), refusedWith('too-many-readings'))
  })
})
