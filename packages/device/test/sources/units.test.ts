import assert from 'node:assert/strict'
import test from 'node:test'
import { exactFromText, exactToText } from '@telltale/core'
import fc from 'fast-check'
import { createConversion, unitFromSpelling } from '../../src/units.ts'

function converted(path: string, unit: string, text: string): string {
  const { value, raw } = createConversion(path, unit).convert(exactFromText(text))
  return `${exactToText(value)}${raw === undefined ? '' : ` from ${exactToText(raw.value)} ${raw.unit}`}`
}

test('an odometer in miles or kilometres becomes whole metres and keeps what was said', () => {
  assert.equal(converted('Vehicle.TraveledDistance', 'mi', '15589'), '25088064 from 15589 mi')
  assert.equal(converted('Vehicle.TraveledDistance', 'miles', '15590'), '25089673 from 15590 mi')
  assert.equal(converted('Vehicle.TraveledDistance', 'km', '135879.1'), '135879100 from 135879.1 km')
  assert.equal(createConversion('Vehicle.TraveledDistance', 'mi').unit, 'm')
})

test('whole metres are rounded half away from zero, and only then is the unrounded value kept', () => {
  assert.equal(converted('Vehicle.TraveledDistance', 'm', '25088064'), '25088064')
  assert.equal(converted('Vehicle.TraveledDistance', 'm', '2.5'), '3 from 2.5 m')
  assert.equal(converted('Vehicle.TripMeterReading', 'm', '-2.5'), '-3 from -2.5 m')
  assert.equal(converted('Vehicle.TripMeterReading', 'm', '2.4'), '2 from 2.4 m')
})

test('a value in the unit of its path stays exact and has no raw', () => {
  assert.equal(converted('Vehicle.Speed', 'km/h', '29.38'), '29.38')
  assert.equal(converted('Vehicle.Speed', 'kph', '29.38'), '29.38')
})

test('conversions that have an end in decimals are exact', () => {
  assert.equal(converted('Vehicle.Speed', 'mph', '55'), '88.51392 from 55 mph')
  assert.equal(converted('Vehicle.Speed', 'm/s', '8.161'), '29.3796 from 8.161 m/s')
  assert.equal(converted('Vehicle.Exterior.AirTemperature', '°F', '-40'), '-40 from -40 Fahrenheit')
  assert.equal(converted('Vehicle.Exterior.AirTemperature', 'K', '293.15'), '20 from 293.15 K')
  assert.equal(converted('Vehicle.OBD.TimeSinceDTCCleared', 'h', '1.5'), '90 from 1.5 h')
})

test('conversions without end, or with very many digits, are rounded to nine places', () => {
  assert.equal(converted('Vehicle.Exterior.AirTemperature', 'Fahrenheit', '100'), '37.777777778 from 100 Fahrenheit')
  assert.equal(converted('Vehicle.Exterior.AirTemperature', 'Fahrenheit', '0'), '-17.777777778 from 0 Fahrenheit')
  assert.equal(converted('Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure', 'psi', '32'), '220.632233381 from 32 psi')
  assert.equal(converted('Vehicle.Speed', 'mph', '29.12345678'), '46.869660428 from 29.12345678 mph')
})

test('a path that is not listed keeps a unit VSS has, and else takes that of the quantity', () => {
  assert.equal(createConversion('Pump.Pressure', 'psi').unit, 'psi')
  assert.equal(createConversion('Pump.Pressure', 'bar').unit, 'kPa')
  assert.equal(converted('Pump.Pressure', 'bar', '2.5'), '250 from 2.5 bar')
})

test('spellings mean one thing or nothing', () => {
  assert.equal(unitFromSpelling(' °C '), 'Celsius')
  assert.equal(unitFromSpelling('%'), 'percent')
  for (const doubtful of ['M', 'k', 'gal', '', 'furlong', 'constructor']) assert.equal(unitFromSpelling(doubtful), null)
})

test('a unit that is unknown or of another quantity is refused by name', () => {
  assert.doesNotThrow(() => createConversion('Vehicle.Speed', 'mph'))
  assert.throws(() => createConversion('Vehicle.Speed', 'kmph/s'), { code: 'unknown-unit' })
  assert.throws(() => createConversion('Vehicle.Speed', 'milse'), { code: 'unknown-unit', message: /Did you mean/ })
  assert.throws(() => createConversion('Vehicle.Speed', 'Celsius'), { code: 'unit-mismatch' })
})

test('miles to metres agree with whole-number arithmetic for every odometer', () => {
  const conversion = createConversion('Vehicle.TraveledDistance', 'mi')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (miles) => {
      const expected = (BigInt(miles) * 1_609_344n + 500n) / 1_000n
      assert.equal(conversion.convert(miles).value, Number(expected))
    }),
  )
})

test('what does not fit a record is refused, not rounded', () => {
  const conversion = createConversion('Vehicle.TraveledDistance', 'km')
  assert.equal(conversion.convert(9_007_199_254_740).value, 9_007_199_254_740_000)
  assert.throws(() => conversion.convert(9_007_199_254_741), { code: 'number-out-of-range' })
})
