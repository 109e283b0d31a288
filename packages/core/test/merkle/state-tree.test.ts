import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createSeededRandom } from '@telltale/testing'
import { bytesToHex } from '../../src/bytes/hex.ts'
import { isAbsentFromState, isInState, rootFromStateProof, stateKeyHash, stateLeafHash } from '../../src/merkle/state-proof.ts'
import { statePath, stateRoot, stateSiblings, updateStateTree } from '../../src/merkle/state-tree.ts'
import type { StateChange, StateTree } from '../../src/merkle/state-tree.ts'
import { sha256 } from './naive-tree.ts'

const EMPTY = '00'.repeat(32)

/** The root by the definition: a subtree with one entry is that leaf, at the shallowest such depth. */
function naiveStateRoot(entries: StateChange[], depth = 0): Uint8Array {
  if (entries.length === 0) return new Uint8Array(32)
  const [only] = entries
  if (entries.length === 1 && only) return sha256(new Uint8Array([2]), only.keyHash, sha256(only.value))
  const bit = ({ keyHash }: StateChange): boolean => ((keyHash[Math.floor(depth / 8)] as number) & (128 >> (depth % 8))) !== 0
  const left = naiveStateRoot(entries.filter((entry) => !bit(entry)), depth + 1)
  const right = naiveStateRoot(entries.filter(bit), depth + 1)
  return sha256(new Uint8Array([3]), left, right)
}

const rootText = (tree: StateTree): string => bytesToHex(stateRoot(tree))
const insertAll = (entries: StateChange[]): StateTree => updateStateTree(null, entries, sha256)

/** Entries whose key hashes are random, or share long beginnings, as somebody could grind them. */
function someEntries(count: number, seed: number): StateChange[] {
  const random = createSeededRandom(seed)
  const taken = new Map<string, StateChange>()
  while (taken.size < count) {
    const keyHash = random.bytes(32)
    const others = [...taken.values()]
    if (others.length > 0 && random.chance(0.4)) {
      const shared = random.pick(others).keyHash
      const bits = random.below(256)
      for (let i = 0; i < bits >> 3; i++) keyHash[i] = shared[i] as number
    }
    taken.set(bytesToHex(keyHash), { keyHash, value: random.bytes(random.below(60)) })
  }
  return [...taken.values()]
}

suite('state tree', () => {
  test('the root is that of the definition, for no entry, one, and many', () => {
    assert.equal(rootText(null), EMPTY)
    for (let count = 0; count <= 60; count++) {
      const entries = someEntries(count, count)
      assert.equal(rootText(insertAll(entries)), bytesToHex(naiveStateRoot(entries)))
    }
  })

  test('keys that differ in the last bit only stand 256 levels deep', () => {
    const one = { keyHash: new Uint8Array(32), value: new Uint8Array([1]) }
    const other = { keyHash: new Uint8Array(32), value: new Uint8Array([2]) }
    other.keyHash[31] = 1
    const tree = insertAll([one, other])
    assert.equal(rootText(tree), bytesToHex(naiveStateRoot([one, other])))
    const siblings = stateSiblings(tree, one.keyHash)
    assert.equal(siblings.length, 256)
    const leaf = stateLeafHash(one.keyHash, sha256(one.value), sha256)
    assert.deepEqual(rootFromStateProof(one.keyHash, leaf, siblings, sha256), stateRoot(tree))
    assert.equal(rootFromStateProof(one.keyHash, leaf, [...siblings, new Uint8Array(32)], sha256), null)
  })

  test('order and grouping of changes make no difference, and an update equals building anew', () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = createSeededRandom(1_000 + seed)
      const latest = new Map<string, StateChange>()
      let tree: StateTree = null
      const pool = someEntries(50, 2_000 + seed)
      for (let step = 0; step < 12; step++) {
        const changes = new Map<string, StateChange>()
        for (let i = random.below(15); i >= 0; i--) {
          const { keyHash } = random.pick(pool)
          changes.set(bytesToHex(keyHash), { keyHash, value: random.bytes(4) })
        }
        const list = [...changes.values()]
        const before = rootText(tree)
        const grown: StateTree = updateStateTree(tree, list, sha256)
        assert.equal(rootText(tree), before, 'the version before stays as it was')
        assert.equal(rootText(updateStateTree(tree, list.toReversed(), sha256)), rootText(grown))
        tree = grown
        for (const [text, change] of changes) latest.set(text, change)
        assert.equal(rootText(tree), bytesToHex(naiveStateRoot([...latest.values()])), `seed ${seed}, step ${step}`)
      }
      let oneByOne: StateTree = null
      for (const change of [...latest.values()].reverse()) oneByOne = updateStateTree(oneByOne, [change], sha256)
      assert.equal(rootText(oneByOne), rootText(tree))
    }
  })

  test('nothing to change changes nothing', () => {
    const tree = insertAll(someEntries(9, 5))
    assert.equal(updateStateTree(tree, [], sha256), tree)
    assert.equal(updateStateTree(null, [], sha256), null)
  })
})

