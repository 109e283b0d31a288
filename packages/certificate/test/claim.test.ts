import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Decimal, TelltaleError, exactFromText } from '@telltale/core'
import type { Exact, RecordReading } from '@telltale/core'
import type { StreamRow } from '@telltale/ledger'
import { findOdometer, judgeReading, readClaim } from '../src/verify/claim.ts'
import type { OpenedRecord } from '../src/verify/opening.ts'
import type { ReadRecord, ReadStream } from '../src/verify/records.ts'
import type { ProvedState } from '../src/verify/state.ts'

const PATH = 'Vehicle.TraveledDistance'

function reading(value: Exact | string | boolean, more: Partial<RecordReading> = {}): RecordReading {
  return { path: PATH, timeMs: 1000, value, unit: 'm', source: '', ...more }
}

function opened(stream: string, sequence: number, readings: RecordReading[], height = 10 + sequence): OpenedRecord {
  return { stream, sequence, height, clear: { clock: 0, firstMs: 1000, durationMs: 0, count: readings.length }, readings }
}

/** What stands in the ledger: streams by name with their counts and last heights. */
function ledger(rows: Record<string, { count: number; lastHeight?: number; resumes?: number[] }>): { state: ProvedState; streams: Map<string, ReadStream> } {
  const streams = new Map<string, ReadStream>()
  const state = { streams: new Map<string, StreamRow>() } as ProvedState
  for (const [stream, { count, lastHeight = 1000, resumes = [] }] of Object.entries(rows)) {
    state.streams.set(stream, { count, lastHeight } as StreamRow)
    const records = resumes.map((sequence) => ({ sequence, record: null }) as unknown as ReadRecord)
    streams.set(stream, { stream, records } as unknown as ReadStream)
  }
  return { state, streams }
}

function judge(claim: string | null, records: OpenedRecord[], rows: Parameters<typeof ledger>[0] = { 'a/odometer': { count: records.length } }): string {
  const { state, streams } = ledger(rows)
  const { state: lamp } = judgeReading(claim === null ? null : readClaim(claim), findOdometer(records, streams, state))
  return lamp
}

describe('what somebody read off a dashboard', () => {
  const read = (text: string): string => {
    try {
      const { value, unit } = readClaim(text)
      return `${value instanceof Decimal ? `${value.mantissa}e${value.exponent}` : value} ${unit}`
    } catch (error) {
      assert.ok(error instanceof TelltaleError)
      return error.code
    }
  }

  it('is a number with or without grouping, and a unit', () => {
    assert.equal(read('15590 mi'), '15590 mi')
    assert.equal(read(' 15,590mi '), '15590 mi')
    assert.equal(read('1,015,590.5 km'), '10155905e-1 km')
    assert.equal(read('0 m'), '0 m')
    assert.equal(read('0015590 km'), '15590 km')
    assert.equal(read('15590.0 km'), '15590 km')
    assert.equal(read('1015.590 km'), '101559e-2 km')
  })

  it('is refused where it could be read in two ways, or in none', () => {
    for (const text of ['15.590 km', '15,59 km', '1,5590 km', '1,559,0 km', '15 590 km', "15'590 km", '15590,5 km', '1.015.590 km', '-1 km', '+1 km', '1e5 km', '15590', 'km', '15590 KM', '15590 miles', '15590 km km', '', '٣ km', ' 1\u0000 km', '1/2 km']) {
      assert.equal(read(text), 'malformed-reading', text)
    }
    for (const text of [`${'9'.repeat(10)} km`, '1.2345 km', '1,000,000,000 km', `15590 mi${' '.repeat(80)}?`, `${'9'.repeat(1_000_000)} km`]) assert.equal(read(text), 'malformed-reading', text.slice(0, 40))
  })
})

