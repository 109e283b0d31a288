import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { exactToText } from '@telltale/core'
import type { Reading } from '../../src/reading.ts'
import { createCanLogSource } from '../../src/sources/can-log.ts'
import type { CanLogSource } from '../../src/sources/can-log.ts'
import { parseMapping } from '../../src/sources/mapping.ts'
import { readAll, scratchFile } from './scratch-file.ts'

const dbcText = `BO_ 1553 UI_SETTING: 8 XXX
 SG_ UNITS : 26|2@0+ (1,0) [0|3] "" XXX
 SG_ ODOMETER : 39|32@0+ (1,0) [0|1048575] "" XXX
BO_ 180 SPEED: 8 XXX
 SG_ SPEED : 47|16@0+ (0.01,0) [0|250] "km/h" XXX
 SG_ HUGE : 0|64@1+ (1,0) [0|0] "" XXX
BO_ 300 STATE: 2 XXX
 SG_ PAGE M : 0|4@1+ (1,0) [0|1] "" XXX
 SG_ MODE m0 : 8|4@1+ (1,0) [0|1] "" XXX
 SG_ ACTIVE m1 : 8|2@1+ (1,0) [0|1] "" XXX
VAL_ 300 MODE 0 "SAE_0" 2 "SAE_2";
`
const odometer = { message: 'UI_SETTING', signal: 'ODOMETER', stream: 'main', path: 'Vehicle.TraveledDistance', unit: { signal: 'UNITS', values: { 1: 'km', 2: 'mi' } } }
const speed = { message: 'SPEED', signal: 'SPEED', stream: 'main', path: 'Vehicle.Speed', unit: 'km/h' }

async function sourceOf(context: TestContext, log: string, signals: object[]): Promise<CanLogSource> {
  const mapping = parseMapping(JSON.stringify({ version: 1, name: 'Test', streams: { main: { recordMs: 1000, recordReadingsMax: 10 } }, signals }))
  return createCanLogSource({ logPath: scratchFile(context, 'test.log', log), dbcText, mapping })
}

function valueText(reading: Reading): string {
  return `${typeof reading.value === 'object' || typeof reading.value === 'number' ? exactToText(reading.value) : String(reading.value)} ${reading.unit ?? '-'}`
}

test('a mapped signal becomes a reading with its unit, what was said and where it comes from', async (context) => {
  const source = await sourceOf(context, '(46409.086512) can0 611#2100002400003CE5\n(46409.1) can0 0B4#000000000B7A7A5E\n(46409.2) can0 7FF#00\n', [odometer, speed])
  const { readings, refusals } = await readAll(source)
  assert.deepEqual(refusals, [])
  assert.equal(source.clock, 'boot')
  assert.deepEqual(readings.map((reading) => ({ ...reading, value: valueText(reading) })), [
    { stream: 'main', path: 'Vehicle.TraveledDistance', timeMs: 46_409_087, unit: 'm', source: 'can:0x611:ODOMETER', value: '25088064 m', raw: { value: 15_589, unit: 'mi' } },
    { stream: 'main', path: 'Vehicle.Speed', timeMs: 46_409_100, unit: 'km/h', source: 'can:0xB4:SPEED', value: '313.54 km/h' },
  ])
  assert.deepEqual(source.progress(), { bytesRead: 99, bytesTotal: 99, lines: 3 })
  assert.deepEqual(source.streams.get('main'), { recordMs: 1000, recordReadingsMax: 10 })
})

test('an unknown unit, an odometer of zero and one with all bits set are refused, never guessed', async (context) => {
  const frames = ['2100002400003CE5', '2100002000003CE5', '2100002600003CE5', '2100002400000000', '21000024FFFFFFFF', '2100002200003CE5'].map((data, index) => `(${index}.0) can0 611#${data}\n`)
  const { readings, refusals } = await readAll(await sourceOf(context, frames.join(''), [odometer]))
  assert.deepEqual(readings.map((reading) => [valueText(reading), reading.raw?.unit]), [['25088064 m', 'mi'], ['15589000 m', 'km']])
  assert.deepEqual(refusals.map(({ refused, line }) => [refused.code, refused.found, line]), [['unit-unknown', '0', 2], ['unit-unknown', '3', 3], ['not-available', '0', 4], ['not-available', '4294967295', 5]])
})

