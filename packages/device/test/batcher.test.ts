import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createBatcher } from '../src/batcher.ts'
import type { Batch, BatchLimits } from '../src/batcher.ts'
import type { ClockName, Reading } from '../src/reading.ts'

const LIMITS: BatchLimits = { recordMs: 1000, recordReadingsMax: 3 }

function at(timeMs: number, stream = 'odometer'): Reading {
  return { stream, path: 'Vehicle.TraveledDistance', timeMs, value: 1, unit: 'm', source: '' }
}

/** What a source of these readings becomes: stream, times, and whether it begins a new start. */
function batchesOf(clock: ClockName, readings: Reading[]): [string, number[], boolean][] {
  const batcher = createBatcher(() => LIMITS, clock)
  const batches: Batch[] = [...readings.flatMap((reading) => batcher.add(reading)), ...batcher.flush()]
  return batches.map(({ stream, readings: own, isClockReset }) => [stream, own.map((reading) => reading.timeMs), isClockReset])
}

suite('batcher', () => {
  test('a record is full after so many readings or so long', () => {
    assert.deepEqual(batchesOf('wall', [at(0), at(1), at(2), at(3), at(1002), at(1003)]), [
      ['odometer', [0, 1, 2], false],
      ['odometer', [3, 1002], false],
      ['odometer', [1003], false],
    ])
  })

  test('streams are collected apart', () => {
    assert.deepEqual(batchesOf('wall', [at(0), at(0, 'driving'), at(1), at(1, 'driving')]), [
      ['odometer', [0, 1], false],
      ['driving', [0, 1], false],
    ])
  })

  test('a boot clock that falls ends all records; the first batch after it tells of the new start, whichever stream it is of', () => {
    assert.deepEqual(batchesOf('boot', [at(5000), at(5001, 'driving'), at(10), at(11, 'driving'), at(12, 'driving'), at(13, 'driving'), at(14, 'driving')]), [
      ['odometer', [5000], false],
      ['driving', [5001], false],
      ['driving', [11, 12, 13], true],
      ['odometer', [10], false],
      ['driving', [14], false],
    ])
  })

  test('each fall is a start of its own', () => {
    assert.deepEqual(batchesOf('boot', [at(5000), at(10), at(6000), at(20)]).map(([, times, isReset]) => [times, isReset]), [
      [[5000], false],
      [[10], true],
      [[6000], false],
      [[20], true],
    ])
  })

  test('a boot clock that falls by less than a second is jitter: a new record, no new start', () => {
    assert.deepEqual(batchesOf('boot', [at(5000), at(4500), at(4600, 'driving')]), [
      ['odometer', [5000], false],
      ['odometer', [4500], false],
      ['driving', [4600], false],
    ])
  })

  test('a wall clock that falls was set: a new record of that stream only, no new start', () => {
    assert.deepEqual(batchesOf('wall', [at(500_000), at(500_000, 'driving'), at(100_000), at(500_001, 'driving')]), [
      ['odometer', [500_000], false],
      ['driving', [500_000, 500_001], false],
      ['odometer', [100_000], false],
    ])
  })
})
