import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encode, hexToBytes } from '@telltale/core'
import { createSeededRandom } from '@telltale/testing'
import { genesisPace, highestId, nextDifficulty, paceAfter, withNonce } from '../src/block/work.ts'
import type { Pace } from '../src/block/work.ts'

const PARAMETERS = { workBits: 10, blockMs: 1000 }

/** The difficulty after blocks with these intervals. */
function difficultyAfter(pace: Pace, intervals: number[], parameters = PARAMETERS): Pace {
  return intervals.reduce((below, interval) => paceAfter(below, { difficulty: nextDifficulty(below, parameters), timeMs: below.timeMs + interval }), pace)
}

suite('the difficulty of work', () => {
  const first = genesisPace(1_750_000_000_000)
  test('begins with what the network asks for, and is never below it', () => {
    assert.equal(nextDifficulty(first, PARAMETERS), 1024)
    const slow = difficultyAfter(first, Array.from({ length: 50 }, () => 86_400_000))
    assert.equal(nextDifficulty(slow, PARAMETERS), 1024)
    assert.equal(nextDifficulty(first, { ...PARAMETERS, workBits: 0 }), 1)
    assert.equal(nextDifficulty(slow, { ...PARAMETERS, workBits: 0 }), 1, 'where no work is asked for any more')
    assert.equal(nextDifficulty(slow, { ...PARAMETERS, workBits: 12 }), 4096, 'where more is asked for')
  })

  test('moves by bounded steps, whatever times a block names', () => {
    const at = { difficulty: 1_000_000, timeMs: first.timeMs, intervalMs: 1000 }
    const after = (intervalMs: number): number => nextDifficulty({ ...at, intervalMs }, PARAMETERS)
    assert.equal(after(1000), 1_000_000)
    assert.equal(after(500), 1_066_667, 'the shortest interval that a block may have: 1/15 more')
    assert.equal(after(4000), 727_273, '3/11 less')
    assert.equal(after(120_000), after(4000), 'two minutes ahead, or a night without anything to say, count no more')
    assert.equal(nextDifficulty({ ...at, difficulty: Number.MAX_SAFE_INTEGER, intervalMs: 500 }, PARAMETERS), Number.MAX_SAFE_INTEGER)
    assert.equal(nextDifficulty({ ...at, intervalMs: 500 }, { ...PARAMETERS, blockMs: 0 }), 1_000_000, 'without a block time there is nothing to aim at')
  })

  test('follows the machines that work: blocks come in the block time again', () => {
    const random = createSeededRandom(7)
    let pace = first
    const measure = (triesPerMs: number, blocks: number): number => {
      const startMs = pace.timeMs
      for (let i = 0; i < blocks; i++) {
        const difficulty = nextDifficulty(pace, PARAMETERS)
        const tookMs = Math.round((-Math.log(1 - random.fraction()) * difficulty) / triesPerMs)
        pace = paceAfter(pace, { difficulty, timeMs: pace.timeMs + Math.max(500, tookMs) })
      }
      return (pace.timeMs - startMs) / blocks
    }
    measure(500, 200)
    const faster = measure(500, 400)
    assert.ok(faster > 800 && faster < 1250, `${faster} ms a block`)
    measure(50, 200)
    const slower = measure(50, 400)
    assert.ok(slower > 800 && slower < 1250, `${slower} ms a block`)
  })

  test('is what an id is compared with: id x difficulty < 2^256', () => {
    const asNumber = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    for (const difficulty of [1, 2, 3, 1000, 2 ** 18, Number.MAX_SAFE_INTEGER]) {
      const highest = asNumber(highestId(difficulty))
      assert.ok(highest * BigInt(difficulty) < 1n << 256n)
      assert.ok((highest + 1n) * BigInt(difficulty) >= 1n << 256n)
    }
    const header = encode([1, new Uint8Array(8)])
    assert.deepEqual(withNonce(header, hexToBytes('0102030405060708')), encode([1, hexToBytes('0102030405060708')]))
  })
})
