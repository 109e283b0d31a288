import assert from 'node:assert/strict'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { exactToText } from '@telltale/core'
import type { Reading } from '../../src/reading.ts'
import { createCsvSource } from '../../src/sources/csv.ts'
import type { CsvSource } from '../../src/sources/csv.ts'
import { parseMapping } from '../../src/sources/mapping.ts'
import { readAll, scratchFile } from './scratch-file.ts'

async function sourceOf(context: TestContext, csv: string | Uint8Array, signals?: object[], top: object = {}): Promise<CsvSource> {
  const csvPath = scratchFile(context, 'test.csv', csv)
  if (signals === undefined) return createCsvSource({ csvPath })
  const mapping = parseMapping(JSON.stringify({ version: 1, name: 'Test', streams: { main: { recordMs: 1000, recordReadingsMax: 10 } }, signals, ...top }))
  return createCsvSource({ csvPath, mapping })
}

function summary(reading: Reading): string {
  const value = typeof reading.value === 'object' || typeof reading.value === 'number' ? exactToText(reading.value) : String(reading.value)
  return `${reading.timeMs} ${reading.path} ${value} ${reading.unit ?? '-'}${reading.raw === undefined ? '' : ` from ${exactToText(reading.raw.value)} ${reading.raw.unit}`}`
}

async function summaries(source: CsvSource): Promise<{ read: string[]; refused: [string, number][] }> {
  const { readings, refusals } = await readAll(source)
  return { read: readings.map(summary), refused: refusals.map(({ refused, line }) => [refused.code, line]) }
}

const speed = { column: 'Speed', stream: 'main', path: 'Vehicle.Speed', unit: 'km/h' }

test('a log with usual columns needs no mapping', async (context) => {
  const source = await sourceOf(context, '\uFEFFtime,Odometer (km),"Vehicle speed (mph)",Coolant [°C],Extra\n2026-05-01T10:00:00.0005Z,135879.1,55,-3.5,x\n2026-05-01T12:00:01+02:00,,56,,\n')
  assert.equal(source.clock, 'wall')
  assert.deepEqual([...source.streams.keys()].toSorted(), ['driving', 'odometer'])
  assert.deepEqual(source.notes.map((note) => note.code), ['columns-not-used'])
  assert.deepEqual(await summaries(source), {
    read: [
      '1777629600001 Vehicle.TraveledDistance 135879100 m from 135879.1 km',
      '1777629600001 Vehicle.Speed 88.51392 km/h from 55 mph',
      '1777629600001 Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature -3.5 Celsius',
      '1777629601000 Vehicle.Speed 90.123264 km/h from 56 mph',
    ],
    refused: [],
  })
  assert.deepEqual(source.progress().lines, 3)
})

test('a usual column without a unit is taken as OBD-II defines it, and that is said', async (context) => {
  const source = await sourceOf(context, 'seconds;Odometer;vehicle_speed\n0;100.5;30\n')
  assert.deepEqual(source.notes.map((note) => note.code), ['unit-assumed', 'unit-assumed'])
  assert.match(source.notes[0]?.message ?? '', /"Odometer".*km.*01A6/)
  assert.deepEqual((await summaries(source)).read, ['0 Vehicle.TraveledDistance 100500 m from 100.5 km', '0 Vehicle.Speed 30 km/h'])
})

test('a unit that is not known is not guessed', async (context) => {
  await assert.rejects(sourceOf(context, 'time (s),Odometer (leagues)\n1.0,100\n'), { code: 'unknown-column' })
  const source = await sourceOf(context, 'time (s),Odometer (leagues),Speed (OBD)(km/h),Speed (GPS)(km/h)\n1.0,100,30,31\n')
  assert.match(source.notes[0]?.message ?? '', /Odometer \(leagues\), Speed \(GPS\)/)
  assert.deepEqual((await summaries(source)).read, ['1000 Vehicle.Speed 30 km/h'])
})

test('raw answers are decoded in columns named after their parameter', async (context) => {
  const { read, refused } = await summaries(await sourceOf(context, 'timestamp_ms,01A6,010D\n1777629600000,41 A6 00 14 BB C7,41 0D 32\n1777629601000,NO DATA,50\n1777629602000,61 A6 00 14 BB C7,\n'))
  assert.deepEqual(read, ['1777629600000 Vehicle.TraveledDistance 135879100 m from 135879.1 km', '1777629600000 Vehicle.Speed 50 km/h', '1777629601000 Vehicle.Speed 50 km/h'])
  assert.deepEqual(refused, [['not-available', 3], ['malformed-obd-answer', 4]])
})

