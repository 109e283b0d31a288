import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { twoKeyBox } from '@telltale/testing'
import { bytesToHex, hexToBytes } from '../../src/bytes/hex.ts'
import { concatBytes } from '../../src/bytes/concat.ts'
import { portable } from '../../src/crypto/primitives.ts'
import { Decimal } from '../../src/decimal.ts'
import type { Cbor } from '../../src/encoding/cbor.ts'
import { decode } from '../../src/encoding/reader.ts'
import { encode } from '../../src/encoding/writer.ts'
import { textToBytes } from '../../src/encoding/utf8.ts'
import { createRecordKeys, epochRoot, expandKey, sealContextToBytes } from '../../src/sealing/key-tree.ts'
import { openRecord, sealRecord } from '../../src/sealing/seal.ts'
import type { SealedContent, SealedPlace } from '../../src/sealing/seal.ts'
import { CONTEXT, EPOCH_SECRET, VECTORS } from './vectors.ts'

const keys = createRecordKeys([epochRoot(CONTEXT, EPOCH_SECRET, portable)], portable)
const PLACE: SealedPlace = { context: CONTEXT, sequence: VECTORS.sequence, previous: hexToBytes(VECTORS.previous), boot: hexToBytes(VECTORS.boot) }
const KEY = keys(PLACE.sequence) as Uint8Array
const CONTENT: SealedContent = {
  clear: { clock: 0, firstMs: 1_700_000_000_000, durationMs: 2500, count: 2 },
  readings: [
    new Map<number, Cbor>([[-2, 'Vehicle.TraveledDistance'], [-4, 'm'], [2, 231_904_000]]),
    new Map<number, Cbor>([[2, 231_904_500], [6, new Decimal(25, -1)]]),
  ],
}
const BODY = sealRecord(KEY, PLACE, CONTENT, portable)

const codeOf = (opened: ReturnType<typeof openRecord>): string => (opened.ok ? 'opened' : opened.verdict.code)
const encryptionKey = (recordKey: Uint8Array, siv: Uint8Array): Uint8Array => expandKey(recordKey, concatBytes(textToBytes('enc'), siv), portable)

/** Seals any bytes as a device would that follows all rules but those of the content. */
function sealPadded(padded: Uint8Array): Uint8Array {
  const aad = encode([sealContextToBytes(CONTEXT), PLACE.sequence, PLACE.previous, PLACE.boot])
  const siv = portable.hmacSha256(expandKey(KEY, textToBytes('siv'), portable), encode([aad, padded]))
  return encode([siv, portable.aesGcmSeal(encryptionKey(KEY, siv), new Uint8Array(12), padded)])
}

/** `bytes` and zeros, `length` bytes in all. */
function zerosTo(bytes: Uint8Array, length: number): Uint8Array {
  const padded = new Uint8Array(length)
  padded.set(bytes)
  return padded
}

