import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { testBytes } from '@telltale/testing'
import { createEarlyCosignatures } from '../../src/chain/many/early-cosignatures.ts'
import { EARLY_COSIGNATURES_MAX, EARLY_PEERS_MAX } from '../../src/chain/many/limits.ts'

suite('cosignatures of blocks that are not final yet', () => {
  test('come out once when their block is final, whoever passed them on', () => {
    const early = createEarlyCosignatures()
    const [one, other] = [testBytes('one'), testBytes('other')]
    early.hold('a', 1, one)
    early.hold('b', 1, one)
    early.hold('b', 3, other)
    assert.deepEqual(early.takeUpTo(2), [one])
    assert.deepEqual(early.takeUpTo(2), [])
    assert.deepEqual(early.takeUpTo(3), [other])
  })

  test('of a peer that sends without end take the room of no other peer', () => {
    const early = createEarlyCosignatures()
    for (let i = 0; i < 2 * EARLY_COSIGNATURES_MAX; i++) early.hold('flood', 1, testBytes(`made up ${i}`))
    const honest = testBytes('honest')
    early.hold('honest', 1, honest)
    const taken = early.takeUpTo(1)
    assert.equal(taken.length, EARLY_COSIGNATURES_MAX + 1)
    assert.ok(taken.includes(honest))
  })

  test('of peers without end are forgotten, the oldest peer first', () => {
    const early = createEarlyCosignatures()
    for (let i = 0; i < 2 * EARLY_PEERS_MAX; i++) early.hold(`peer ${i}`, 1, testBytes(`of ${i}`))
    assert.equal(early.takeUpTo(1).length, EARLY_PEERS_MAX)
  })
})