describe('the reading lamp', () => {
  const at = (value: Exact, raw?: RecordReading['raw']): OpenedRecord[] => [opened('a/odometer', 0, [reading(value, raw ? { raw } : {})])]

  it('holds where both figures can be of one distance', () => {
    assert.equal(judge('15590 km', at(15_590_000)), 'holds')
    assert.equal(judge('15590 km', at(15_590_999)), 'holds')
    assert.equal(judge('15590.0 km', at(15_590_099)), 'holds')
    assert.equal(judge('15590000 m', at(15_590_000)), 'holds')
    assert.equal(judge('9687 mi', at(15_590_000)), 'holds')
    assert.equal(judge('15590 mi', at(exactFromText('25089672.96'), { value: 15_590, unit: 'mi' })), 'holds')
    assert.equal(judge('25090 km', at(exactFromText('25089672.96'), { value: 15_590, unit: 'mi' })), 'holds')
    assert.equal(judge('0 km', at(0)), 'holds')
  })

  it('is red where the car reported more, amber where it reported less', () => {
    assert.equal(judge('15589 km', at(15_590_000)), 'refuted')
    assert.equal(judge('15589.9 km', at(15_590_000)), 'refuted')
    assert.equal(judge('15591 km', at(15_590_000)), 'attention')
    assert.equal(judge('15589999 m', at(15_590_000)), 'refuted')
    assert.equal(judge('0 km', at(1000)), 'refuted')
    assert.equal(judge('1 km', at(-1000)), 'attention')
  })

  it('says what is missing where nobody asked or nothing is disclosed', () => {
    assert.equal(judge(null, at(1)), 'not-asked')
    assert.equal(judge(null, []), 'not-asked')
    assert.equal(judge('1 km', []), 'unknown')
    assert.equal(judge('1 km', [opened('a/odometer', 0, [reading('1 km'), reading(true), reading(1, { unit: 'km' }), reading(1, { unit: null }), reading(1, { path: 'Vehicle.Speed' })])]), 'unknown')
  })

  it('takes what the source said only where it is the same distance', () => {
    assert.equal(judge('58412 km', at(231_904_000, { value: 58_412, unit: 'km' })), 'refuted')
    assert.equal(judge('231904 km', at(231_904_000, { value: 58_412, unit: 'km' })), 'holds')
    assert.equal(judge('231904 km', at(231_904_000, { value: exactFromText('231904.0'), unit: 'km' })), 'holds')
  })

  it('is not misled by units that every object has', () => {
    for (const unit of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']) assert.equal(judge('1 km', at(1000, { value: 1, unit })), 'holds', unit)
  })

  it('bears the largest and the finest figures that a record can carry', () => {
    const most = Number.MAX_SAFE_INTEGER
    assert.equal(judge('1 km', at(most)), 'refuted')
    assert.equal(judge('1 km', at(-most)), 'attention')
    assert.equal(judge('999999999 km', at(1, { value: most, unit: 'mi' })), 'attention')
    assert.equal(judge('1 m', at(new Decimal(1_000_000_000_000_001, -15))), 'holds')
  })

  it('counts in the unit and the decimals of what was read', () => {
    const { state, streams } = ledger({ 'a/odometer': { count: 1 } })
    const found = findOdometer(at(15_590_000), streams, state)
    assert.match(judgeReading(readClaim('15589.6 km'), found).ground, /you read 0.4 km less/)
    assert.match(judgeReading(readClaim('1,589 mi'), found).ground, /you read 8,098 mi less/)
    assert.match(judgeReading(readClaim('15590400 m'), found).ground, /you read 400 m more/)
  })
})

describe('the newest odometer', () => {
  const newest = (records: OpenedRecord[], rows: Parameters<typeof ledger>[0] = {}): number | undefined => {
    const { state, streams } = ledger(rows)
    return findOdometer(records, streams, state)?.reading.metres
  }

  it('is the last of its stream, whatever the clock of the device says', () => {
    assert.equal(newest([opened('a/odometer', 0, [reading(1, { timeMs: 9000 })]), opened('a/odometer', 1, [reading(2)])]), 2)
  })

  it('is the last by the clock within one record', () => {
    assert.equal(newest([opened('a/odometer', 0, [reading(1, { timeMs: 3000 }), reading(2, { timeMs: 2000 })])]), 1)
    assert.equal(newest([opened('a/odometer', 0, [reading(1), reading(2)])]), 2)
  })

  it('is that of the later block where two devices report, not that of the later name', () => {
    const [early, late] = [opened('z/odometer', 0, [reading(80_000_000)], 5), opened('a/odometer', 0, [reading(200_000_000)], 9)]
    assert.equal(newest([late, early]), 200_000_000)
    assert.equal(newest([opened('a/odometer', 0, [reading(7)], 9), opened('z/odometer', 0, [reading(3)], 9)]), 7)
    assert.equal(newest([opened('a/odometer', 0, [reading(3)], 9), opened('z/odometer', 0, [reading(7)], 9)]), 7)
  })

  it('is within one block the last of its stream, then the longest of the streams, in whatever order they come', () => {
    const block = [opened('a/odometer', 0, [reading(70)], 9), opened('b/odometer', 0, [reading(100)], 9), opened('b/odometer', 1, [reading(50)], 9)]
    for (const order of [[0, 1, 2], [1, 2, 0], [2, 1, 0], [1, 0, 2]]) assert.equal(newest(order.map((i) => block[i] as OpenedRecord)), 70, order.join())
  })

  it('is the longer one however little it is, of equally long ones that of the first stream', () => {
    const found = (...values: Exact[]): string | undefined => {
      const { state, streams } = ledger({})
      return findOdometer(values.map((value, i) => opened(`${'abc'[i] as string}/odometer`, 0, [reading(value)], 9)), streams, state)?.reading.stream
    }
    assert.equal(found(exactFromText('0.0001'), exactFromText('0.0002')), 'b/odometer')
    assert.equal(found(exactFromText('0.0002'), exactFromText('0.0001')), 'a/odometer')
    assert.equal(found(-1, 5, 5), 'b/odometer')
  })

  it('is no way to hide that it was turned back: whatever was longer before makes it amber', () => {
    const rows = { 'a/odometer': { count: 2 } }
    const from = (value: Exact, more: Partial<RecordReading> = {}): OpenedRecord[] => [opened('a/odometer', 0, [reading(value, more)]), opened('a/odometer', 1, [reading(58_412_000)])]
    assert.equal(judge('58412 km', from(58_411_000), rows), 'holds')
    assert.equal(judge('58412 km', from(231_904_000), rows), 'attention')
    assert.equal(judge(null, from(231_904_000), rows), 'attention')
    assert.equal(judge('58411 km', from(231_904_000), rows), 'refuted')
    assert.equal(judge('231904 km', from(231_904_000), rows), 'attention')
    assert.equal(judge('58412 km', from(58_412_001), rows), 'attention')
    assert.equal(judge('58412 km', [opened('a/odometer', 0, [reading(231_904_000, { timeMs: 1 }), reading(58_412_000)])]), 'attention')
    assert.equal(judge('58412 km', [opened('a/driving', 0, [reading(231_904_000)], 1), ...from(1)], rows), 'attention')
  })

  it('is told by streams of that name alone, so that none of another name can stand in for it', () => {
    const rows = { 'a/odometer': { count: 1 }, 'b/odo': { count: 1 } }
    const [real, shorter] = [opened('a/odometer', 0, [reading(231_904_000)], 5), opened('b/odo', 0, [reading(58_412_000)], 9)]
    assert.equal(judge('58412 km', [shorter], rows), 'unknown')
    assert.equal(judge(null, [shorter], rows), 'not-asked')
    assert.equal(newest([real, shorter]), 231_904_000)
    assert.equal(judge('58412 km', [real, shorter], rows), 'refuted')
    assert.equal(judge('231904 km', [real, shorter], rows), 'holds')
  })

  it('is not called turned back for what a coarser source rounds away', () => {
    const rows = { 'a/odometer': { count: 1 }, 'b/odometer': { count: 1 } }
    const fine = opened('a/odometer', 0, [reading(58_412_400, { raw: { value: exactFromText('58412.4'), unit: 'km' } })], 10)
    const coarse = opened('b/odometer', 0, [reading(58_412_000, { raw: { value: 58_412, unit: 'km' } })], 1000)
    assert.equal(judge('58412 km', [fine, coarse], rows), 'holds')
    assert.equal(judge('58412 km', [fine, { ...coarse, readings: [reading(58_411_000, { raw: { value: 58_411, unit: 'km' } })] }], rows), 'attention')
  })

  const four = [0, 1, 2].map((sequence) => opened('a/odometer', sequence, [])).concat(opened('a/odometer', 3, [reading(1000)]))

  it('is not called the newest where records after it are not disclosed', () => {
    assert.equal(judge('1 km', four, { 'a/odometer': { count: 4 } }), 'holds')
    assert.equal(judge('1 km', four, { 'a/odometer': { count: 5 } }), 'attention')
    assert.equal(judge(null, four, { 'a/odometer': { count: 5 } }), 'attention')
    assert.equal(judge('0 km', four, { 'a/odometer': { count: 5 } }), 'refuted')
    assert.equal(judge('1 km', four, { 'a/odometer': { count: 5, resumes: [4] } }), 'holds')
    assert.equal(judge('1 km', [...four, opened('a/odometer', 4, [])], { 'a/odometer': { count: 5 } }), 'holds')
  })

  it('nor where one before it is not disclosed, which may have said more', () => {
    assert.equal(judge('1 km', four.slice(1), { 'a/odometer': { count: 4 } }), 'attention')
    assert.equal(judge('1 km', four.slice(3), { 'a/odometer': { count: 4 } }), 'attention')
    assert.equal(judge('1 km', four.slice(1), { 'a/odometer': { count: 4, resumes: [0] } }), 'holds')
  })

  it('nor where another device has a stream of that name with records that are not disclosed', () => {
    assert.equal(judge('1 km', four, { 'a/odometer': { count: 4 }, 'b/odometer': { count: 0 } }), 'holds')
    assert.equal(judge('1 km', four, { 'a/odometer': { count: 4 }, 'b/odometer': { count: 9, lastHeight: 12 } }), 'attention')
    assert.equal(judge('1 km', four, { 'a/odometer': { count: 4 }, 'b/driving': { count: 9, lastHeight: 99 } }), 'holds')
    assert.equal(judge('1 km', [...four, opened('b/driving', 0, [])], { 'a/odometer': { count: 5 }, 'b/driving': { count: 9 } }), 'attention')
    assert.equal(judge('1 km', [...four, opened('b/odometer', 0, [], 11)], { 'a/odometer': { count: 4 }, 'b/odometer': { count: 1, lastHeight: 99 } }), 'holds')
  })

  it('is found among a hundred thousand records of as many streams', () => {
    const records = Array.from({ length: 100_000 }, (_, i) => opened(`${i}/odometer`, 0, [reading(i)], i))
    assert.equal(newest(records, Object.fromEntries(records.map(({ stream }) => [stream, { count: 1 }]))), 99_999)
  })
})
