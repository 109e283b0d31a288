import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesText, durationText, groupFigures, quantityText } from '../src/figures.ts'
import { hang, printable, table, wrap } from '../src/layout.ts'
import { failureText, progressText } from '../src/output.ts'
import { readIsoTime } from '../src/range.ts'
import { exitCodeOf } from '../src/exit-code.ts'
import { UsageError } from '../src/failure.ts'
import { fail } from '@telltale/core'
import pc from 'picocolors'

const plain = { width: 40, colours: pc.createColors(false) }

test('figures read as people read them; digits of names stay together', () => {
  assert.equal(groupFigures('15590 mi, 135879.1 km, 1500 of 2000 records'), '15,590 mi, 135,879.1 km, 1,500 of 2,000 records')
  assert.equal(groupFigures('VIN 12345678901234567 mi-4567, block 12345'), 'VIN 12345678901234567 mi-4567, block 12345')
  assert.deepEqual([bytesText(1), bytesText(999), bytesText(140_750), bytesText(4_294_967_296)], ['1 byte', '999 bytes', '140.8 kB', '4.3 GB'])
  assert.deepEqual([quantityText(1, 'entry', 'entries'), quantityText(1240, 'record')], ['1 entry', '1,240 records'])
  assert.deepEqual([durationText(3.2), durationText(600), durationText(9000)], ['4 s', '10 min', '2.5 h'])
})

test('text from elsewhere moves no cursor', () => {
  assert.equal(printable('a\u001b[2Jb\u009bc\u202ed\ne'), 'a.[2Jb.c.d\ne')
  assert.ok(!failureText(fail('some-code', 'bad \u001b]0;title\u0007'), plain).includes('\u001b'))
})

test('lines are broken at spaces, and long words keep a line of their own', () => {
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three'])
  assert.deepEqual(wrap(`a ${'x'.repeat(12)} b`, 7), ['a', 'x'.repeat(12), 'b'])
  assert.equal(hang('head ', 5, 'one two three four five', 25), 'head one two three four\n     five')
  assert.equal(table([{ title: 'a', align: 'left' }, { title: 'n', align: 'right' }], [['x', '1,000'], ['long', '1']]), 'a         n\nx     1,000\nlong      1')
})

test('progress tells extent, rate and time left', () => {
  assert.equal(progressText('Importing', { done: 12_100_000, total: 27_000_000, unit: 'bytes', seconds: 3 }), 'Importing 44 %: 12.1 MB of 27.0 MB, 4.0 MB/s, 4 s left')
  assert.equal(progressText('Exporting', { done: 1000, total: null, unit: 'records', seconds: 2 }), 'Exporting: 1,000 records, 500/s')
})

test('times: a day, a minute, zones; what is no date is refused', () => {
  assert.equal(readIsoTime('2026-01-31'), Date.UTC(2026, 0, 31))
  assert.equal(readIsoTime('2026-01-31T12:00'), Date.UTC(2026, 0, 31, 12))
  assert.equal(readIsoTime('2026-01-31T12:00:00.5+02:00'), Date.UTC(2026, 0, 31, 10, 0, 0, 500))
  for (const wrong of ['2026-02-30', '2026-13-01', '31.01.2026', '2026-01-31T25:00', 'now', '']) assert.equal(readIsoTime(wrong), null, wrong)
})

test('exit codes: what is refused is 1, what was used wrongly 2; for verify every failure is 2', () => {
  assert.equal(exitCodeOf(fail('not-allowed', 'no'), 'send'), 1)
  assert.equal(exitCodeOf(fail('segment-damaged', 'no'), 'export'), 1)
  assert.equal(exitCodeOf(fail('malformed-mapping', 'no'), 'import'), 2)
  assert.equal(exitCodeOf(new UsageError('no-such-record', 'no'), 'certificate'), 2)
  assert.equal(exitCodeOf(fail('weak-key', 'no'), 'verify'), 2)
  assert.equal(exitCodeOf(new TypeError('our own bug'), 'verify'), 2)
})
