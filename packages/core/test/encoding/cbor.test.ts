import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex, hexToBytes } from '../../src/bytes/hex.ts'
import { Decimal } from '../../src/decimal.ts'
import { Tagged } from '../../src/encoding/cbor.ts'
import type { Cbor } from '../../src/encoding/cbor.ts'
import { decode } from '../../src/encoding/reader.ts'
import { encode } from '../../src/encoding/writer.ts'
import { CBOR_ITEMS_MAX } from '../../src/limits.ts'
import { codeOf } from '../refusal.ts'

const BIG = Number.MAX_SAFE_INTEGER

/** Value and its one encoding; most are RFC 8949, appendix A. */
const VECTORS: [Cbor, string][] = [
  [0, '00'],
  [23, '17'],
  [24, '1818'],
  [255, '18ff'],
  [256, '190100'],
  [65_535, '19ffff'],
  [65_536, '1a00010000'],
  [4_294_967_295, '1affffffff'],
  [4_294_967_296, '1b0000000100000000'],
  [BIG, '1b001fffffffffffff'],
  [-1, '20'],
  [-24, '37'],
  [-25, '3818'],
  [-256, '38ff'],
  [-257, '390100'],
  [-BIG, '3b001ffffffffffffe'],
  [false, 'f4'],
  [true, 'f5'],
  [null, 'f6'],
  [new Uint8Array(0), '40'],
  [new Uint8Array([1, 2, 3, 4]), '4401020304'],
  ['', '60'],
  ['IETF', '6449455446'],
  ['ü', '62c3bc'],
  ['水', '63e6b0b4'],
  ['𐅑', '64f0908591'],
  ['e\u0301', '6365cc81'],
  [[], '80'],
  [[1, [2, 3], [4, 5]], '8301820203820405'],
  [new Map(), 'a0'],
  [new Map<number, Cbor>([[1, 2], [3, 4]]), 'a201020304'],
  [new Map<string, Cbor>([['b', [2, 3]], ['a', 1]]), 'a26161016162820203'],
  [new Decimal(27315, -2), 'c48221196ab3'],
  [new Decimal(-1, -18), 'c4823120'],
  [new Tagged([]), 'd280'],
]

suite('deterministic CBOR', () => {
  test('one encoding for each value, read back as that value', () => {
    for (const [value, hex] of VECTORS) {
      assert.equal(bytesToHex(encode(value)), hex)
      assert.deepEqual(decode(hexToBytes(hex)), value)
    }
  })

  test('map keys stand in bytewise order of their encoding, whatever order they were given in', () => {
    const expected = 'a21818002000'
    assert.equal(bytesToHex(encode(new Map<number, Cbor>([[24, 0], [-1, 0]]))), expected)
    assert.equal(bytesToHex(encode(new Map<number, Cbor>([[-1, 0], [24, 0]]))), expected)
    assert.deepEqual(decode(hexToBytes(expected)), new Map([[24, 0], [-1, 0]]))
    assert.equal(codeOf(() => decode(hexToBytes('a22000181800'))), 'not-canonical')
    const mixed = new Map<number | string, Cbor>([['aa', 1], [1000, 2], ['b', 3], [-1, 4], [-25, 5], [10, 6], [100, 7]])
    assert.equal(bytesToHex(encode(mixed)), 'a70a061864071903e802200438180561620362616101')
  })

  test('text is never normalised: two spellings of é stay two texts', () => {
    assert.notEqual(bytesToHex(encode('\u00e9')), bytesToHex(encode('e\u0301')))
    assert.equal(decode(encode('e\u0301')), 'e\u0301')
    assert.equal(decode(encode('\ufeffa')), '\ufeffa')
  })

  test('a byte string is read as a view and starts afresh: its content is not looked at', () => {
    assert.deepEqual(decode(hexToBytes('42ffff')), new Uint8Array([255, 255]))
  })
})