test('listed raw values mean not available', async (context) => {
  const log = ['0001', 'FFFF', '0002'].map((speedHex, index) => `(${index}.0) can0 0B4#0000000000${speedHex}00\n`).join('')
  const { readings, refusals } = await readAll(await sourceOf(context, log, [{ ...speed, invalid: ['0xFFFF', 2] }]))
  assert.deepEqual([readings.length, refusals.map(({ refused }) => refused.code)], [1, ['not-available', 'not-available']])
})

test('a frame too short, a value too large and a broken line are refused and counted', async (context) => {
  const log = '(1.0) can0 0B4#00000000000100FF\n(2.0) can0 0B4#000000000001\n(3.0) can0 0B4#FFFFFFFFFFFFFFFF\n(4.0) can0 0B4#0\n'
  const huge = { ...speed, signal: 'HUGE', path: 'Vehicle.AverageSpeed' }
  const { readings, refusals } = await readAll(await sourceOf(context, log, [speed, huge]))
  assert.equal(readings.filter((reading) => reading.path === 'Vehicle.Speed').length, 2)
  assert.deepEqual(refusals.map(({ refused, line }) => [refused.code, line]), [['number-out-of-range', 1], ['signal-outside-frame', 2], ['signal-outside-frame', 2], ['number-out-of-range', 3], ['malformed-log-line', 4]])
})

test('texts and booleans follow the page of the message; values without a meaning are refused', async (context) => {
  const mode = { message: 'STATE', signal: 'MODE', stream: 'main', path: 'Vehicle.ADAS.ActiveAutonomyLevel', as: 'text' }
  const active = { message: 'STATE', signal: 'ACTIVE', stream: 'main', path: 'Vehicle.ADAS.CruiseControl.IsActive', as: 'boolean' }
  const log = '(1.0) can0 12C#0002\n(2.0) can0 12C#0101\n(3.0) can0 12C#0001\n(4.0) can0 12C#0102\n(5.0) can0 12C#0200\n'
  const { readings, refusals } = await readAll(await sourceOf(context, log, [mode, active]))
  assert.deepEqual(readings.map((reading) => [reading.path.split('.').at(-1), reading.value, reading.unit]), [['ActiveAutonomyLevel', 'SAE_2', null], ['IsActive', true, null]])
  assert.deepEqual(refusals.map(({ refused, line }) => [refused.code, line]), [['unknown-value', 3], ['unknown-value', 4]])
})

test('a unit that is not in every frame of its value is refused beforehand', async (context) => {
  const log = '(1.0) can0 12C#0002\n'
  const told = (signal: string): object => ({ message: 'STATE', signal: 'MODE', stream: 'main', path: 'Vehicle.TripMeterReading', unit: { signal, values: { 0: 'km', 2: 'mi' } } })
  assert.equal((await readAll(await sourceOf(context, log, [told('PAGE')]))).readings[0]?.value, 2_000)
  await assert.rejects(sourceOf(context, log, [told('ACTIVE')]), { code: 'unsupported-signal', message: /signals\[0\]/ })
})

test('readings can be thinned out by time and by change, and one bus can be chosen', async (context) => {
  const log = Array.from({ length: 20 }, (_, index) => `(${(index / 10).toFixed(3)}) can${index % 2} 0B4#0000000000${index < 10 ? '01' : '02'}0000\n`).join('')
  const times = async (extra: object): Promise<number[]> => (await readAll(await sourceOf(context, log, [{ ...speed, ...extra }]))).readings.map((reading) => reading.timeMs)
  assert.equal((await times({})).length, 20)
  assert.deepEqual(await times({ everyMs: 500 }), [0, 500, 1000, 1500])
  assert.deepEqual(await times({ onChange: true }), [0, 1000])
  assert.deepEqual((await times({ bus: 'can1' })).slice(0, 2), [100, 300])
})

