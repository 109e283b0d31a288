import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { diagnoseStall, stallPatienceMs } from '../../src/peers/stall.ts'
import type { StallFacts } from '../../src/peers/stall.ts'

const NOW_MS = 1_800_000_000_000

/** Four authorities of which the first `away` have been gone, each a second longer than the next. */
function facts(away: number, change: Partial<StallFacts> = {}): StallFacts {
  return {
    failedSinceMs: null,
    delays: { blockSinceMs: null, finalSinceMs: NOW_MS - 20_000, certifiedSinceMs: null },
    authorities: ['a', 'b', 'c', 'd'].map((address, i) => ({ address, awaySinceMs: i < away ? NOW_MS - 30_000 + i * 1000 : null })),
    peers: 2,
    isCatchingUp: false,
    refused: new Map(),
    ...change,
  }
}

suite('the stall doctor', () => {
  test('says nothing while nothing stands still, whoever is away, and while a node catches up', () => {
    const calm = { delays: { blockSinceMs: null, finalSinceMs: null, certifiedSinceMs: null } }
    assert.equal(diagnoseStall(facts(0, calm)), null)
    assert.equal(diagnoseStall(facts(3, calm)), null)
    assert.equal(diagnoseStall(facts(2, { isCatchingUp: true })), null)
  })

  test('names who is missing, since when, and how many of them are needed', () => {
    const two = diagnoseStall(facts(2))!
    assert.deepEqual([two.what, two.sinceMs, two.present, two.needed, two.authorities], ['finality', NOW_MS - 20_000, 2, 3, 4])
    assert.deepEqual(two.missing, [{ address: 'b', sinceMs: NOW_MS - 29_000 }, { address: 'a', sinceMs: NOW_MS - 30_000 }])
    assert.equal(two.help, 'Start 1 of the 2 that are missing again; b was there last.')
    const three = diagnoseStall(facts(3))!
    assert.match(three.help, /^Start 2 of the 3 that are missing again; c /)
    const lone = diagnoseStall(facts(1, { authorities: [{ address: 'a', awaySinceMs: NOW_MS }, { address: 'b', awaySinceMs: null }] }))!
    assert.equal(lone.help, 'Start a again.')
  })

  test('looks at this node first where it reaches nobody, at the clock where blocks are refused for their time', () => {
    assert.match(diagnoseStall(facts(3, { peers: 0 }))!.help, /reaches no other/)
    assert.match(diagnoseStall(facts(0, { refused: new Map([['time-out-of-range', 1], ['root-mismatch', 4]]) }))!.help, /clock/)
    assert.match(diagnoseStall(facts(0, { refused: new Map([['root-mismatch', 4]]) }))!.help, /root-mismatch.*same version/)
    assert.match(diagnoseStall(facts(0))!.help, /signed the longest ago/)
  })

  test('tells what stood still first, and a failed node before all else', () => {
    const delays = { blockSinceMs: NOW_MS - 8000, finalSinceMs: NOW_MS - 9000, certifiedSinceMs: NOW_MS - 7000 }
    assert.equal(diagnoseStall(facts(2, { delays }))!.what, 'finality')
    const failed = diagnoseStall(facts(2, { delays, failedSinceMs: NOW_MS - 1 }))!
    assert.deepEqual([failed.what, failed.sinceMs], ['node', NOW_MS - 1])
  })

  test('waits for several block times, never less than a few seconds', () => {
    assert.deepEqual([stallPatienceMs(0), stallPatienceMs(500), stallPatienceMs(5000)], [5000, 5000, 40_000])
  })
})
