import assert from 'node:assert/strict'
import test from 'node:test'
import { parseMapping } from '../../src/sources/mapping.ts'
import { hasSignals, suggestMapping } from '../../src/sources/mapping-suggestion.ts'

const DBC = `VERSION ""
BO_ 1552 DASH: 8 XXX
 SG_ ODOMETER : 15|24@0+ (1,0) [0|1] "km" XXX
 SG_ SPARE_TEMP : 39|8@0+ (1,-40) [0|1] "C" XXX
BO_ 180 ROAD: 8 XXX
 SG_ SPEED : 47|16@0+ (0.01,0) [0|250] "km/h" XXX
BO_ 181 ENGINE: 8 XXX
 SG_ SPEED : 47|16@0+ (1,0) [0|9000] "widgets" XXX
 SG_ COOLANT_TEMP : 39|8@0+ (1,-40) [0|1] "degC" XXX
`

test('what names and units make likely is suggested, as a mapping file that can be read', () => {
  const { signals, mapping } = suggestMapping(DBC)
  assert.deepEqual(
    signals.map(({ message, signal, path }) => [message, signal, path]),
    [
      ['DASH', 'ODOMETER', 'Vehicle.TraveledDistance'],
      ['ROAD', 'SPEED', 'Vehicle.Speed'],
      ['ENGINE', 'COOLANT_TEMP', 'Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature'],
    ],
  )
  const read = parseMapping(mapping as string)
  assert.deepEqual([...read.streams.keys()], ['odometer', 'driving'])
  assert.equal(read.signals.length, 3)
})

test('nothing is made up: a signal of another unit, or none at all', () => {
  assert.deepEqual(suggestMapping(DBC.replaceAll('"km/h"', '"V"').replaceAll('"km"', '""').replaceAll('"degC"', '"bar"')), { signals: [], mapping: null })
  assert.throws(() => suggestMapping('BO_ nonsense'), { code: 'malformed-dbc' })
})

test('whether a database has what a mapping takes', () => {
  assert.equal(hasSignals(DBC, [{ message: 'ROAD', signal: 'SPEED' }]), true)
  assert.equal(hasSignals(DBC, [{ message: 'ROAD', signal: 'SPEED' }, { message: 'ROAD', signal: 'ODOMETER' }]), false)
})
