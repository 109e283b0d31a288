import assert from 'node:assert/strict'
import test from 'node:test'
import { parseMapping } from '../../src/sources/mapping.ts'

type Json = Record<string, unknown>

function honest(): { top: Json; can: Json; csv: Json } {
  const can: Json = { message: 'UI_SETTING', signal: 'ODOMETER', bus: 'can0', stream: 'odometer', path: 'Vehicle.TraveledDistance', unit: { signal: 'UNITS', values: { 1: 'km', 2: 'mi' } }, invalid: ['0xFFFFFFFF', 0], everyMs: 500, onChange: true, description: 'the dashboard' }
  const csv: Json = { column: 'Speed', stream: 'driving', path: 'Vehicle.Speed', unit: 'km/h', obd: '010D' }
  const top: Json = { version: 1, name: 'Test', description: 'text', streams: { odometer: { recordMs: 1000, recordReadingsMax: 64 }, driving: { recordMs: 1000, recordReadingsMax: 256 } }, time: { column: 'time', format: 'iso', zone: '+02:00' }, decimalMark: ',', signals: [can, csv] }
  return { top, can, csv }
}

function refusedAt(change: (parts: { top: Json; can: Json; csv: Json }) => void, place: RegExp, code = 'malformed-mapping'): void {
  const parts = honest()
  assert.doesNotThrow(() => parseMapping(JSON.stringify(parts.top)))
  change(parts)
  assert.throws(() => parseMapping(JSON.stringify(parts.top)), (error: Error & { code?: string }) => {
    assert.equal(error.code, code, error.message)
    assert.match(error.message, place)
    return true
  })
}

test('an honest mapping is read', () => {
  const mapping = parseMapping(JSON.stringify(honest().top))
  assert.equal(mapping.name, 'Test')
  assert.deepEqual(mapping.streams.get('odometer'), { recordMs: 1000, recordReadingsMax: 64 })
  assert.deepEqual(mapping.time, { column: 'time', format: 'iso', zone: '+02:00' })
  const [can, csv] = mapping.signals
  assert.deepEqual(can, {
    kind: 'can', place: 'signals[0]', message: 'UI_SETTING', signal: 'ODOMETER', bus: 'can0', stream: 'odometer', path: 'Vehicle.TraveledDistance', as: 'number',
    unit: { kind: 'told', by: 'UNITS', units: new Map([['1', 'km'], ['2', 'mi']]) }, invalid: ['0xFFFFFFFF', 0], everyMs: 500, onChange: true,
  })
  assert.deepEqual(csv, { kind: 'csv', place: 'signals[1]', column: 'Speed', obd: '010D', stream: 'driving', path: 'Vehicle.Speed', as: 'number', unit: { kind: 'stated', unit: 'km/h' }, invalid: [], everyMs: null, onChange: false })
})

test('an identifier may be given in hex or decimal, and is extended where it must be', () => {
  const idOf = (id: unknown, extended?: boolean): unknown => {
    const { top, can } = honest()
    delete can['message']
    top['signals'] = [{ ...can, id, ...(extended === undefined ? {} : { extended }) }]
    const [signal] = parseMapping(JSON.stringify(top)).signals
    return signal?.kind === 'can' ? signal.message : null
  }
  assert.deepEqual(idOf('0x611'), { id: 0x611, extended: false })
  assert.deepEqual(idOf(1553), { id: 0x611, extended: false })
  assert.deepEqual(idOf('0x18FFA021'), { id: 0x18ffa021, extended: true })
  assert.deepEqual(idOf('0x611', true), { id: 0x611, extended: true })
})

test('what is not JSON, too long or of another version is refused', () => {
  assert.throws(() => parseMapping('{"version": 1,}'), { code: 'malformed-mapping', message: /not JSON/ })
  assert.throws(() => parseMapping(`"${'x'.repeat(2_000_000)}"`), { code: 'malformed-mapping' })
  for (const text of ['null', '[]', '1', '"x"', '{}']) assert.throws(() => parseMapping(text), { code: 'malformed-mapping' }, text)
  refusedAt(({ top }) => (top['version'] = 2), /at version/)
  refusedAt(({ top }) => (top['version'] = '1'), /at version/)
})