const REFUSED: [name: string, hex: string, code: string][] = [
  ['nothing', '', 'malformed-cbor'],
  ['an argument that is cut off', '19ff', 'malformed-cbor'],
  ['a byte string that is cut off', '420a', 'malformed-cbor'],
  ['text that is cut off', '6261', 'malformed-cbor'],
  ['an array that is cut off', '8201', 'malformed-cbor'],
  ['a map without its last value', 'a201020304'.slice(0, 8), 'malformed-cbor'],
  ['a tag without content', 'd2', 'malformed-cbor'],
  ['bytes after the item', '0000', 'malformed-cbor'],
  ['23 in two bytes', '1817', 'not-canonical'],
  ['255 in three bytes', '1900ff', 'not-canonical'],
  ['65,535 in five bytes', '1a0000ffff', 'not-canonical'],
  ['2^32 - 1 in nine bytes', '1b00000000ffffffff', 'not-canonical'],
  ['-24 in two bytes', '3817', 'not-canonical'],
  ['a length in a longer form', '580100', 'not-canonical'],
  ['an array head in a longer form', '980100', 'not-canonical'],
  ['a map head in a longer form', 'b8010000', 'not-canonical'],
  ['a tag in a longer form', 'd81280', 'not-canonical'],
  ['tag 4 in a longer form', 'd804822001', 'not-canonical'],
  ['2^53', '1b0020000000000000', 'number-out-of-range'],
  ['-2^53', '3b001fffffffffffff', 'number-out-of-range'],
  ['2^64 - 1', '1bffffffffffffffff', 'number-out-of-range'],
  ['a length of 2^64 - 1', '5bffffffffffffffff', 'number-out-of-range'],
  ['a length of 2^53 - 1', '5b001fffffffffffff', 'malformed-cbor'],
  ['an array that claims 2^32 - 1 elements', '9affffffff', 'malformed-cbor'],
  ['a map that claims 2^32 - 1 pairs', 'baffffffff', 'malformed-cbor'],
  ['reserved additional information 28', '1c', 'malformed-cbor'],
  ['reserved additional information 30', '5e', 'malformed-cbor'],
  ['an indefinite byte string', '5f4100ff', 'malformed-cbor'],
  ['an indefinite text', '7f6161ff', 'malformed-cbor'],
  ['an indefinite array', '9f00ff', 'malformed-cbor'],
  ['an indefinite map', 'bf0000ff', 'malformed-cbor'],
  ['a break by itself', 'ff', 'malformed-cbor'],
  ['undefined', 'f7', 'malformed-cbor'],
  ['a simple value', 'e0', 'malformed-cbor'],
  ['a simple value in two bytes', 'f8ff', 'malformed-cbor'],
  ['false in two bytes', 'f814', 'malformed-cbor'],
  ['a half float', 'f93c00', 'malformed-cbor'],
  ['a float', 'fa3f800000', 'malformed-cbor'],
  ['a double', 'fb3ff199999999999a', 'malformed-cbor'],
  ['not a number', 'f97e00', 'malformed-cbor'],
  ['a bignum', 'c2420100', 'malformed-cbor'],
  ['a date', 'c100', 'malformed-cbor'],
  ['embedded CBOR', 'd8184100', 'malformed-cbor'],
  ['self-described CBOR', 'd9d9f700', 'malformed-cbor'],
  ['text that is no UTF-8', '61ff', 'malformed-text'],
  ['an overlong form', '62c080', 'malformed-text'],
  ['half of a surrogate pair', '63eda080', 'malformed-text'],
  ['a character beyond Unicode', '64f4908080', 'malformed-text'],
  ['long text that is no UTF-8', `7841${'61'.repeat(64)}ff`, 'malformed-text'],
  ['text cut in the middle of a character', '62e6b0', 'malformed-text'],
  ['a doubled map key', 'a201000100', 'not-canonical'],
  ['a doubled text key', 'a2616100616100', 'not-canonical'],
  ['map keys out of order', 'a202000100', 'not-canonical'],
  ['the order of RFC 7049, shorter keys first', 'a22000181800', 'not-canonical'],
  ['a byte string as map key', 'a1410000', 'malformed-cbor'],
  ['an array as map key', 'a18000', 'malformed-cbor'],
  ['null as map key', 'a1f600', 'malformed-cbor'],
  ['a decimal as map key', 'a1c482200100', 'malformed-cbor'],
  ['a decimal that ten divides', 'c482200a', 'not-canonical'],
  ['a decimal zero', 'c4822000', 'not-canonical'],
  ['a decimal with exponent 0', 'c4820001', 'not-canonical'],
  ['a decimal with exponent 1', 'c4820101', 'not-canonical'],
  ['a decimal with exponent -19', 'c4823201', 'not-canonical'],
  ['a decimal of one element', 'c48120', 'malformed-cbor'],
  ['a decimal of three elements', 'c483200100', 'malformed-cbor'],
  ['a decimal of text', 'c482206131', 'malformed-cbor'],
  ['a decimal of a bignum', 'c48220c24101', 'malformed-cbor'],
  ['a decimal that is no array', 'c401', 'malformed-cbor'],
]

