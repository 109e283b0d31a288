import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { Decimal } from '@telltale/core'
import type { RecordReading } from '@telltale/core'
import { readingToCsv, readingToJsonLine } from '../src/reading-rows.ts'
import { done, importArgs, refused, scratchFolder, telltale } from './command.ts'

const HEADER = 'time,clock,stream,record,path,value,unit,raw value,raw unit,source'

suite('export', () => {
  const folder = scratchFolder()
  const data = join(folder, 'car')
  before(async () => void (await done(importArgs('short-drive', data))))

  test('CSV: what the source said, exactly, with boot time as seconds', async () => {
    const { status, out, err } = await telltale(['export', '--data', data, '--stream', 'odometer'])
    assert.equal(status, 0)
    const lines = out.split('\r\n')
    assert.equal(lines[0], HEADER)
    assert.equal(lines[1], '12.830,boot,odometer,0,Vehicle.TraveledDistance,94003392,m,58411,mi,can:0x221:TOTAL_DISTANCE')
    assert.equal(lines.length, 62)
    assert.match(err, /Exported 60 readings of 6 records\./)
    assert.ok(!out.includes('1970'), 'boot time is never a date')
  })

  test('JSON: one value a line, both as --format json and as --json, by record number', async () => {
    const one = await telltale(['export', '--data', data, '--stream', 'odometer', '--from', '5', '--to', '5', '--format', 'json', '--quiet'])
    const other = await telltale(['export', '--data', data, '--stream', 'odometer', '--from', '5', '--json'])
    assert.deepEqual([one.status, one.err, other.out], [0, '', one.out])
    const lines = one.out.trimEnd().split('\n').map((line) => JSON.parse(line) as { record: number; raw: unknown; value: number; time: number; clock: string })
    assert.equal(lines.length, 10)
    assert.ok(lines.every(({ record, clock }) => record === 5 && clock === 'boot'))
    assert.deepEqual(lines.at(-1)?.raw, { value: 58412, unit: 'mi' })
  })

  test('records that cannot be opened are listed on standard error and counted', async () => {
    const closed = join(folder, 'closed')
    await done(['store', 'backup', join(folder, 'backup'), '--data', data])
    await done(['store', 'restore', join(folder, 'backup'), '--data', closed])
    rmSync(join(closed, 'secrets'), { recursive: true })
    const { status, out, err } = await telltale(['export', '--data', closed])
    assert.deepEqual([status, out], [0, `${HEADER}\r\n`])
    assert.match(err, /Not opened: odometer 0 to 5\. .*\(no-key\)/)
    assert.match(err, /Exported 0 readings of 0 records; 12 could not be opened\./)
  })

  test('damage on disk ends it: what was read before stands, then one line says where', async () => {
    const damaged = join(folder, 'damaged')
    cpSync(data, damaged, { recursive: true })
    const bodies = join(damaged, 'store/attachments/000000000000.seg')
    const bytes = readFileSync(bodies)
    bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1
    writeFileSync(bodies, bytes)
    const { status, out } = await telltale(['export', '--data', damaged, '--json'])
    const lines = out.trimEnd().split('\n').map((line) => JSON.parse(line) as { record?: number; error?: { code: string } })
    assert.deepEqual([status, lines.at(-1)?.error?.code], [1, 'segment-damaged'])
    assert.ok(lines.length > 40 && lines.slice(0, -1).every(({ record }) => record !== undefined))
  })

  test('refuses what makes no sense', async () => {
    await refused(['export', '--data', data, '--stream', 'odometr'], { status: 2, code: 'unknown-stream' })
    await refused(['export', '--data', data, '--device', 'tt1nobody'], { status: 2, code: 'device-needed' })
    await refused(['export', '--data', data, '--from', '3', '--to', '1'], { status: 2, code: 'usage' })
    await refused(['export', '--data', data, '--from', '2026-02-30'], { status: 2, code: 'usage' })
    const noWallTime = await refused(['export', '--data', data, '--from', '2026-02-20'], { status: 2, code: 'usage' })
    assert.match(noWallTime.message, /no wall time/)
    await refused(['export', '--data', data, '--format', 'csv'], { status: 2, code: 'usage' })
  })
})

const READING: RecordReading = { path: 'Vehicle.Speed', timeMs: 1_700_000_000_123, value: new Decimal(-325, -2), unit: 'km/h', source: 'csv:Speed' }

test('a line of CSV quotes what RFC 4180 asks for, and no text becomes a formula', () => {
  const line = (value: RecordReading['value'], source = 'x'): string => readingToCsv({ stream: 'driving', record: 3, clock: 0, reading: { ...READING, value, source } })
  assert.equal(line(READING.value), '2023-11-14T22:13:20.123Z,wall,driving,3,Vehicle.Speed,-3.25,km/h,,,x\r\n')
  assert.match(line('say "a, b"'), /,"say ""a, b""",/)
  assert.match(line('two\nlines'), /,"two\nlines",/)
  for (const formula of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) assert.ok(line(formula).includes(`'${formula}`), formula)
  assert.match(line(true, '=cmd'), /,true,km\/h,,,'=cmd\r\n$/)
})

test('a line of JSON keeps every digit, and tells raw from converted', () => {
  const reading: RecordReading = { ...READING, value: new Decimal(9_007_199_254_740_991, -18), raw: { value: 15_590, unit: 'mi' } }
  const line = readingToJsonLine({ stream: 'driving', record: 3, clock: 1, reading })
  assert.ok(line.includes('"value":0.009007199254740991,'), line)
  assert.ok(line.includes('"raw":{"value":15590,"unit":"mi"}'), line)
  assert.ok(line.startsWith('{"time":1700000000.123,"clock":"boot",'), line)
  assert.deepEqual(Object.keys(JSON.parse(line) as object), ['time', 'clock', 'stream', 'record', 'path', 'value', 'unit', 'raw', 'source'])
})
