import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { SourceRefusal } from '../../src/reading.ts'
import { clockOfTime, createCandumpParser } from '../../src/sources/candump.ts'
import type { CanFrame } from '../../src/sources/candump.ts'

function parse(...pieces: (string | Uint8Array)[]) {
  const frames: CanFrame[] = []
  const refusals: SourceRefusal[] = []
  const parser = createCandumpParser({ onFrame: (frame) => frames.push(frame), onRefusal: (refusal) => refusals.push(refusal) })
  for (const piece of pieces) parser.push(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
  parser.finish()
  return { frames, refusals, counts: parser.counts() }
}

function only(line: string): CanFrame {
  const { frames, refusals } = parse(line)
  assert.deepEqual(refusals, [])
  assert.equal(frames.length, 1)
  const [frame] = frames
  assert.ok(frame)
  return frame
}

test('a standard frame is read with its time, interface, identifier and data', () => {
  const frame = only('(46408.584954) can0 0B4#000000001D0B7A5E\n')
  assert.deepEqual({ ...frame, data: [...frame.data] }, { timeMs: 46_408_585, bus: 'can0', id: 0xb4, extended: false, data: [0, 0, 0, 0, 0x1d, 0x0b, 0x7a, 0x5e], line: 1 })
})

test('extended identifiers, CAN FD, empty frames, directions and lower-case hex are read', () => {
  assert.deepEqual({ id: only('(1.0) vcan0 18FFA021#f4').id, extended: only('(1.0) vcan0 18FFA021#f4').extended }, { id: 0x18ffa021, extended: true })
  assert.equal(only('(1.0) can0 00000123#00').extended, true)
  assert.equal(only(`(1.0) can0 123##1${'AB'.repeat(64)}`).data.length, 64)
  assert.equal(only('(1.0) can0 123##0').data.length, 0)
  assert.equal(only('(1.0) can0 123#').data.length, 0)
  assert.deepEqual([...only('(1.0) can0 7ff#dEaD T').data], [0xde, 0xad])
  assert.equal(only('(0000000001.0)   can0   123#00 R').timeMs, 1000)
})

test('times are exact whole milliseconds, halves rounding up', () => {
  const times: [string, number][] = [['0.0', 0], ['1.0004', 1000], ['1.000499', 1000], ['1.0005', 1001], ['1.000500', 1001], ['1.9995', 2000], ['46408.584499', 46_408_584], ['1747212345.678901', 1_747_212_345_679], ['2.5', 2500], ['2.000000001', 2000]]
  for (const [text, milliseconds] of times) assert.equal(only(`(${text}) can0 123#00`).timeMs, milliseconds, text)
})

test('Unix times are wall time, all others boot time', () => {
  assert.equal(clockOfTime(46_408_585), 'boot')
  assert.equal(clockOfTime(999_999_999_999), 'boot')
  assert.equal(clockOfTime(1_000_000_000_000), 'wall')
})

test('line endings, empty lines, remote frames and error reports do no harm', () => {
  const { frames, refusals, counts } = parse('(1.0) can0 123#01\r\n\r\n\n   \n(2.0) can0 123#R\n(2.1) can0 123#R8 T\n(2.2) can0 20000080#0000000000000000\n(3.0) can0 123#02')
  assert.deepEqual(refusals, [])
  assert.deepEqual(frames.map((frame) => [frame.line, frame.timeMs, frame.data[0]]), [[1, 1000, 1], [8, 3000, 2]])
  assert.deepEqual(counts, { lines: 8, frames: 2 })
})

test('a malformed line is refused with its number and place, and the next line is read', () => {
  const broken = ['x', '46408.58 can0 123#00', '(46408) can0 123#00', '(46408.) can0 123#00', '(.5) can0 123#00', '(1.0)can0 123#00', '(1.0) can0', '(1.0) can0 12#00', '(1.0) can0 1234#00', '(1.0) can0 800#00', '(1.0) can0 123', '(1.0) can0 123#0', '(1.0) can0 123#0G', '(1.0) can0 123#000102030405060708', '(1.0) can0 123##', `(1.0) can0 123##0${'00'.repeat(65)}`, '(1.0) can0 123#00 X', '(1.0) can0 123#R123', '(1.0 can0 123#00', '(1.0123456789) can0 123#00', '(-1.0) can0 123#00', '(99999999999999.0) can0 123#00', `(1.0) ${'c'.repeat(40)} 123#00`, '(1.0) can0 12\u00003#00']
  for (const line of broken) {
    const { frames, refusals } = parse(`(1.0) can0 123#01\n${line}\n(3.0) can0 123#03\n`)
    assert.deepEqual(frames.map((frame) => frame.line), [1, 3], line)
    assert.deepEqual(refusals.map((refusal) => [refusal.refused.code, refusal.line]), [['malformed-log-line', 2]], line)
  }
  const [refusal] = parse('(1.0) can0 123#0G').refusals
  assert.match(refusal?.refused.message ?? '', /character 16/)
  assert.equal(refusal?.refused.found, '(1.0) can0 123#0G')
})

test('what is shown of a refused line holds no control characters', () => {
  const [refusal] = parse('\u001b[2Jhello\u0007\u00ff').refusals
  assert.equal(refusal?.refused.found, '.[2Jhello..')
})

test('a line without end costs one refusal and no memory, and reading goes on after it', () => {
  const piece = Buffer.alloc(65_536, 0x41)
  const before = process.memoryUsage().arrayBuffers
  const { frames, refusals, counts } = parse('(1.0) can0 123#01\n', ...Array.from({ length: 500 }, () => piece), '\n(2.0) can0 123#02\n')
  assert.ok(process.memoryUsage().arrayBuffers - before < 8_000_000)
  assert.deepEqual(frames.map((frame) => frame.line), [1, 3])
  assert.deepEqual(refusals.map((refusal) => refusal.line), [2])
  assert.equal(counts.lines, 3)
  assert.equal(parse(`(1.0) can0 123#01${' '.repeat(1_007)}\n`).frames.length, 1)
  assert.equal(parse(`(1.0) can0 123#01${' '.repeat(1_008)}\n`).refusals.length, 1)
  assert.equal(parse(`(1.0) can0 123#01${' '.repeat(1_000)}`, ' '.repeat(8), '\n').refusals.length, 1)
})

test('it does not matter where the log is cut into pieces', () => {
  const text = '(1.000500) can0 123#01\r\n\n(2.0) can1 18FFA021##1AB\nbroken\n(3.0) can0 7FF#\n(4.0) can0 123#R\n(5.0) can0 001#0102'
  const whole = parse(text)
  assert.equal(whole.frames.length, 4)
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      assert.deepEqual(parse(...places.slice(1).map((end, index) => text.slice(places[index], end))), whole)
    }),
  )
})