test('other words in such a column are no number, and no answer', async (context) => {
  const { read, refused } = await summaries(await sourceOf(context, 'timestamp_ms,Vehicle.Speed\n1777629600000,50\n1777629601000,fast\n1777629602000,41 0C 32\n'))
  assert.deepEqual(read, ['1777629600000 Vehicle.Speed 50 km/h'])
  assert.deepEqual(refused, [['malformed-number', 3], ['malformed-obd-answer', 4]])
})

test('a raw answer is in the unit of its parameter whatever the column is said to hold', async (context) => {
  const { read } = await summaries(await sourceOf(context, 'time (s),01A6 (mi)\n1,41 A6 00 14 BB C7\n2,100\n'))
  assert.deepEqual(read, ['1000 Vehicle.TraveledDistance 135879100 m from 135879.1 km', '2000 Vehicle.TraveledDistance 160934 m from 100 mi'])
})

test('quotes, line breaks inside them, other delimiters and Windows line ends are read', async (context) => {
  const { read } = await summaries(await sourceOf(context, '# a log\r\n\r\n"time, of day (s)";"Note";"Speed"\r\n1.5;"said ""stop"";\r\nand went";"29.38"\r\n\r\n2.5;x;30\r\n', [speed, { column: 'Note', stream: 'main', path: 'Vehicle.Note', as: 'text' }], { time: { column: 'time, of day (s)' } }))
  assert.deepEqual(read, ['1500 Vehicle.Speed 29.38 km/h', '1500 Vehicle.Note said "stop";\r\nand went -', '2500 Vehicle.Speed 30 km/h', '2500 Vehicle.Note x -'])
  const tabbed = await summaries(await sourceOf(context, 'time (s)\tSpeed\n1\t2\n', [speed]))
  assert.deepEqual(tabbed.read, ['1000 Vehicle.Speed 2 km/h'])
})

test('a unit can be told by another column', async (context) => {
  const odometer = { column: 'Distance', stream: 'main', path: 'Vehicle.TraveledDistance', unit: { column: 'Unit', values: { km: 'km', miles: 'mi' } }, invalid: [999_999] }
  const { read, refused } = await summaries(await sourceOf(context, 'time (s),Distance,Unit\n1,15589,miles\n2,15589,km\n3,15589,\n4,999999.0,km\n5,0,km\n', [odometer]))
  assert.deepEqual(read, ['1000 Vehicle.TraveledDistance 25088064 m from 15589 mi', '2000 Vehicle.TraveledDistance 15589000 m from 15589 km'])
  assert.deepEqual(refused, [['unit-unknown', 4], ['not-available', 5], ['not-available', 6]])
})

test('a bad row or cell is refused by itself', async (context) => {
  const flag = { column: 'Flag', stream: 'main', path: 'Vehicle.IsMoving', as: 'boolean' }
  const csv = 'time (s),Speed,Flag\n1,10,1\n2,ten,0\n3,20\n4,20,true,more\nx,20,1\n6,20,maybe\n7,-,\n8,"20"x,1\n9,1e400,0\n10,NaN,false\n'
  const { read, refused } = await summaries(await sourceOf(context, csv, [speed, flag]))
  assert.deepEqual(read, ['1000 Vehicle.Speed 10 km/h', '1000 Vehicle.IsMoving true -', '2000 Vehicle.IsMoving false -', '6000 Vehicle.Speed 20 km/h', '9000 Vehicle.IsMoving false -', '10000 Vehicle.IsMoving false -'])
  assert.deepEqual(refused, [['malformed-number', 3], ['malformed-csv-line', 4], ['malformed-csv-line', 5], ['malformed-time', 6], ['unknown-value', 7], ['malformed-csv-line', 9], ['number-out-of-range', 10], ['not-available', 11]])
})

test('a quote that is never closed costs one bounded row', async (context) => {
  const rows = Array.from({ length: 20_000 }, (_, index) => `${index},10\n`).join('')
  const honest = await summaries(await sourceOf(context, `time (s),Speed\n${rows}`, [speed]))
  assert.deepEqual([honest.read.length, honest.refused], [20_000, []])
  const { read, refused } = await summaries(await sourceOf(context, `time (s),Speed\n0,"10\n${rows}`, [speed]))
  assert.deepEqual(refused, [['malformed-csv-line', 2]])
  assert.ok(read.length > 10_000 && read.length < 20_000)
  const blank = await summaries(await sourceOf(context, `time (s),Speed\n1,10\n2,"${'\n'.repeat(200_000)}`, [speed]))
  assert.deepEqual([blank.read.length, blank.refused], [1, [['malformed-csv-line', 3]]])
})