suite('sealed record', () => {
  test('its bytes are those of an implementation in Python', () => {
    assert.equal(bytesToHex(BODY), VECTORS.body)
    assert.deepEqual(openRecord(KEY, PLACE, BODY, portable), { ok: true, value: CONTENT })
  })

  test('whatever is sealed opens again, in blocks of 128 bytes', () => {
    const readings = fc.array(fc.oneof(fc.constant(0), fc.integer(), fc.string(), fc.boolean()), { maxLength: 60 })
    fc.assert(
      fc.property(readings, fc.nat({ max: 2 ** 40 }), (items, firstMs) => {
        const content: SealedContent = { clear: { clock: 1, firstMs, durationMs: 0, count: items.length }, readings: items }
        const body = sealRecord(KEY, PLACE, content, portable)
        assert.deepEqual(openRecord(KEY, PLACE, body, portable), { ok: true, value: content })
        const [, box] = decode(body) as [Uint8Array, Uint8Array]
        assert.equal((box.length - 16) % 128, 0)
      }),
      { numRuns: 150 },
    )
  })

  test('content that ends with zeros of its own, of every length around a block, opens unchanged', () => {
    for (let zeros = 90; zeros <= 130; zeros++) {
      const content: SealedContent = { clear: { clock: 2, firstMs: 0, durationMs: 0, count: 1 }, readings: [new Uint8Array(zeros)] }
      assert.deepEqual(openRecord(KEY, PLACE, sealRecord(KEY, PLACE, content, portable), portable), { ok: true, value: content })
    }
  })

  test('another key does not open it', () => {
    assert.equal(codeOf(openRecord(KEY, PLACE, BODY, portable)), 'opened')
    assert.equal(codeOf(openRecord(keys(PLACE.sequence + 1) as Uint8Array, PLACE, BODY, portable)), 'cannot-open')
  })

  test('it opens at its place only', () => {
    const places: Partial<SealedPlace>[] = [
      { sequence: PLACE.sequence + 1 },
      { previous: new Uint8Array(32) },
      { boot: new Uint8Array(6) },
      { context: { ...CONTEXT, epoch: 4 } },
      { context: { ...CONTEXT, stream: 'telemetry' } },
    ]
    for (const place of places) assert.equal(codeOf(openRecord(KEY, { ...PLACE, ...place }, BODY, portable)), 'siv-mismatch')
  })

  test('a changed byte anywhere is found', () => {
    for (let at = 0; at < BODY.length; at++) {
      const changed = BODY.slice()
      changed[at] = (changed[at] as number) ^ 0x10
      const code = codeOf(openRecord(KEY, PLACE, changed, portable))
      assert.ok(code === 'cannot-open' || code === 'malformed-body', `byte ${at}: ${code}`)
    }
  })

  test('a box that opens to different contents under two keys is refused to both readers', () => {
    const other = keys(PLACE.sequence + 1) as Uint8Array
    const siv = new Uint8Array(32).fill(0x11)
    const both: [Uint8Array, Uint8Array] = [encryptionKey(KEY, siv), encryptionKey(other, siv)]
    // Well-formed content for the first reader: the free block lies within a byte string that fills the rest.
    const head = encode([0, 1_700_000_000_000, 0, 1, new Uint8Array(113)])
    const box = twoKeyBox(both, head, 4)
    const [first, second] = both.map((key) => portable.aesGcmOpen(key, new Uint8Array(12), box))
    assert.ok(first && second, 'AES-GCM alone accepts the box under either key')
    assert.notDeepEqual(first, second)
    assert.ok(decode(first), 'and the first reader would be shown well-formed content')
    const body = encode([siv, box])
    assert.equal(codeOf(openRecord(KEY, PLACE, body, portable)), 'siv-mismatch')
    assert.equal(codeOf(openRecord(other, { ...PLACE, sequence: PLACE.sequence + 1 }, body, portable)), 'siv-mismatch')
  })

  test('sealing twice under one key gives the same bytes for the same content, and keys of their own for another', () => {
    assert.deepEqual(sealRecord(KEY, PLACE, CONTENT, portable), BODY)
    const other = sealRecord(KEY, PLACE, { ...CONTENT, clear: { ...CONTENT.clear, count: 3 } }, portable)
    const [siv, box] = decode(BODY) as [Uint8Array, Uint8Array]
    const [otherSiv, otherBox] = decode(other) as [Uint8Array, Uint8Array]
    assert.notDeepEqual(siv, otherSiv)
    // With one key and nonce, the difference of the boxes would be that of the contents, a single byte.
    assert.ok(box.filter((byte, i) => byte !== otherBox[i]).length > 64)
  })

  test('padding other than the fewest zeros is refused', () => {
    const content = encode([0, 0, 0, 1, [1]])
    assert.equal(codeOf(openRecord(KEY, PLACE, sealPadded(zerosTo(content, 128)), portable)), 'opened')
    const dirty = zerosTo(content, 128)
    dirty[127] = 1
    for (const padded of [zerosTo(content, 256), dirty]) assert.equal(codeOf(openRecord(KEY, PLACE, sealPadded(padded), portable)), 'malformed-body')
  })

  test('content of another form is refused', () => {
    const contents = [encode([0, 0, 0, 1]), encode([3, 0, 0, 1, []]), encode([0, -1, 0, 1, []]), encode('text'), hexToBytes('9b00ffffffffffffff'), hexToBytes('5b00ffffffffffffff'), hexToBytes('85000000011800'), hexToBytes('9f00ff')]
    for (const content of contents) assert.equal(codeOf(openRecord(KEY, PLACE, sealPadded(zerosTo(content, 128)), portable)), 'malformed-body', bytesToHex(content))
  })

  test('a body of another form is refused', () => {
    const [siv, box] = decode(BODY) as [Uint8Array, Uint8Array]
    const bodies = [encode([siv]), encode([siv, box, 0]), encode([siv.subarray(1), box]), encode([siv, box.subarray(1)]), encode([siv, new Uint8Array(16)]), encode([siv, new Uint8Array(0)]), encode(box), BODY.subarray(1), new Uint8Array(0), concatBytes(BODY, new Uint8Array(1))]
    for (const body of bodies) assert.equal(codeOf(openRecord(KEY, PLACE, body, portable)), 'malformed-body', bytesToHex(body.subarray(0, 8)))
  })
})
