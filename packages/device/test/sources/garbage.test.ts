import assert from 'node:assert/strict'
import test from 'node:test'
import { TelltaleError } from '@telltale/core'
import fc from 'fast-check'
import type { SourceRefusal } from '../../src/reading.ts'
import { createCandumpParser } from '../../src/sources/candump.ts'
import { createCanLogSource } from '../../src/sources/can-log.ts'
import { createCsvSource } from '../../src/sources/csv.ts'
import { createCsvRowParser, splitCsvRow } from '../../src/sources/csv-rows.ts'
import { readDbc } from '../../src/sources/dbc.ts'
import { createSignalDecoder } from '../../src/sources/dbc-signal.ts'
import { parseMapping } from '../../src/sources/mapping.ts'
import { decodeObdAnswer, obdPids } from '../../src/sources/obd-pid.ts'
import { createConversion } from '../../src/units.ts'
import { readAll, scratchFile } from './scratch-file.ts'

/** Runs a reader on garbage: it may succeed or throw a coded error, nothing else. */
function onlyCoded(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    assert.ok(error instanceof TelltaleError, String(error))
  }
}

const dbcText = 'BO_ 180 SPEED: 8 X\n SG_ SPEED : 47|16@0- (0.01,-5) [0|0] "km/h" X\n SG_ PAGE M : 0|3@1+ (1,0) [0|0] "" X\n SG_ M1 m1 : 5|59@1- (1e-3,0.5) [0|0] "" X\nVAL_ 180 PAGE 1 "one" ;\n'
const mappingText = '{"version":1,"name":"T","streams":{"main":{"recordMs":1000,"recordReadingsMax":10}},"signals":[{"message":"SPEED","signal":"SPEED","stream":"main","path":"Vehicle.Speed","unit":"mph","everyMs":5},{"message":"SPEED","signal":"M1","stream":"main","path":"Vehicle.TraveledDistance","unit":{"signal":"PAGE","values":{"1":"km"}},"invalid":["0xFF"]}]}'

/** An honest text with random pieces cut out, doubled or overwritten. */
function damaged(text: string): fc.Arbitrary<string> {
  const blow = fc.record({ at: fc.nat(text.length), length: fc.nat(20), insert: fc.oneof(fc.string({ maxLength: 10 }), fc.constantFrom('"', ';', '\n', '|', '#', '(', '9'.repeat(30), '\0', '\uFFFD', 'SG_ ', 'BO_ ')) })
  return fc.array(blow, { minLength: 1, maxLength: 6 }).map((blows) => blows.reduce((now, { at, length, insert }) => now.slice(0, at) + insert + now.slice(at + length), text))
}

test('random bytes in a candump log make refusals and nothing else', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 400 }), damaged('(1.000500) can0 123#01\r\n(2.0) can1 18FFA021##1AB\n(4.0) can0 123#R\n').map((text) => Buffer.from(text, 'latin1')))
  fc.assert(
    fc.property(bytes, (garbage) => {
      const refusals: SourceRefusal[] = []
      const parser = createCandumpParser({
        onFrame: (frame) => {
          assert.ok(Number.isSafeInteger(frame.timeMs) && frame.timeMs >= 0 && frame.data.length <= 64 && frame.id <= 0x1fff_ffff)
        },
        onRefusal: (refusal) => refusals.push(refusal),
      })
      parser.push(garbage)
      parser.finish()
      for (const { refused, line } of refusals) assert.ok(refused.code === 'malformed-log-line' && line >= 1 && line <= parser.counts().lines)
    }),
    { numRuns: 2_000 },
  )
})

test('damaged databases are read or refused with malformed-dbc', () => {
  assert.doesNotThrow(() => readDbc(dbcText))
  const frame = new Uint8Array(8).fill(0xa5)
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 300, unit: 'binary' }), damaged(dbcText)), (garbage) => {
      onlyCoded(() => {
        for (const message of readDbc(garbage).messages) {
          for (const signal of message.signals.values()) {
            onlyCoded(() => {
              const decoder = createSignalDecoder(message, signal)
              decoder.isPresent(frame)
              decoder.scale(decoder.raw(frame))
            })
          }
        }
      })
    }),
    { numRuns: 2_000 },
  )
})

test('damaged mappings are read or refused with a code', () => {
  assert.doesNotThrow(() => parseMapping(mappingText))
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string(), damaged(mappingText)), (garbage) => onlyCoded(() => parseMapping(garbage))), { numRuns: 2_000 })
})

test('rows are cut in the same places however the bytes arrive', () => {
  const text = fc.array(fc.constantFrom('"', ',', ';', '\n', '\r', 'a', '1', '""', '"a\nb"'), { maxLength: 40 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 7 }), (csv, pieceBytes) => {
      const rows = (step: number): [string, number][] => {
        const found: [string, number][] = []
        const parser = createCsvRowParser({ onRow: (row, line) => found.push([row, line]), onRefusal: ({ refused }) => assert.fail(refused.message) })
        const bytes = Buffer.from(csv)
        for (let at = 0; at < bytes.length; at += step) parser.push(bytes.subarray(at, at + step))
        parser.finish()
        for (const [row] of found) splitCsvRow(row, ',')
        return found
      }
      assert.deepEqual(rows(pieceBytes), rows(1_000))
    }),
    { numRuns: 1_000 },
  )
})

test('random cells and units are refused with a code', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.constantFrom(...obdPids.values()), (text, pid) => {
      onlyCoded(() => decodeObdAnswer(pid, text))
      onlyCoded(() => createConversion(text, text))
    }),
  )
})

test('garbage files run through the whole sources', async (context) => {
  const mapping = parseMapping(mappingText)
  for (const [index, garbage] of fc.sample(fc.uint8Array({ minLength: 100_000, maxLength: 200_000 }), { numRuns: 3, seed: 11 }).entries()) {
    const source = await createCanLogSource({ logPath: scratchFile(context, `${index}.log`, garbage), dbcText, mapping })
    const { readings, refusals } = await readAll(source)
    assert.deepEqual([readings.length, source.clock, new Set(refusals.map(({ refused }) => refused.code))], [0, 'unknown', new Set(['malformed-log-line'])])
    const csv = Buffer.concat([Buffer.from('time (s),Speed (mph),01A6\n1,2,3\n'), garbage])
    const read = await readAll(await createCsvSource({ csvPath: scratchFile(context, `${index}.csv`, csv) }))
    assert.equal(read.readings.length, 2)
    assert.ok(read.refusals.length > 100)
  }
})