test('unknown keys are refused where they stand, with a hint', () => {
  refusedAt(({ top }) => (top['signal'] = []), /the top level.*did you mean signals/)
  refusedAt(({ can }) => (can['everyMS'] = 5), /signals\[0\].*did you mean everyMs/)
  refusedAt(({ can }) => (can['column'] = 'x'), /signals\[0\]/)
  refusedAt(({ csv }) => (csv['constructor'] = 5), /signals\[1\]/)
  refusedAt(({ csv }) => (csv['bus'] = 'can0'), /signals\[1\]/)
  refusedAt(({ top }) => (top['time'] = { column: 'x', timezone: 'Z' }), /at time/)
  refusedAt(({ can }) => (can['unit'] = { signal: 'UNITS', values: { 1: 'km' }, default: 'km' }), /signals\[0\]\.unit/)
  assert.throws(() => parseMapping(JSON.stringify(honest().top).replace('"name"', '"__proto__":{},"name"')), { code: 'malformed-mapping' })
})

test('streams have good names and sensible limits, and signals name one of them', () => {
  const settings = { recordMs: 1000, recordReadingsMax: 1 }
  for (const name of ['Odometer', '1st', 'a b', '', 'a'.repeat(33), '-x']) refusedAt(({ top }) => (top['streams'] = { ...(top['streams'] as Json), [name]: settings }), /streams/)
  refusedAt(({ top }) => (top['streams'] = { odometer: settings, driving: { recordMs: 0, recordReadingsMax: 1 } }), /streams\.driving\.recordMs/)
  refusedAt(({ top }) => (top['streams'] = { odometer: settings, driving: { recordMs: 10.5, recordReadingsMax: 1 } }), /streams\.driving\.recordMs/)
  refusedAt(({ top }) => (top['streams'] = { odometer: settings, driving: { recordMs: 10 } }), /streams\.driving\.recordReadingsMax/)
  refusedAt(({ can }) => (can['stream'] = 'odometre'), /signals\[0\]\.stream.*odometer, driving/)
  refusedAt(({ can }) => (can['stream'] = 'constructor'), /signals\[0\]\.stream/)
})

test('units must be known and fit the path', () => {
  refusedAt(({ csv }) => (csv['unit'] = 'kmph/h'), /signals\[1\]\.unit/, 'unknown-unit')
  refusedAt(({ csv }) => (csv['unit'] = 'Celsius'), /signals\[1\]\.unit/, 'unit-mismatch')
  refusedAt(({ can }) => (can['unit'] = { signal: 'UNITS', values: { 1: 'km', 2: 'leagues' } }), /signals\[0\]\.unit\.values\.2/, 'unknown-unit')
  refusedAt(({ can }) => (can['unit'] = { signal: 'UNITS', values: { miles: 'mi' } }), /signals\[0\]\.unit\.values/)
  refusedAt(({ can }) => (can['unit'] = { signal: 'UNITS', values: {} }), /signals\[0\]\.unit\.values/)
  refusedAt(({ can }) => delete can['unit'], /signals\[0\]\.unit/)
  refusedAt(({ can }) => (can['as'] = 'boolean'), /signals\[0\]\.unit/)
})

test('each remaining field is checked where it stands', () => {
  refusedAt(({ can }) => (can['path'] = 'Vehicle.TravelledDistance'), /signals\[0\]\.path.*TraveledDistance/)
  refusedAt(({ can }) => (can['path'] = 'speed'), /signals\[0\]\.path/)
  refusedAt(({ can }) => (can['id'] = 5), /signals\[0\].*either/)
  refusedAt(({ can }) => delete can['message'], /signals\[0\].*either/)
  refusedAt(({ can }) => { delete can['message']; can['id'] = '0x20000000' }, /signals\[0\]\.id/)
  refusedAt(({ can }) => { delete can['message']; can['id'] = 0x800; can['extended'] = false }, /signals\[0\]\.extended/)
  refusedAt(({ can }) => (can['everyMs'] = 0), /signals\[0\]\.everyMs/)
  refusedAt(({ can }) => (can['onChange'] = 1), /signals\[0\]\.onChange/)
  refusedAt(({ can }) => (can['invalid'] = [null]), /signals\[0\]\.invalid\[0\]/)
  refusedAt(({ csv }) => (csv['obd'] = '01a6'), /signals\[1\]\.obd/)
  refusedAt(({ top }) => (top['time'] = { column: 'x', zone: 'CET' }), /time\.zone/)
  refusedAt(({ top }) => (top['time'] = { column: 'x', format: 'minutes' }), /time\.format/)
  refusedAt(({ top }) => (top['decimalMark'] = "'"), /decimalMark/)
  refusedAt(({ top }) => (top['signals'] = []), /signals/)
  refusedAt(({ top }) => (top['name'] = ' '), /name/)
})
