import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { inclusionProof, leafHash, portable, rootFromInclusion, rangeRoot, subtreesOfLeaves } from '@telltale/core'
import { createNodeLikeHash } from './node-like-hash.ts'
import { createPathMaker, rememberSubtrees } from '../src/remembered-subtrees.ts'

const sha256 = createNodeLikeHash()

function leavesOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => leafHash(new Uint8Array([i >> 16, i >> 8, i]), sha256))
}

suite('remembered subtrees', () => {
  test('paths are those of RFC 9162, for every leaf of every small tree', () => {
    const leaves = leavesOf(70)
    const stored = subtreesOfLeaves(leaves, sha256)
    const remembered = rememberSubtrees(stored, sha256)
    for (let size = 1; size <= leaves.length; size++) {
      const pathOf = createPathMaker(size, remembered, sha256)
      for (let index = 0; index < size; index++) assert.deepEqual(pathOf(index), inclusionProof(index, size, stored, portable.sha256))
      assert.deepEqual(rangeRoot(0, size, remembered, sha256), rangeRoot(0, size, stored, sha256))
    }
  })

  test('also when more was remembered than is kept, and rows are read once while it is', () => {
    const leaves = leavesOf(90_000)
    const plain = subtreesOfLeaves(leaves, sha256)
    let reads = 0
    const remembered = rememberSubtrees((start, end) => {
      reads += 1
      return plain(start, end)
    }, sha256)
    const root = rangeRoot(0, leaves.length, plain, sha256)
    const pathOf = createPathMaker(leaves.length, remembered, sha256)
    for (const index of [0, 1, 255, 256, 65_535, 65_536, 89_999, 0, 44_444]) assert.deepEqual(rootFromInclusion(leaves[index]!, index, leaves.length, pathOf(index), sha256), root)
    for (let index = 0; index < leaves.length; index += 3) pathOf(index)
    assert.deepEqual(rootFromInclusion(leaves[7]!, 7, leaves.length, pathOf(7), sha256), root)
    const before = reads
    for (let index = 89_000; index < 90_000; index++) pathOf(index)
    for (let index = 89_000; index < 90_000; index++) pathOf(index)
    assert.ok(reads - before <= 1024, `${reads - before} rows for 1,000 leaves, twice`)
  })
})
