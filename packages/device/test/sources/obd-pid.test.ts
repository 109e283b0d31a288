import assert from 'node:assert/strict'
import test from 'node:test'
import { exactToText } from '@telltale/core'
import { createConversion } from '../../src/units.ts'
import { decodeObdAnswer, isObdAnswer, obdPids } from '../../src/sources/obd-pid.ts'
import type { ObdPid } from '../../src/sources/obd-pid.ts'

function pid(code: string): ObdPid {
  const found = obdPids.get(code)
  assert.ok(found)
  return found
}

function decoded(code: string, answer: string): string {
  return exactToText(decodeObdAnswer(pid(code), answer))
}

test('answers are read with and without spaces, headers and prompt', () => {
  assert.equal(decoded('01A6', '41 A6 00 14 BB C7'), '135879.1')
  assert.equal(decoded('01A6', '41a60014bbc7\r\r>'), '135879.1')
  assert.equal(decoded('01A6', '7E8 06 41 A6 00 14 BB C7'), '135879.1')
  assert.equal(decoded('01A6', '7E8 06 41 A6 00 14 BB C7 AA'), '135879.1')
  assert.equal(decoded('01A6', '18 DA F1 10 06 41 A6 00 14 BB C7'), '135879.1')
  assert.equal(decoded('010D', '41 0D 32'), '50')
  assert.equal(decoded('0105', '41 05 00'), '-40')
  assert.equal(decoded('010C', '41 0C 1A F9'), '1726.25')
  assert.equal(decoded('0142', '41 42 38 7A'), '14.458')
})

test('an answer to something else, too short or too long is refused', () => {
  for (const answer of ['61 A6 00 14 BB C7', '41 A5 00 14 BB C7', '41 A6 00 14 BB', '41 A6 00 14 BB C7 00', '7E8 05 41 A6 00 14 BB C7', '7E8 06 41 A6 00 14', '41 A6 00 14 BB CG', '', 'hello']) {
    assert.throws(() => decodeObdAnswer(pid('01A6'), answer), { code: 'malformed-obd-answer' }, answer)
  }
})

test('what an adapter says instead of an answer, and an odometer of all ones, mean not available', () => {
  for (const answer of ['NO DATA', 'no data\r>', 'SEARCHING...', 'UNABLE TO CONNECT', 'CAN ERROR', '?', '41 A6 FF FF FF FF']) assert.throws(() => decodeObdAnswer(pid('01A6'), answer), { code: 'not-available' }, answer)
})

test('plain numbers are told from answers', () => {
  assert.equal(isObdAnswer(pid('01A6'), '135879.1'), false)
  assert.equal(isObdAnswer(pid('01A6'), '41A60014BBC7'), true)
  assert.equal(isObdAnswer(pid('014E'), '414E0032'), true)
  assert.equal(isObdAnswer(pid('0105'), '41'), false)
  assert.equal(isObdAnswer(pid('0105'), '410532'), true)
  assert.equal(isObdAnswer(pid('0131'), '4131'), false)
})

test('no plain value of a parameter looks like an answer to it', () => {
  for (const { code, bytes, shift, factor } of obdPids.values()) {
    const most = (256n ** BigInt(bytes) - 1n + shift) * factor[0]
    const smallestAnswer = `41${code.slice(2)}${'0'.repeat(2 * bytes)}`
    assert.ok(!/^\d+$/.test(smallestAnswer) || most < BigInt(smallestAnswer), code)
  }
})

test('the unit of every parameter fits its path', () => {
  for (const { code, path, unit } of obdPids.values()) assert.doesNotThrow(() => createConversion(path, unit), code)
})
