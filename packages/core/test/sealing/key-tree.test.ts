import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { bytesToHex, hexToBytes } from '../../src/bytes/hex.ts'
import { portable } from '../../src/crypto/primitives.ts'
import { TelltaleError } from '../../src/errors.ts'
import { coverRange, createRecordKeys, deriveCover, epochRoot, placeCover } from '../../src/sealing/key-tree.ts'
import type { TreeNode } from '../../src/sealing/key-tree.ts'
import { CONTEXT, EPOCH_SECRET, VECTORS } from './vectors.ts'

const LAST = 2 ** 32 - 1
const root = epochRoot(CONTEXT, EPOCH_SECRET, portable)
const refusedWith = (code: string) => (error: unknown) => error instanceof TelltaleError && error.code === code

const first = (node: TreeNode): number => node.index * 2 ** (32 - node.depth)
const last = (node: TreeNode): number => first(node) + 2 ** (32 - node.depth) - 1

/** Step by step as the formats describe it, with another library. */
function expectedKey(number: number): string {
  let key: Uint8Array = root.key
  for (const bit of number.toString(2).padStart(32, '0')) {
    key = createHmac('sha256', key).update('tt-key').update(new Uint8Array([Number(bit), 1])).digest()
  }
  return bytesToHex(key)
}

/** A range of record numbers, short ones and long ones alike. */
const ranges = fc.tuple(fc.integer({ min: 0, max: LAST }), fc.nat({ max: 32 }), fc.double({ min: 0, max: 1, noNaN: true })).map(([from, bits, part]) => ({
  from,
  to: Math.min(LAST, from + Math.floor(2 ** bits * part)),
}))

suite('key tree', () => {
  test('root, record key and cover are those of an implementation in Python', () => {
    assert.equal(bytesToHex(root.key), VECTORS.root)
    assert.equal(bytesToHex(createRecordKeys([root], portable)(VECTORS.sequence) as Uint8Array), VECTORS.recordKey)
    assert.deepEqual(deriveCover(root, VECTORS.cover.from, VECTORS.cover.to, portable).map(bytesToHex), VECTORS.cover.keys)
  })

  test('every part of the context changes the root', () => {
    const others = [{ network: new Uint8Array(32) }, { device: 'another' }, { stream: 'telemetry' }, { epoch: 4 }].map((change) => epochRoot({ ...CONTEXT, ...change }, EPOCH_SECRET, portable).key)
    assert.equal(new Set([root.key, ...others].map(bytesToHex)).size, 5)
  })

  test('record keys asked for in any order are those derived step by step', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: LAST }), fc.nat({ max: 9 })), { minLength: 1, maxLength: 12 }), (numbers) => {
        const keys = createRecordKeys([root], portable)
        for (const number of numbers) assert.equal(bytesToHex(keys(number) as Uint8Array), expectedKey(number))
      }),
      { numRuns: 40 },
    )
  })

  test('a cover lies side by side, covers its range exactly, and has no two halves of one node', () => {
    fc.assert(
      fc.property(ranges, ({ from, to }) => {
        const cover = coverRange(from, to)
        let next = from
        for (const node of cover) {
          assert.equal(first(node), next)
          next = last(node) + 1
        }
        assert.equal(next, to + 1)
        for (const [i, node] of cover.entries()) {
          const sibling = cover[i + 1]
          assert.ok(!sibling || node.depth !== sibling.depth || node.index % 2 === 1, 'two siblings could have been their parent')
        }
        assert.ok(cover.length <= 62)
      }),
      { numRuns: 2000 },
    )
  })

  test('the smallest and the largest covers', () => {
    assert.deepEqual(coverRange(0, null), [{ depth: 0, index: 0 }])
    assert.deepEqual(coverRange(0, LAST), [{ depth: 0, index: 0 }])
    assert.deepEqual(coverRange(LAST, LAST), [{ depth: 32, index: LAST }])
    assert.deepEqual(coverRange(LAST, null), [{ depth: 32, index: LAST }])
    assert.deepEqual(coverRange(6, 7), [{ depth: 31, index: 3 }])
    assert.equal(coverRange(1, LAST - 1).length, 62)
    assert.equal(coverRange(1, null).length, 32)
  })

  test('a disclosed cover opens its records and no other', () => {
    fc.assert(
      fc.property(ranges, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }), ({ from, to }, parts) => {
        const own = createRecordKeys([root], portable)
        const disclosed = createRecordKeys(placeCover(deriveCover(root, from, to, portable), from, to), portable)
        const inside = [from, to, ...parts.map((part) => from + Math.floor((to - from) * part))]
        for (const number of inside) assert.deepEqual(disclosed(number), own(number))
        for (const number of [from - 1, to + 1, LAST + 1, -1, from + 0.5]) {
          if (number < from || number > to || !Number.isInteger(number)) assert.equal(disclosed(number), null)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('a range that is none is refused', () => {
    coverRange(4, 4)
    for (const [from, to] of [[5, 4], [-1, 4], [0.5, 4], [0, LAST + 1], [LAST + 1, null]] as const) assert.throws(() => coverRange(from, to), refusedWith('range-out-of-order'))
  })

  test('keys that are not those of the minimal cover are refused', () => {
    const keys = deriveCover(root, 5, 12, portable)
    assert.equal(placeCover(keys, 5, 12).length, 4)
    assert.throws(() => placeCover(keys, 5, 14), refusedWith('cover-mismatch'))
    assert.throws(() => placeCover(keys.slice(1), 5, 12), refusedWith('cover-mismatch'))
    assert.throws(() => placeCover([...keys, hexToBytes('00'.repeat(32))], 5, 12), refusedWith('cover-mismatch'))
    assert.throws(() => placeCover(keys.map((key) => key.subarray(1)), 5, 12), refusedWith('cover-mismatch'))
  })
})