suite('state proofs', () => {
  const network = new Uint8Array(32).fill(4)
  const keys = Array.from({ length: 40 }, (_, i) => new TextEncoder().encode(`key ${i}`))
  const valueOf = (i: number): Uint8Array => new TextEncoder().encode(`value ${i}`)
  const entries = keys.map((key, i) => ({ keyHash: stateKeyHash(network, key, sha256), value: valueOf(i) }))
  const tree = insertAll(entries)
  const root = stateRoot(tree)
  const siblingsOf = (key: Uint8Array): Uint8Array[] => stateSiblings(tree, stateKeyHash(network, key, sha256))

  test('every entry is proved, and nothing else is', () => {
    for (const [i, key] of keys.entries()) {
      const siblings = siblingsOf(key)
      assert.ok(isInState(network, key, valueOf(i), siblings, root, sha256))
      assert.ok(!isInState(network, key, valueOf(i + 1), siblings, root, sha256), 'another value')
      assert.ok(!isInState(network, keys[(i + 1) % 40] as Uint8Array, valueOf(i), siblings, root, sha256), 'another key')
      assert.ok(!isInState(new Uint8Array(32), key, valueOf(i), siblings, root, sha256), 'another network')
      assert.ok(!isInState(network, key, valueOf(i), siblings, new Uint8Array(32), sha256), 'another root')
      assert.ok(!isInState(network, key, valueOf(i), siblings.slice(0, -1), root, sha256), 'a sibling missing')
      assert.ok(!isInState(network, key, valueOf(i), siblings.slice(1), root, sha256), 'the first sibling missing')
      assert.ok(!isInState(network, key, valueOf(i), [...siblings, new Uint8Array(32)], root, sha256), 'a sibling more')
      for (const [at, sibling] of siblings.entries()) {
        const changed = sibling.slice()
        changed[31] = (changed[31] as number) ^ 1
        assert.ok(!isInState(network, key, valueOf(i), siblings.with(at, changed), root, sha256), 'a sibling changed')
      }
    }
  })

  test('a key that is absent has a path that ends in an empty slot or at another leaf on its way', () => {
    const ends = { empty: 0, leaf: 0 }
    for (let i = 100; i < 200; i++) {
      const key = new TextEncoder().encode(`key ${i}`)
      const keyHash = stateKeyHash(network, key, sha256)
      const { siblings, neighbour } = statePath(tree, keyHash)
      assert.ok(!isInState(network, key, valueOf(i), siblings, root, sha256))
      assert.ok(isAbsentFromState(network, key, neighbour, siblings, root, sha256))
      const found = entries.find((entry) => bytesToHex(entry.keyHash) === bytesToHex(neighbour?.keyHash ?? new Uint8Array()))
      assert.deepEqual(neighbour && bytesToHex(neighbour.valueHash), found ? bytesToHex(sha256(found.value)) : null)
      ends[neighbour ? 'leaf' : 'empty'] += 1
    }
    assert.ok(ends.empty > 5 && ends.leaf > 5)
    assert.ok(isAbsentFromState(network, keys[0] as Uint8Array, null, [], stateRoot(null), sha256), 'of a state that holds nothing')
  })

  test('nothing that stands is proved absent', () => {
    const absent = new TextEncoder().encode('key 100')
    const other = statePath(tree, stateKeyHash(network, absent, sha256))
    assert.ok(isAbsentFromState(network, absent, other.neighbour, other.siblings, root, sha256))
    for (const [i, key] of keys.entries()) {
      const siblings = siblingsOf(key)
      const [self, next] = [i, (i + 1) % 40].map((at) => ({ keyHash: entries[at]!.keyHash, valueHash: sha256(valueOf(at)) }))
      for (const neighbour of [null, self!, next!, other.neighbour]) {
        for (const path of [siblings, siblings.slice(0, -1), siblings.slice(0, 1), [], other.siblings, [...siblings, new Uint8Array(32)]]) {
          assert.ok(!isAbsentFromState(network, key, neighbour, path, root, sha256))
        }
      }
    }
  })

  test('the leaf of a key that the path does not lead to is no neighbour, even where the hashes fit', () => {
    const left = { keyHash: new Uint8Array(32), value: new Uint8Array([1]) }
    const key = keys.find((one) => (stateKeyHash(network, one, sha256)[0] as number) >= 128) as Uint8Array
    // A tree of one leaf on the wrong side, as only a dishonest authority could certify it.
    const leaf = { keyHash: left.keyHash, valueHash: sha256(left.value) }
    const forged = rootFromStateProof(stateKeyHash(network, key, sha256), stateLeafHash(leaf.keyHash, leaf.valueHash, sha256), [sha256()], sha256) as Uint8Array
    assert.ok(!isAbsentFromState(network, key, leaf, [sha256()], forged, sha256))
    assert.ok(isAbsentFromState(network, key, leaf, [], stateLeafHash(leaf.keyHash, leaf.valueHash, sha256), sha256), 'alone, it is one')
  })

  test('an inner node cannot pass as a leaf, nor a leaf as an inner node', () => {
    // The value would have to be chosen so that its leaf hash is an inner hash: the first byte of what is hashed tells them apart.
    const [left, right] = [sha256(new Uint8Array([1])), sha256(new Uint8Array([2]))]
    const inner = sha256(new Uint8Array([3]), left, right)
    assert.notEqual(bytesToHex(stateLeafHash(left, right, sha256)), bytesToHex(inner))
    assert.ok(!isInState(network, keys[0] as Uint8Array, valueOf(0), [], root, sha256))
  })
})