test('when the time jumps back, thinning starts anew instead of waiting', async (context) => {
  const { readings } = await readAll(await sourceOf(context, '(900.0) can0 0B4#0000000000010000\n(1.0) can0 0B4#0000000000010000\n', [{ ...speed, everyMs: 500 }]))
  assert.deepEqual(readings.map((reading) => reading.timeMs), [900_000, 1_000])
})

test('a log whose clock is set on the way keeps to its first clock', async (context) => {
  const wall = await sourceOf(context, '(1747212345.5) can0 0B4#0000000000010000\n', [speed])
  assert.equal(wall.clock, 'wall')
  const mixed = await sourceOf(context, '(10.0) can0 0B4#0000000000010000\n(1747212345.5) can0 0B4#0000000000010000\n', [speed])
  const { readings, refusals } = await readAll(mixed)
  assert.deepEqual([mixed.clock, readings.length, refusals.map(({ refused }) => refused.code)], ['boot', 1, ['clock-changed']])
  assert.equal((await sourceOf(context, 'nothing\n', [speed])).clock, 'unknown')
})

test('names that the database lacks are refused beforehand, with what is near', async (context) => {
  const log = '(1.0) can0 0B4#0000000000010000\n'
  await assert.doesNotReject(sourceOf(context, log, [speed]))
  await assert.rejects(sourceOf(context, log, [{ ...speed, signal: 'SPED' }]), { code: 'unknown-signal', message: /signals\[0\]\.signal.*Did you mean SPEED/ })
  await assert.rejects(sourceOf(context, log, [{ ...speed, message: 'SPEEDS' }]), { code: 'unknown-message', message: /signals\[0\].*Did you mean SPEED/ })
  await assert.rejects(sourceOf(context, log, [speed, { ...odometer, unit: { signal: 'UNIT', values: { 1: 'km' } } }]), { code: 'unknown-signal', message: /signals\[1\]\.unit\.signal.*Did you mean UNITS/ })
  const { message: _, ...byId } = speed
  await assert.doesNotReject(sourceOf(context, log, [{ ...byId, id: '0xB4' }]))
  await assert.rejects(sourceOf(context, log, [{ ...byId, id: '0xB5' }]), { code: 'unknown-message' })
  await assert.rejects(sourceOf(context, log, [{ ...speed, invalid: [0.5] }]), { code: 'malformed-mapping', message: /invalid\[0\]/ })
  await assert.rejects(sourceOf(context, log, [{ column: 'Speed', stream: 'main', path: 'Vehicle.Speed', unit: 'km/h' }]), { code: 'malformed-mapping' })
})

test('a missing file, a folder and a stop are coded errors', async (context) => {
  const mapping = parseMapping(JSON.stringify({ version: 1, name: 'Test', streams: { main: { recordMs: 1000, recordReadingsMax: 10 } }, signals: [speed] }))
  const folder = mkdtempSync(join(tmpdir(), 'telltale-source-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  await assert.rejects(createCanLogSource({ logPath: join(folder, 'none.log'), dbcText, mapping }), { code: 'file-not-found' })
  await assert.rejects(createCanLogSource({ logPath: folder, dbcText, mapping }), { code: 'not-a-file' })
  const source = await sourceOf(context, '(1.0) can0 0B4#0000000000010000\n', [speed])
  await assert.rejects(async () => {
    for await (const batch of source.read(AbortSignal.abort())) assert.fail(`${batch.length} items after the stop`)
  }, { code: 'aborted' })
  assert.equal((await readAll(source)).readings.length, 1)
})