test('times in several forms are exact, and their clock is known or said to be unknown', async (context) => {
  const first = async (title: string, cell: string, top: object = {}): Promise<string> => {
    const source = await sourceOf(context, `${title};Speed\n${cell};1\n`, [speed], top)
    const { readings } = await readAll(source)
    return `${readings[0]?.timeMs} ${source.clock}`
  }
  assert.equal(await first('time', '2026-05-01T10:00:00Z'), '1777629600000 wall')
  assert.equal(await first('time', '2026-05-01 10:00:00,9996 +00:00'), '1777629601000 wall')
  assert.equal(await first('time', '2026-05-01T10:00'), '1777629600000 unknown')
  assert.equal(await first('time', '2026-05-01T10:00', { time: { column: 'time', zone: '-05:30' } }), '1777649400000 wall')
  assert.equal(await first('time', '1777629600.0005'), '1777629600001 wall')
  assert.equal(await first('time', '1777629600123'), '1777629600123 wall')
  assert.equal(await first('time', '12.3455'), '12346 boot')
  assert.equal(await first('Time(ms)', '12'), '12 boot')
  assert.equal(await first('elapsed_s', '12'), '12000 boot')
  assert.equal(await first('when', '12', { time: { column: 'when', format: 'milliseconds' } }), '12 boot')
  assert.equal(await first('time', '12,5', { time: { column: 'time', format: 'seconds' }, decimalMark: ',' }), '12500 boot')
  await assert.rejects(first('time', '12'), { code: 'unknown-time-format' })
  await assert.rejects(first('time', 'noon'), { code: 'unknown-time-format' })
  await assert.rejects(first('when', '12.5'), { code: 'no-time-column' })
})

test('days and times that do not exist are refused', async (context) => {
  const rows = ['2024-02-29T00:00:00Z', '2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01T24:00:00Z', '2026-01-01T00:60:00Z', '1969-12-31T00:00:00Z', '2026-01-01T00:00:00+15:00', '2026-01-01T00:00:00']
  const { read, refused } = await summaries(await sourceOf(context, `time,Speed\n${rows.map((time) => `${time},1\n`).join('')}`, [speed]))
  assert.equal(read.length, 1)
  assert.deepEqual(refused.map(([code]) => code), [...Array.from({ length: 6 }, () => 'malformed-time'), 'clock-changed'])
})

test('a decimal comma is read where the mapping says so, and refused where it does not', async (context) => {
  const csv = 'time (s);Speed\n1;29,38\n'
  assert.deepEqual((await summaries(await sourceOf(context, csv, [speed], { decimalMark: ',' }))).read, ['1000 Vehicle.Speed 29.38 km/h'])
  assert.deepEqual((await summaries(await sourceOf(context, csv, [speed]))).refused, [['malformed-number', 2]])
})

test('columns that are not there, or twice, are refused beforehand', async (context) => {
  await assert.doesNotReject(sourceOf(context, 'time (s), SPEED \n', [speed]))
  await assert.rejects(sourceOf(context, 'time (s),Sped\n', [speed]), { code: 'unknown-column', message: /Did you mean "Sped"/ })
  await assert.rejects(sourceOf(context, 'time (s),speed,SPEED\n', [speed]), { code: 'ambiguous-column' })
  await assert.rejects(sourceOf(context, 'time (s),Speed\n', [{ message: 'M', signal: 'S', stream: 'main', path: 'Vehicle.Speed', unit: 'km/h' }]), { code: 'malformed-mapping' })
  await assert.rejects(sourceOf(context, 'time (s),Speed\n', [{ ...speed, obd: '01FF' }]), { code: 'malformed-mapping' })
  for (const text of ['', 'Speed\n', '\n\n', '# only a remark\n', `a${',a'.repeat(1_024)}\n`]) await assert.rejects(sourceOf(context, text, [speed]), { code: 'malformed-csv' }, text.slice(0, 20))
  await assert.rejects(sourceOf(context, Buffer.from('\uFEFFtime,Speed\n', 'utf16le'), [speed]), { code: 'malformed-csv', found: 'UTF-16' })
})
