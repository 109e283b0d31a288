import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { addressToBytes } from '@telltale/core'
import type { Vote } from '@telltale/ledger'
import { testBytes, testIdentity } from '@telltale/testing'
import { createVoteBook } from '../../src/chain/many/vote-book.ts'

const [one, other] = [testIdentity(1).address, testIdentity(2).address]

function vote(address: string, sourceHeight: number, targetHeight: number, label = ''): Vote {
  const targetId = testBytes(`block ${targetHeight} ${label}`)
  return { voter: addressToBytes(address, 'tt'), keyNumber: 0, sourceHeight, sourceId: testBytes(`block ${sourceHeight}`), targetHeight, targetId, signature: testBytes(`signature ${address} ${sourceHeight} ${targetHeight} ${label}`) }
}

suite('votes as they come', () => {
  test('one who votes without end takes the room of nobody else', () => {
    const book = createVoteBook()
    for (let i = 0; i < 10_000; i++) book.add(one, vote(one, 0, 1, String(i)))
    assert.ok(book.all().length < 1000)
    const honest = vote(other, 0, 1)
    assert.equal(book.add(other, honest), null)
    assert.ok(book.has(honest))
  })

  test('a signature is known for the vote that it was checked for, and for no other', () => {
    const book = createVoteBook()
    const honest = vote(one, 1, 4)
    book.add(one, honest)
    assert.ok(book.has({ ...honest }))
    for (const forged of [{ voter: addressToBytes(other, 'tt') }, { keyNumber: 1 }, { sourceHeight: 2 }, { sourceId: testBytes('another') }, { targetHeight: 5 }]) assert.ok(!book.has({ ...honest, ...forged }), Object.keys(forged).join())
  })

  test('a vote that names a height which is not that of its block stands in nobody\'s way', () => {
    const book = createVoteBook()
    for (let height = 1; height <= 1000; height++) {
      const honest = vote(other, height - 1, height)
      book.add(one, { ...vote(one, 0, 1_000_000 + height), targetId: honest.targetId })
      book.add(other, honest)
      assert.ok(book.has(honest), String(height))
      book.forget(height)
    }
  })

  test('of an authority the newest is known also when it is final', () => {
    const book = createVoteBook()
    for (const height of [1, 2, 3]) assert.equal(book.add(one, vote(one, height - 1, height)), null)
    book.forget(10)
    assert.equal(book.all().length, 0)
    assert.equal(book.newest(one)?.targetHeight, 3)
    assert.equal(book.newest(other), null)
  })

  test('two for one height, and one around another, are evidence; votes in a row are none', () => {
    const book = createVoteBook()
    assert.equal(book.add(one, vote(one, 1, 2)), null)
    assert.equal(book.add(one, vote(one, 2, 3)), null)
    assert.equal(book.add(one, vote(one, 2, 3, 'another'))?.first.targetHeight, 3)
    assert.equal(book.add(one, vote(one, 0, 4))?.address, one)
    assert.equal(book.add(other, vote(other, 0, 4)), null)
  })
})
