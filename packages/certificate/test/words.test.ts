import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StreamRow } from '@telltale/ledger'
import { LAMP_NAMES } from '../src/lamp.ts'
import type { Lamps } from '../src/lamp.ts'
import type { ReadNote } from '../src/verify/notes.ts'
import type { OpenedRecord } from '../src/verify/opening.ts'
import type { ReadRecord, ReadStream } from '../src/verify/records.ts'
import { report } from '../src/verify/report.ts'
import type { ProvedState } from '../src/verify/state.ts'
import { describeCar, describeComplete, describeNoted, quote, summarize } from '../src/verify/words.ts'
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

describe('what a buyer reads first', () => {
  const odometer = { value: 15590, unit: 'km', metres: 15_590_000, timeMs: 0, stream: 'a/odometer', sequence: 1 }
  const sentence = (lamps: Partial<Lamps>, reading: typeof odometer | null = odometer) =>
    summarize({ ...(Object.fromEntries(LAMP_NAMES.map((name) => [name, { state: 'holds', ground: 'checked' }])) as Lamps), ...lamps }).sentence(reading)

  it('says what is open, and all of it', () => {
    assert.equal(sentence({}), 'The car reported 15590 km. Everything that was checked holds.')
    const car = { state: 'unknown', ground: 'the file does not disclose a VIN' } as const
    const reading = { state: 'unknown', ground: 'no odometer reading is disclosed in this file' } as const
    assert.equal(sentence({ car }), 'The car reported 15590 km. Nothing speaks against this file, but it cannot be told whether it is about the car that you see: the file does not disclose a VIN.')
    assert.equal(
      sentence({ car, reading }, null),
      'Nothing speaks against this file, but it cannot be told whether it is about the car that you see: the file does not disclose a VIN. It also cannot be told what its odometer showed: no odometer reading is disclosed in this file.',
    )
  })

  it('says what to look at, and nothing twice', () => {
    const reading = { state: 'attention', ground: 'the car reported 15590 km, but 2 records that may say more are not disclosed' } as const
    const noted = { state: 'attention', ground: 'a correction on odometer, up to block 9' } as const
    assert.equal(
      sentence({ reading, noted }),
      'The car reported 15590 km. Everything that was checked holds, but look at the odometer: 2 records that may say more are not disclosed. Look also at what was noted about its records: a correction on odometer, up to block 9.',
    )
  })

  it('blames the dashboard where only that differs, and ends with a full stop', () => {
    const reading = { state: 'refuted', ground: 'the car reported 15590 km; you read 300 km less' } as const
    assert.equal(sentence({ reading }), 'The car reported 15590 km. Do not rely on what the dashboard shows: you read 300 km less.')
    assert.equal(sentence({ genuine: { state: 'refuted', ground: 'A signature does not hold.' } }), 'Do not rely on this file. A signature does not hold.')
  })
})

describe('a report', () => {
  it('of 300,000 records has a period where their clocks agree, and none where they do not', async () => {
    const world = await createWorld()
    const record = (i: number, clock: 0 | 1): OpenedRecord => ({ stream: 'a/odometer', sequence: i, height: 1, clear: { clock, firstMs: 1000 + i, durationMs: 5, count: 1 }, readings: [] })
    const lamps = LAMP_NAMES.map((name) => [name, { state: 'holds', ground: '' }])
    const of = (opened: OpenedRecord[]) => report(world.read('lone'), Object.fromEntries(lamps), { opened }, null).period
    const many = Array.from({ length: 300_000 }, (_, i) => record(i, 0))
    assert.deepEqual(of(many), { clock: 0, firstMs: 1000, lastMs: 301_004 })
    assert.equal(of([...many, record(0, 1)]), null)
    assert.equal(of([]), null)
  })
})