suite('what the reader refuses', () => {
  for (const [name, hex, code] of REFUSED) {
    test(name, () => assert.equal(codeOf(() => decode(hexToBytes(hex))), code))
  }

  test('reserved and indefinite lengths, of every kind and with enough bytes behind them', () => {
    for (let major = 0; major < 7; major++) {
      for (const info of [28, 29, 30, 31]) {
        for (const length of [1, 2, 17, 33, 65, 129]) {
          const bytes = new Uint8Array(length)
          bytes[0] = (major << 5) | info
          assert.equal(codeOf(() => decode(bytes)), 'malformed-cbor', `${major} ${info} ${length}`)
        }
      }
    }
  })

  test('depth: 16 levels are read, the 17th is refused', () => {
    const nested = (levels: number): Uint8Array => hexToBytes('81'.repeat(levels - 1) + '00')
    assert.ok(Array.isArray(decode(nested(16))))
    assert.equal(codeOf(() => decode(nested(17))), 'too-deep')
  })

  test('depth: tags and map values count, and a decimal takes three levels', () => {
    const inside = (levels: number, inner: string): Uint8Array => hexToBytes('81'.repeat(levels) + inner)
    assert.ok(decode(inside(14, 'd200')))
    assert.equal(codeOf(() => decode(inside(15, 'd200'))), 'too-deep')
    assert.ok(decode(inside(14, 'a10000')))
    assert.equal(codeOf(() => decode(inside(15, 'a10000'))), 'too-deep')
    assert.ok(decode(inside(13, 'c4822001')))
    assert.equal(codeOf(() => decode(inside(14, 'c4822001'))), 'too-deep')
  })

  test('100,000 nested arrays, maps or tags neither overflow the stack nor take long', () => {
    for (const head of ['81', 'a100', 'd2', 'c4']) assert.equal(codeOf(() => decode(hexToBytes(head.repeat(100_000)))), 'too-deep')
  })

  test('4,194,304 items are read, one more is refused', () => {
    const zeros = (count: number): Uint8Array => {
      const bytes = new Uint8Array(5 + count)
      bytes.set([0x9a, count >>> 24, (count >> 16) & 255, (count >> 8) & 255, count & 255])
      return bytes
    }
    assert.equal(codeOf(() => decode(zeros(CBOR_ITEMS_MAX - 1))), 'accepted')
    assert.equal(codeOf(() => decode(zeros(CBOR_ITEMS_MAX))), 'too-many-items')
  })

  test('a message never holds more than a short part of what was found', () => {
    const key = 'k'.repeat(100_000)
    const pair = encode(key)
    const bytes = new Uint8Array([0xa2, ...pair, 0, ...pair, 0])
    assert.throws(() => decode(bytes), (error: { message: string; found: string }) => error.message.length < 300 && error.found.length < 300)
  })
})

suite('what the writer refuses', () => {
  const bugs: [string, Cbor][] = [
    ['a fraction', 0.5],
    ['a number beyond 2^53 - 1', 2 ** 53],
    ['not a number', Number.NaN],
    ['a decimal that ten divides', new Decimal(10, -1)],
    ['a decimal with exponent -19', new Decimal(1, -19)],
    ['undefined', undefined as unknown as Cbor],
    ['a bigint', 1n as unknown as Cbor],
  ]
  for (const [name, value] of bugs) {
    test(`${name} is a bug of ours`, () => assert.throws(() => encode(value), { name: 'AssertionFailure' }))
  }

  test('half of a surrogate pair is refused, in keys too', () => {
    assert.equal(codeOf(() => encode('\ud800')), 'malformed-text')
    assert.equal(codeOf(() => encode(new Map([['\udc00', 0]]))), 'malformed-text')
  })
})
