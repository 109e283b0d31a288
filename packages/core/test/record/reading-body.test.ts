import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { Decimal } from '../../src/decimal.ts'
import type { Cbor } from '../../src/encoding/cbor.ts'
import { decode } from '../../src/encoding/reader.ts'
import { encode } from '../../src/encoding/writer.ts'
import { TelltaleError } from '../../src/errors.ts'
import { bodyToReadings, readingsToBody } from '../../src/record/reading-body.ts'
import type { RecordReading } from '../../src/record/reading-body.ts'
import { encodeReadings, readingsExtent } from '../../src/record/senml.ts'
import type { BodyReading } from '../../src/record/senml.ts'

const refusedWith = (code: string) => (error: unknown) => error instanceof TelltaleError && error.code === code

const MILES: RecordReading = {
  path: 'Vehicle.TraveledDistance',
  timeMs: 1_700_000_000_000,
  value: 231_904_512,
  unit: 'm',
  raw: { value: new Decimal(1_440_988, -1), unit: 'mi' },
  source: 'can:0x611:ODOMETER',
}

const PLAIN = { noNullPrototype: true }
const values = fc.oneof(fc.integer(), fc.integer({ min: 1, max: 9 }).map((mantissa) => new Decimal(mantissa, -2)))
const base = { path: fc.constantFrom('Vehicle.Speed', 'Vehicle.TraveledDistance', 'obd/fuel'), timeMs: fc.nat({ max: 50_000 }), source: fc.constantFrom('', 'can:0x611:ODOMETER', 'obd:01A6', 'csv:Kilometerstand ä') }
const numbers = fc.record({ ...base, value: values, unit: fc.option(fc.constantFrom('m', 'km/h')), raw: fc.record({ value: values, unit: fc.constantFrom('mi', 'km') }, PLAIN) }, { requiredKeys: ['path', 'timeMs', 'value', 'unit', 'source'], ...PLAIN })
const others = fc.record({ ...base, value: fc.oneof(fc.string(), fc.boolean()), unit: fc.constant(null) }, PLAIN)
const readings = fc.array(fc.oneof(numbers, others), { minLength: 1, maxLength: 30 })

suite('readings of a record', () => {
  test('a reader gets back exactly what was put in', () => {
    fc.assert(
      fc.property(readings, (list) => {
        const { body, extent } = readingsToBody(list)
        assert.equal(extent.count, body.length)
        assert.deepEqual(bodyToReadings(decode(encode(body)), extent), list)
      }),
      { numRuns: 500 },
    )
  })

  test('a converted reading is three SenML records of one time, and tells its source once', () => {
    const { body, extent } = readingsToBody([MILES, { ...MILES, timeMs: MILES.timeMs + 1000 }])
    assert.deepEqual(extent, { firstMs: MILES.timeMs, durationMs: 1000, count: 5 })
    assert.deepEqual(body, [
      new Map<number, Cbor>([[0, '/source'], [3, 'can:0x611:ODOMETER'], [-2, 'Vehicle.TraveledDistance']]),
      new Map<number, Cbor>([[2, 231_904_512], [-4, 'm']]),
      new Map<number, Cbor>([[0, '/raw'], [1, 'mi'], [2, new Decimal(1_440_988, -1)]]),
      new Map<number, Cbor>([[2, 231_904_512], [6, 1]]),
      new Map<number, Cbor>([[0, '/raw'], [1, 'mi'], [2, new Decimal(1_440_988, -1)], [6, 1]]),
    ])
  })

  test('a changed source is told again', () => {
    const { body } = readingsToBody([MILES, { ...MILES, source: 'obd:01A6' }, { ...MILES, source: 'obd:01A6' }, MILES])
    assert.deepEqual(body.map((one) => (one as Map<number, Cbor>).get(3)).filter((text) => text !== undefined), ['can:0x611:ODOMETER', 'obd:01A6', 'can:0x611:ODOMETER'])
  })

  test('paths that end like our own additions are refused', () => {
    readingsToBody([MILES])
    for (const path of ['Vehicle.Speed/raw', 'Vehicle.Speed/source']) assert.throws(() => readingsToBody([{ ...MILES, path }]), refusedWith('malformed-name'))
  })

  test('additions that stand where they mean nothing are refused, not skipped', () => {
    const at = (name: string, value: BodyReading['value'], unit: string | null = null, timeMs = 0): BodyReading => ({ name, value, unit, timeMs })
    const read = (list: BodyReading[]): RecordReading[] => bodyToReadings(encodeReadings(list, 0), readingsExtent(list))
    const [source, value, raw] = [at('a/source', 'obd:0D'), at('a', 1, 'm'), at('a/raw', 2, 'mi')]
    assert.deepEqual(read([source, value, raw]), [{ path: 'a', timeMs: 0, value: 1, unit: 'm', raw: { value: 2, unit: 'mi' }, source: 'obd:0D' }])
    assert.deepEqual(read([source, value, source, value]).length, 2)
    const refused: Record<string, BodyReading[]> = {
      'raw first': [raw, value],
      'raw of another path': [value, at('b/raw', 2, 'mi')],
      'raw of another time': [value, at('a/raw', 2, 'mi', 5)],
      'raw twice': [value, raw, raw],
      'raw as text': [value, at('a/raw', 'two')],
      'raw without unit': [value, at('a/raw', 2)],
      'source last': [value, source],
      'source of another path': [at('b/source', 'obd:0D'), value],
      'source of another time': [source, at('a', 1, 'm', 5)],
      'source before source': [source, at('b/source', 'x'), at('b', 1)],
      'source as number': [at('a/source', 1), value],
    }
    for (const [what, list] of Object.entries(refused)) assert.throws(() => read(list), refusedWith('malformed-reading'), what)
    assert.throws(() => read([at('a/raw/source', 'x'), at('a/raw', 1, 'm')]), refusedWith('malformed-name'))
  })
})
