import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { exactToText } from '@telltale/core'
import type { Exact } from '@telltale/core'
import { createCanLogSource } from '../../src/sources/can-log.ts'
import { parseMapping } from '../../src/sources/mapping.ts'
import { readAll } from './scratch-file.ts'

const samples = join(import.meta.dirname, '../../../../samples')
const mappings = join(import.meta.dirname, '../../../../mappings')

async function readSample(file: string) {
  const mapping = parseMapping(readFileSync(join(samples, 'short-drive.map.json'), 'utf8'))
  const source = await createCanLogSource({ logPath: join(samples, file), dbcText: readFileSync(join(samples, 'short-drive.dbc'), 'utf8'), mapping })
  return { source, ...(await readAll(source)) }
}

test('the shipped drives are what their maker writes', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-samples-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  execFileSync(process.execPath, [join(samples, 'make-short-drive.ts'), folder])
  assert.deepEqual(readdirSync(folder).toSorted(), ['second-drive.log', 'short-drive.log'])
  for (const file of readdirSync(folder)) assert.equal(readFileSync(join(samples, file), 'utf8'), readFileSync(join(folder, file), 'utf8'), file)
})

test('the short drive passes from 58411 to 58412 miles on boot time, and the second one goes on from there', async () => {
  for (const [file, from, to] of [['short-drive.log', 58_411, 58_412], ['second-drive.log', 58_412, 58_413]] as const) {
    const { source, readings, refusals } = await readSample(file)
    assert.deepEqual([source.clock, source.notes, refusals], ['boot', [], []], file)
    const miles = readings.filter((reading) => reading.stream === 'odometer').map((reading) => reading.raw)
    assert.deepEqual([miles[0], miles.at(-1)], [{ value: from, unit: 'mi' }, { value: to, unit: 'mi' }], file)
    assert.deepEqual(new Set(miles.map((raw) => raw?.value)), new Set([from, to]), file)
  }
})

test('both byte orders, a multiplexed message and an extended identifier are in the sample', async () => {
  const { source, readings } = await readSample('short-drive.log')
  assert.equal(source.progress().lines, 1_980)
  const first = (path: string): string => {
    const reading = readings.find((one) => one.path.endsWith(path))
    return reading === undefined ? 'none' : `${exactToText(reading.value as Exact)} ${reading.unit} ${reading.source}`
  }
  assert.equal(first('TraveledDistance'), '94003392 m can:0x221:TOTAL_DISTANCE')
  assert.equal(first('EngineCoolant.Temperature'), '41 Celsius can:0x321:COOLANT_TEMPERATURE')
  assert.equal(first('AirTemperature'), '-1.2 Celsius can:0x18FFA021:OUTSIDE_TEMPERATURE')
  const fastest = readings.filter((reading) => reading.path === 'Vehicle.Speed').map((reading) => Number(exactToText(reading.value as Exact)))
  assert.equal(Math.max(...fastest), 60)
})

test('the shipped mappings can be read', () => {
  const mapping = parseMapping(readFileSync(join(mappings, 'toyota-rav4-2017.json'), 'utf8'))
  assert.deepEqual([...mapping.streams.keys()], ['odometer', 'driving'])
})
