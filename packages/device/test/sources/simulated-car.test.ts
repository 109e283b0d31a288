import assert from 'node:assert/strict'
import test from 'node:test'
import { exactToNumber } from '@telltale/core'
import type { Exact } from '@telltale/core'
import { createSimulatedCar } from '../../src/sources/simulated-car.ts'
import type { SimulatedCarOptions } from '../../src/sources/simulated-car.ts'
import { readAll } from './scratch-file.ts'

const options: SimulatedCarOptions = { seed: 7, startMs: 1_777_629_600_000, odometerMetres: 94_003_392, durationMs: 1_800_000 }

async function valuesOf(changes: Partial<SimulatedCarOptions>, path: string): Promise<number[]> {
  const { readings } = await readAll(createSimulatedCar({ ...options, ...changes }))
  return readings.filter((reading) => reading.path.includes(path)).map((reading) => exactToNumber(reading.value as Exact))
}

test('the same seed gives the same drive, another seed another one', async () => {
  const car = createSimulatedCar(options)
  const drive = await readAll(car)
  assert.deepEqual(await readAll(car), drive)
  assert.deepEqual(await readAll(createSimulatedCar(options)), drive)
  assert.notDeepEqual(await readAll(createSimulatedCar({ ...options, seed: 8 })), drive)
  assert.equal(drive.readings.length, 3 * 1_801)
  assert.deepEqual(drive.refusals, [])
})

test('readings have their streams, units and times', async () => {
  const car = createSimulatedCar({ ...options, durationMs: 1_000 })
  const { readings } = await readAll(car)
  assert.deepEqual(readings.map(({ stream, unit, timeMs }) => [stream, unit, timeMs - options.startMs]), [['odometer', 'm', 0], ['driving', 'km/h', 0], ['driving', 'Celsius', 0], ['odometer', 'm', 1000], ['driving', 'km/h', 1000], ['driving', 'Celsius', 1000]])
  assert.equal(car.clock, 'wall')
  for (const reading of readings) assert.ok(car.streams.has(reading.stream))
})

test('the odometer never falls and goes as far as the speed says', async () => {
  for (const seed of [0, 1, 2, 0xffff_ffff]) {
    const metres = await valuesOf({ seed }, 'TraveledDistance')
    const speeds = await valuesOf({ seed }, 'Vehicle.Speed')
    assert.equal(metres[0], options.odometerMetres)
    for (let index = 1; index < metres.length; index += 1) assert.ok((metres[index] ?? 0) >= (metres[index - 1] ?? 0))
    const driven = (metres.at(-1) ?? 0) - (metres[0] ?? 0)
    const expected = speeds.slice(1).reduce((sum, speed, index) => sum + (speed + (speeds[index] ?? 0)) / 2 / 3.6, 0)
    assert.ok(Math.abs(driven - expected) < 1.1, `seed ${seed}: ${driven} m, ${expected} m by speed`)
    assert.ok(driven > 3_000 && driven < 50_000, `seed ${seed}: ${driven} m`)
    assert.ok(speeds.every((speed) => speed >= 0 && speed <= 130))
  }
})

test('the engine warms up to ninety degrees and stays there', async () => {
  const degrees = await valuesOf({}, 'Temperature')
  assert.equal(degrees[0], 18)
  assert.equal(degrees.at(-1), 90)
  assert.ok(degrees.every((value, index) => index === 0 || value >= (degrees[index - 1] ?? 0)))
})

test('an endless drive goes on until it is stopped', async () => {
  const stop = new AbortController()
  let batches = 0
  await assert.rejects(async () => {
    for await (const batch of createSimulatedCar({ ...options, durationMs: null }).read(stop.signal)) {
      assert.equal(batch.length, 3)
      batches += 1
      if (batches === 100) stop.abort()
    }
  }, { code: 'aborted' })
  assert.equal(batches, 100)
})

test('options out of range are refused by name', () => {
  assert.doesNotThrow(() => createSimulatedCar(options))
  for (const wrong of [{ seed: -1 }, { seed: 0.5 }, { startMs: -1 }, { odometerMetres: 0 }, { stepMs: 0 }, { durationMs: -1 }, { ambientTenths: 1_000 }]) {
    assert.throws(() => createSimulatedCar({ ...options, ...wrong }), { code: 'option-out-of-range', message: new RegExp(Object.keys(wrong).join('')) })
  }
})