test('frames that are not wanted are checked and counted but not handed on', () => {
  const seen: number[] = []
  const refused: number[] = []
  const parser = createCandumpParser({ wants: (id, extended) => id === 0x123 && !extended, onFrame: (frame) => seen.push(frame.line), onRefusal: (refusal) => refused.push(refusal.line) })
  parser.push(Buffer.from('(1.0) can0 123#01\n(1.0) can0 124#01\n(1.0) can0 00000123#01\n(1.0) can0 124#0\n'))
  parser.finish()
  assert.deepEqual([seen, refused, parser.counts()], [[1], [4], { lines: 4, frames: 3 }])
})

test('any well-formed frame is read back as it was written', () => {
  const frame = fc.record({ extended: fc.boolean(), id: fc.nat(0x7ff), seconds: fc.nat(4_000_000_000), micros: fc.nat(999_999), data: fc.uint8Array({ maxLength: 8 }) })
  fc.assert(
    fc.property(frame, ({ extended, id, seconds, micros, data }) => {
      const digits = id.toString(16).toUpperCase().padStart(extended ? 8 : 3, '0')
      const read = only(`(${seconds}.${String(micros).padStart(6, '0')}) can0 ${digits}#${Buffer.from(data).toString('hex').toUpperCase()}`)
      assert.deepEqual([read.id, read.extended, [...read.data]], [id, extended, [...data]])
      assert.equal(BigInt(read.timeMs), BigInt(seconds) * 1000n + (BigInt(micros) + 500n) / 1000n)
    }),
  )
})
