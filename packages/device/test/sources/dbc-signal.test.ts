import assert from 'node:assert/strict'
import test from 'node:test'
import { exactToText } from '@telltale/core'
import fc from 'fast-check'
import { readDbc } from '../../src/sources/dbc.ts'
import { createSignalDecoder } from '../../src/sources/dbc-signal.ts'
import type { SignalDecoder } from '../../src/sources/dbc-signal.ts'

function decoderFor(layout: string, scale = '(1,0)'): SignalDecoder {
  const [message] = readDbc(`BO_ 1 M: 64 X\n SG_ S : ${layout} ${scale} [0|0] "" X\n`).messages
  const signal = message?.signals.get('S')
  assert.ok(message && signal)
  return createSignalDecoder(message, signal)
}

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex')
}

test('both byte orders are read as the format numbers bits', () => {
  assert.equal(decoderFor('39|32@0+').raw(bytes('2100002400003CE5')), 15_589n)
  assert.equal(decoderFor('26|2@0+').raw(bytes('2100002400003CE5')), 2n)
  assert.equal(decoderFor('0|16@1+').raw(bytes('3412')), 0x1234n)
  assert.equal(decoderFor('7|16@0+').raw(bytes('1234')), 0x1234n)
  assert.equal(decoderFor('4|8@1+').raw(bytes('A05B')), 0xban)
  assert.equal(decoderFor('3|8@0+').raw(bytes('0A5B')), 0xa5n)
  assert.equal(decoderFor('0|64@1+').raw(bytes('FFFFFFFFFFFFFFFF')), 0xffff_ffff_ffff_ffffn)
  assert.equal(decoderFor('7|64@0+').raw(bytes('0102030405060708')), 0x0102_0304_0506_0708n)
})

test('signed signals are in two\'s complement', () => {
  assert.equal(decoderFor('0|8@1-').raw(bytes('FF')), -1n)
  assert.equal(decoderFor('7|12@0-').raw(bytes('8000')), -2048n)
  assert.equal(decoderFor('7|12@0-').raw(bytes('7FF0')), 2047n)
  assert.equal(decoderFor('0|64@1-').raw(bytes('0000000000000080')), -(2n ** 63n))
  assert.equal(decoderFor('0|1@1-').raw(bytes('01')), -1n)
})

test('factor and offset are applied without floats', () => {
  const speed = decoderFor('47|16@0+', '(0.01,0)')
  assert.equal(exactToText(speed.scale(2938n)), '29.38')
  assert.equal(exactToText(decoderFor('6|15@0+', '(0.01,-67.67)').scale(9_653n)), '28.86')
  assert.equal(exactToText(decoderFor('0|8@1+', '(0.1,0.2)').scale(1n)), '0.3')
  assert.equal(exactToText(decoderFor('0|16@1+', '(3.05E-5,1e2)').scale(3n)), '100.0000915')
  assert.throws(() => decoderFor('0|64@1+').scale(2n ** 53n), { code: 'number-out-of-range' })
})

test('a frame too short for the signal is refused, one just long enough is not', () => {
  for (const layout of ['39|32@0+', '40|24@1+']) {
    const decoder = decoderFor(layout)
    assert.doesNotThrow(() => decoder.raw(bytes('0000000000000001')))
    assert.throws(() => decoder.raw(bytes('00000000000000')), { code: 'signal-outside-frame', expected: '8 bytes', found: '7 bytes' })
  }
})

test('a multiplexed signal is present only on its page', () => {
  const [message] = readDbc('BO_ 1 M: 8 X\n SG_ P M : 7|4@0+ (1,0) [0|1] "" X\n SG_ S m2 : 8|8@1+ (1,0) [0|1] "" X\n SG_ ALWAYS : 16|8@1+ (1,0) [0|1] "" X\n').messages
  const decoder = (name: string): SignalDecoder => {
    const signal = message?.signals.get(name)
    assert.ok(message && signal)
    return createSignalDecoder(message, signal)
  }
  assert.equal(decoder('S').isPresent(bytes('200000')), true)
  assert.equal(decoder('S').isPresent(bytes('120000')), false)
  assert.equal(decoder('ALWAYS').isPresent(bytes('120000')), true)
})

test('a signal that cannot be read exactly is refused beforehand', () => {
  const [message] = readDbc('BO_ 1 M: 8 X\n SG_ S : 0|32@1- (1,0) [0|1] "" X\n SG_ ORPHAN m1 : 32|8@1+ (1,0) [0|1] "" X\nSIG_VALTYPE_ 1 S : 1;\n').messages
  const [float, orphan] = [message?.signals.get('S'), message?.signals.get('ORPHAN')]
  assert.ok(message && float && orphan)
  assert.throws(() => createSignalDecoder(message, float), { code: 'unsupported-signal' })
  assert.throws(() => createSignalDecoder(message, orphan), { code: 'unsupported-signal' })
})

/** The bits a signal occupies from the lowest up, by the definition of the format, one at a time. */
function bitsFromLowest(startBit: number, length: number, littleEndian: boolean): number[] {
  if (littleEndian) return Array.from({ length }, (_, index) => startBit + index)
  const places = [startBit]
  while (places.length < length) {
    const last = places.at(-1) ?? 0
    places.push(last % 8 === 0 ? last + 15 : last - 1)
  }
  return places.toReversed()
}

const layouts = fc.record({ startBit: fc.nat(120), length: fc.integer({ min: 1, max: 64 }), littleEndian: fc.boolean(), signed: fc.boolean(), data: fc.uint8Array({ minLength: 32, maxLength: 32 }) })

test('any signal agrees with an oracle that gathers its bits one by one', () => {
  fc.assert(
    fc.property(layouts, ({ startBit, length, littleEndian, signed, data }) => {
      const decoder = decoderFor(`${startBit}|${length}@${littleEndian ? 1 : 0}${signed ? '-' : '+'}`)
      const places = bitsFromLowest(startBit, length, littleEndian)
      let expected = 0n
      places.forEach((place, weight) => {
        const bit = ((data[place >> 3] ?? 0) >> (place & 7)) & 1
        expected += BigInt(bit) << BigInt(weight)
      })
      if (signed && expected >> BigInt(length - 1) === 1n) expected -= 1n << BigInt(length)
      assert.equal(decoder.raw(data), expected)
      const needed = Math.max(...places.map((place) => place >> 3)) + 1
      assert.equal(decoder.raw(data.subarray(0, needed)), expected)
      assert.throws(() => decoder.raw(data.subarray(0, needed - 1)), { code: 'signal-outside-frame' })
    }),
    { numRuns: 500 },
  )
})

test('raw x factor + offset agrees with whole-number arithmetic', () => {
  const decimals = fc.record({ mantissa: fc.bigInt(-9_999n, 9_999n), places: fc.nat(4) })
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 20n), 2n ** 20n), decimals, decimals, (raw, factor, offset) => {
      const text = ({ mantissa, places }: { mantissa: bigint; places: number }): string => `${mantissa}e-${places}`
      const value = exactToText(decoderFor('0|33@1-', `(${text(factor)},${text(offset)})`).scale(raw))
      const tenThousandths = raw * factor.mantissa * 10n ** BigInt(4 - factor.places) + offset.mantissa * 10n ** BigInt(4 - offset.places)
      const [whole = '', fraction = ''] = value.replace('-', '').split('.')
      const read = BigInt(whole + fraction.padEnd(4, '0')) * (value.startsWith('-') ? -1n : 1n)
      assert.equal(read, tenThousandths)
    }),
  )
})
