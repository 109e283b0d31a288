import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Decimal } from '@telltale/core'
import { createCandumpParser } from '../../src/sources/candump.ts'
import { createCanLogSource } from '../../src/sources/can-log.ts'
import { readDbc } from '../../src/sources/dbc.ts'
import { parseMapping } from '../../src/sources/mapping.ts'
import { readAll } from './scratch-file.ts'

const root = join(import.meta.dirname, '../../../..')
const data = join(root, '../shared/data')
const logPath = join(data, 'candump/toyota-rav4-comma2k19-60s.log')
const dbcFolder = join(data, 'dbc')
const skip = existsSync(logPath) && existsSync(dbcFolder) ? false : 'the real data is not here: ../shared/data'

test('the log of a real drive has 98,800 frames of 125 identifiers and no broken line', { skip }, () => {
  const ids = new Map<number, number>()
  const parser = createCandumpParser({ onFrame: ({ id }) => ids.set(id, (ids.get(id) ?? 0) + 1), onRefusal: ({ refused }) => assert.fail(refused.message) })
  parser.push(readFileSync(logPath))
  parser.finish()
  assert.deepEqual(parser.counts(), { lines: 98_800, frames: 98_800 })
  assert.deepEqual([ids.size, ids.get(0x611), ids.get(0xb4)], [125, 60, 2_487])
})

test('the shipped mapping reads odometer and speed of the real drive', { skip }, async () => {
  const mapping = parseMapping(readFileSync(join(root, 'mappings/toyota-rav4-2017.json'), 'utf8'))
  const source = await createCanLogSource({ logPath, dbcText: readFileSync(join(dbcFolder, '_toyota_2017.dbc'), 'latin1'), mapping })
  const { readings, refusals } = await readAll(source)
  assert.deepEqual([source.clock, source.notes, refusals], ['boot', [], []])

  const odometer = readings.filter((reading) => reading.stream === 'odometer')
  assert.equal(odometer.length, 60)
  assert.deepEqual(odometer[0], { stream: 'odometer', path: 'Vehicle.TraveledDistance', timeMs: 46_409_087, value: 25_088_064, unit: 'm', raw: { value: 15_589, unit: 'mi' }, source: 'can:0x611:ODOMETER' })
  assert.deepEqual([odometer.at(-1)?.value, odometer.at(-1)?.raw], [25_089_673, { value: 15_590, unit: 'mi' }])
  assert.deepEqual(new Set(odometer.map((reading) => reading.raw?.value)), new Set([15_589, 15_590]))

  const speed = readings.filter((reading) => reading.path === 'Vehicle.Speed')
  assert.equal(speed.length, 2_487)
  assert.deepEqual(speed[0], { stream: 'driving', path: 'Vehicle.Speed', timeMs: 46_408_585, value: new Decimal(2_938, -2), unit: 'km/h', source: 'can:0xB4:SPEED' })
  assert.deepEqual(source.progress(), { bytesRead: 4_050_800, bytesTotal: 4_050_800, lines: 98_800 })
})

test('every real database is read, and what is left open in it is said', { skip }, () => {
  const found = new Map(readdirSync(dbcFolder).filter((file) => file.endsWith('.dbc')).map((file) => {
    const { messages, notes } = readDbc(readFileSync(join(dbcFolder, file), 'latin1'))
    const signals = messages.reduce((sum, message) => sum + message.signals.size, 0)
    return [file, [messages.length, signals, [...new Set(notes.map((note) => note.code))].join(' ')]]
  }))
  assert.deepEqual(found.get('_toyota_2017.dbc'), [50, 310, ''])
  assert.deepEqual(found.get('hyundai_can.dbc'), [146, 1_325, ''])
  assert.deepEqual(found.get('_honda_common.dbc'), [23, 160, ''])
  assert.deepEqual(found.get('_bosch_2018.dbc'), [20, 166, 'identifier-too-long'])
  assert.deepEqual(found.get('honda_civic_hatchback_ex_2017_can.dbc'), [0, 0, 'import-not-followed no-messages'])
  assert.deepEqual(found.get('honda_common_canfd.dbc'), [0, 0, 'import-not-followed no-messages'])
})
