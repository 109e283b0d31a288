import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StreamRow } from '@telltale/ledger'
import type { ReadNote } from '../src/verify/notes.ts'
import type { OpenedRecord } from '../src/verify/opening.ts'
import type { ReadRecord, ReadStream } from '../src/verify/records.ts'
import { report } from '../src/verify/report.ts'
import type { ProvedState } from '../src/verify/state.ts'
import { describeCar, describeComplete, describeNoted, quote } from '../src/verify/words.ts'
import { createWorld } from './forgeries/world.ts'

describe('words from a file', () => {
  it('hold nothing that a screen would obey and nothing that ends a quotation', () => {
    assert.equal(quote('Toyota'), 'Toyota')
    assert.equal(quote('Škoda Ünïted 東京'), 'Škoda Ünïted 東京')
    assert.equal(quote('a\u001b[2Kb\nc\u202ed\u2028e'), 'a\ufffd[2Kb\ufffdc\ufffdd\ufffde')
    assert.equal(quote('x", the network you trust'), "x', the network you trust")
    assert.equal(quote('x'.repeat(100)), `${'x'.repeat(80)}…`)
    assert.equal(quote(`${'x'.repeat(79)}\u{1f697}`).length, 81)
  })

  it('are shown as text where they describe a car', () => {
    const { ground } = describeCar(new Map<string, string | number | null>([['make\n', 'A"B'], ['year', 2019], ['other', null]]), undefined)
    assert.equal(ground, "make\ufffd A'B, year 2019, other not readable")
  })
})

describe('a VIN', () => {
  const attributes = new Map([['vin', 'WVWZZZ1JZXW000001']])

  it('is compared without regard to case and blanks around it', () => {
    assert.equal(describeCar(attributes, ' wvwzzz1jzxw000001 ').state, 'holds')
    assert.throws(() => describeCar(attributes, 'WVWZZZ1JZXW000002'), { code: 'other-vin' })
    // A long s and a dotless i, which Unicode writes as S and I in capitals.
    assert.throws(() => describeCar(new Map([['vin', 'WV\u017f\u0131']]), 'WVSI'), { code: 'other-vin' })
  })

  it('that is not disclosed is not another one', () => {
    assert.equal(describeCar(new Map(), 'WVWZZZ1JZXW000001').state, 'unknown')
    assert.equal(describeCar(null, 'WVWZZZ1JZXW000001').state, 'unknown')
    assert.equal(describeCar(null, undefined).state, 'not-asked')
    assert.equal(describeCar(new Map(), undefined).state, 'not-asked')
  })
})

interface Shown {
  count: number
  /** Records carried; undefined where the stream is not shown. */
  carried?: number
  discontinuities?: number
  resumes?: number
}

function complete(rows: Record<string, Shown>): { state: string; ground: string } {
  const state = { streams: new Map<string, StreamRow>() } as ProvedState
  const streams = new Map<string, ReadStream>()
  for (const [stream, { count, carried, discontinuities = 0, resumes = 0 }] of Object.entries(rows)) {
    const row = { count, discontinuities } as StreamRow
    state.streams.set(stream, row)
    const records = Array.from({ length: carried ?? 0 }, (_, i) => ({ record: i < resumes ? null : {} }) as ReadRecord)
    if (carried !== undefined) streams.set(stream, { stream, row, records } as ReadStream)
  }
  return describeComplete(streams, state)
}

describe('the lamp of completeness', () => {
  it('is green where everything of the streams that are shown is there', () => {
    assert.equal(complete({ 'a/odometer': { count: 3, carried: 3 } }).state, 'holds')
    assert.equal(complete({ 'a/odometer': { count: 3, carried: 3 }, 'a/driving': { count: 9 } }).state, 'holds')
    assert.match(complete({ 'a/odometer': { count: 3, carried: 3 }, 'a/driving': { count: 9 } }).ground, /not shown: driving$/)
    assert.equal(complete({ 'a/odometer': { count: 3, carried: 3 }, 'b/odometer': { count: 0 } }).state, 'holds')
  })

  it('is amber for a period, a lost memory, nothing at all, and a hidden stream of that name', () => {
    assert.equal(complete({ 'a/odometer': { count: 3, carried: 2 } }).state, 'attention')
    assert.equal(complete({ 'a/odometer': { count: 3, carried: 3, discontinuities: 1 } }).state, 'attention')
    assert.equal(complete({ 'a/odometer': { count: 3, carried: 3, resumes: 1 } }).state, 'attention')
    assert.equal(complete({ 'a/odometer': { count: 3 } }).state, 'attention')
    assert.equal(complete({ 'a/odometer': { count: 3, carried: 3 }, 'b/odometer': { count: 1 } }).state, 'attention')
  })
})

describe('the lamp of notes', () => {
  const note = { stream: 'a/odometer', content: { kind: 'correction' } } as unknown as ReadNote

  it('is green only where nothing was noted at all, shown or not', () => {
    assert.deepEqual(describeNoted([], 0, 9), { state: 'holds', ground: 'nothing noted up to block 9' })
    assert.deepEqual(describeNoted([note], 1, 9), { state: 'attention', ground: 'a correction on odometer, up to block 9' })
    assert.deepEqual(describeNoted([note], 3, 9), { state: 'attention', ground: 'a correction on odometer, 2 notes on records that are not shown, up to block 9' })
    assert.equal(describeNoted([], 1, 9).state, 'attention')
  })
})

describe('a report', () => {
  it('of 300,000 records has a period where their clocks agree, and none where they do not', async () => {
    const world = await createWorld()
    const record = (i: number, clock: 0 | 1): OpenedRecord => ({ stream: 'a/odometer', sequence: i, height: 1, clear: { clock, firstMs: 1000 + i, durationMs: 5, count: 1 }, readings: [] })
    const lamps = (await import('../src/lamp.ts')).LAMP_NAMES.map((name) => [name, { state: 'holds', ground: '' }])
    const of = (opened: OpenedRecord[]) => report(world.read('lone'), Object.fromEntries(lamps), { opened }, null).period
    const many = Array.from({ length: 300_000 }, (_, i) => record(i, 0))
    assert.deepEqual(of(many), { clock: 0, firstMs: 1000, lastMs: 301_004 })
    assert.equal(of([...many, record(0, 1)]), null)
    assert.equal(of([]), null)
  })
})
