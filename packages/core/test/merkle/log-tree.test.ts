import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createSeededRandom } from '@telltale/testing'
import { equalBytes } from '../../src/bytes/compare.ts'
import { bytesToHex, hexToBytes } from '../../src/bytes/hex.ts'
import { EMPTY_FRONTIER, appendLeaves, frontierRoot } from '../../src/merkle/frontier.ts'
import { emptyRoot, leafHash } from '../../src/merkle/log-hash.ts'
import { consistencyProof, inclusionProof, rangeProof, rangeRoot, subtreesOfLeaves } from '../../src/merkle/log-tree.ts'
import { isConsistent, rootFromInclusion, rootFromRange } from '../../src/merkle/log-verify.ts'
import { naivePath, naiveProof, naiveRangeProof, naiveRoot, sha256 } from './naive-tree.ts'

const SIZES_TO = 50
const ENTRIES = Array.from({ length: 1_100 }, (_, i) => new TextEncoder().encode(`entry ${i}`))
const LEAVES = ENTRIES.map((entry) => leafHash(entry, sha256))
const subtree = subtreesOfLeaves(LEAVES, sha256)
const rootOf = (size: number): Uint8Array => rangeRoot(0, size, subtree, sha256)
const random = createSeededRandom(9)
const LARGER = Array.from({ length: 12 }, () => 71 + random.below(1_000))

suite('the log as RFC 9162 defines it', () => {
  test('the eight roots that implementations of Certificate Transparency check each other by', () => {
    const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map((hex) => leafHash(hexToBytes(hex), sha256))
    const roots = [
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ]
    for (const [size, root] of roots.entries()) assert.equal(bytesToHex(rangeRoot(0, size, subtreesOfLeaves(leaves, sha256), sha256)), root)
  })

  test('every root to 70 leaves and some beyond, from leaves and from a frontier that grows one by one or in steps', () => {
    let frontier = EMPTY_FRONTIER
    for (let size = 0; size <= SIZES_TO; size++) {
      const expected = bytesToHex(naiveRoot(ENTRIES.slice(0, size)))
      assert.equal(bytesToHex(rootOf(size)), expected)
      assert.equal(bytesToHex(frontierRoot(frontier, sha256)), expected)
      assert.equal(frontier.size, size)
      const before = frontier.hashes.slice()
      frontier = appendLeaves(frontier, [LEAVES[size] as Uint8Array], sha256)
      assert.deepEqual(before.length, size.toString(2).replaceAll('0', '').length)
    }
    for (const size of LARGER) {
      const cut = random.below(size)
      const grown = appendLeaves(appendLeaves(EMPTY_FRONTIER, LEAVES.slice(0, cut), sha256), LEAVES.slice(cut, size), sha256)
      assert.equal(bytesToHex(frontierRoot(grown, sha256)), bytesToHex(naiveRoot(ENTRIES.slice(0, size))))
    }
  })

  test('a frontier is a value: growing it leaves the one before as it was', () => {
    const seven = appendLeaves(EMPTY_FRONTIER, LEAVES.slice(0, 7), sha256)
    const root = bytesToHex(frontierRoot(seven, sha256))
    appendLeaves(seven, LEAVES.slice(7, 20), sha256)
    assert.equal(bytesToHex(frontierRoot(seven, sha256)), root)
    assert.equal(EMPTY_FRONTIER.hashes.length, 0)
  })
})

suite('proofs', () => {
  test('inclusion: every leaf of every size to 70 has the path of the RFC, and it leads to the root', () => {
    for (const size of [...Array.from({ length: SIZES_TO }, (_, i) => i + 1), ...LARGER]) {
      const entries = ENTRIES.slice(0, size)
      const root = naiveRoot(entries)
      for (let index = 0; index < size; index += size > SIZES_TO ? 97 : 1) {
        const path = inclusionProof(index, size, subtree, sha256)
        assert.deepEqual(path, naivePath(index, entries))
        assert.deepEqual(rootFromInclusion(LEAVES[index] as Uint8Array, index, size, path, sha256), root)
      }
    }
  })

  test('inclusion: a path never leads to the root from another place, size, leaf or with a hash changed, missing or added', () => {
    for (let size = 1; size <= 33; size++) {
      const root = rootOf(size)
      for (let index = 0; index < size; index++) {
        const leaf = LEAVES[index] as Uint8Array
        const path = inclusionProof(index, size, subtree, sha256)
        const leads = (other: { leaf?: Uint8Array; index?: number; size?: number; path?: Uint8Array[] }): boolean => {
          const found = rootFromInclusion(other.leaf ?? leaf, other.index ?? index, other.size ?? size, other.path ?? path, sha256)
          return found !== null && equalBytes(found, root)
        }
        assert.ok(leads({}))
        for (let other = 0; other < size + 2; other++) if (other !== index) assert.ok(!leads({ index: other }), `index ${other} for ${index} of ${size}`)
        assert.ok(!leads({ index: -1 }))
        assert.ok(!leads({ leaf: LEAVES[index + 1] as Uint8Array }))
        for (const changed of mutations(path)) assert.ok(!leads({ path: changed }))
        assert.equal(rootFromInclusion(leaf, index, size, [...path, leaf], sha256), null, 'a hash too many')
        if (size > 1) assert.equal(rootFromInclusion(leaf, index, size, path.slice(0, -1), sha256), null, 'a hash too few')
      }
    }
  })

  test('inclusion: another size is refused wherever it would change the shape of the path', () => {
    const path = inclusionProof(5, 8, subtree, sha256)
    for (const size of [0, 1, 5, 6, 16, 17, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const found = rootFromInclusion(LEAVES[5] as Uint8Array, 5, size, path, sha256)
      assert.ok(found === null || !equalBytes(found, rootOf(8)), String(size))
    }
    assert.deepEqual(rootFromInclusion(LEAVES[5] as Uint8Array, 5, 8, path, sha256), rootOf(8))
  })

  test('consistency: every pair of sizes to 70 has the proof of the RFC, and it holds', () => {
    for (let second = 1; second <= SIZES_TO; second++) {
      for (let first = 1; first <= second; first++) {
        const proof = consistencyProof(first, second, subtree, sha256)
        assert.deepEqual(proof, naiveProof(first, ENTRIES.slice(0, second)))
        assert.ok(isConsistent(first, second, rootOf(first), rootOf(second), proof, sha256), `${first} to ${second}`)
      }
    }
  })

  test('consistency: another root, size or hash is refused', () => {
    for (let second = 1; second <= 24; second++) {
      for (let first = 1; first <= second; first++) {
        const [a, b] = [rootOf(first), rootOf(second)]
        const proof = consistencyProof(first, second, subtree, sha256)
        assert.ok(isConsistent(first, second, a, b, proof, sha256))
        assert.ok(!isConsistent(first, second, rootOf(first + 1), b, proof, sha256))
        assert.ok(!isConsistent(first, second, a, rootOf(second + 1), proof, sha256))
        assert.ok(!isConsistent(second + 1, second, a, b, proof, sha256))
        for (const changed of mutations(proof)) assert.ok(!isConsistent(first, second, a, b, changed, sha256), `${first} to ${second}`)
        // A size that is not the one of the roots: where the walk has the same shape the roots themselves still bind the leaves.
        for (let other = 1; other <= second; other++) {
          if (other !== first && isConsistent(other, second, a, b, proof, sha256)) assert.fail(`${first} passes as ${other} of ${second}`)
        }
      }
    }
  })

  test('consistency with nothing: only the empty root, and no hashes', () => {
    assert.ok(isConsistent(0, 5, emptyRoot(sha256), rootOf(5), [], sha256))
    assert.ok(isConsistent(0, 0, emptyRoot(sha256), emptyRoot(sha256), [], sha256))
    assert.ok(!isConsistent(0, 5, rootOf(1), rootOf(5), [], sha256))
    assert.ok(!isConsistent(0, 5, emptyRoot(sha256), rootOf(5), [rootOf(5)], sha256))
    assert.ok(!isConsistent(-1, 5, emptyRoot(sha256), rootOf(5), [], sha256))
    assert.ok(!isConsistent(3, 5, rootOf(3), rootOf(5), [], sha256))
  })
})

/** A list of hashes with one of them changed, left out, doubled or swapped, and one added at either end. */
function mutations(hashes: Uint8Array[]): Uint8Array[][] {
  const extra = sha256(new Uint8Array([1, 2, 3]))
  const changed = hashes.flatMap((hash, i) => {
    const flipped = hash.slice()
    flipped[i % 32] = (flipped[i % 32] as number) ^ 1
    const swapped = hashes.slice()
    if (i > 0) [swapped[i - 1], swapped[i]] = [hash, hashes[i - 1] as Uint8Array]
    return [hashes.with(i, flipped), hashes.toSpliced(i, 1), hashes.toSpliced(i, 0, hash), ...(i > 0 ? [swapped] : [])]
  })
  return [...changed, [...hashes, extra], [extra, ...hashes]]
}

suite('range proofs', () => {
  test('every range of every size to 30, and some beyond, has the proof of the format and leads to the root', () => {
    for (const size of [...Array.from({ length: 31 }, (_, i) => i), 32, 33, 47]) {
      const entries = ENTRIES.slice(0, size)
      const root = naiveRoot(entries)
      for (let from = 0; from <= size; from++) {
        for (let to = from; to <= size; to++) {
          const proof = rangeProof(from, to, size, subtree, sha256)
          assert.deepEqual(proof, naiveRangeProof(from, to, entries), `${from} to ${to} of ${size}`)
          const found = rootFromRange(LEAVES.slice(from, to), from, size, proof, sha256)
          assert.ok(found && equalBytes(found, root), `${from} to ${to} of ${size}`)
        }
      }
    }
  })

  test('a leaf left out, added, changed or moved, or another hash, never leads to the root', () => {
    for (let size = 1; size <= 17; size++) {
      const root = rootOf(size)
      for (let from = 0; from < size; from++) {
        for (let to = from + 1; to <= size; to++) {
          const leaves = LEAVES.slice(from, to)
          const proof = rangeProof(from, to, size, subtree, sha256)
          const leads = (others: Uint8Array[], start: number, total: number, hashes: Uint8Array[]): boolean => {
            const found = rootFromRange(others, start, total, hashes, sha256)
            return found !== null && equalBytes(found, root)
          }
          assert.ok(leads(leaves, from, size, proof))
          for (const changed of mutations(leaves)) assert.ok(!leads(changed, from, size, proof), `leaves ${from} to ${to} of ${size}`)
          for (const changed of mutations(proof)) assert.ok(!leads(leaves, from, size, changed), `proof ${from} to ${to} of ${size}`)
          for (let start = 0; start <= size; start++) if (start !== from) assert.ok(!leads(leaves, start, size, proof))
        }
      }
    }
  })

  test('a hostile size or start costs little and leads nowhere', () => {
    const leaves = LEAVES.slice(0, 3)
    assert.equal(rootFromRange(leaves, -1, 5, [], sha256), null)
    assert.equal(rootFromRange(leaves, 3, 5, [], sha256), null)
    assert.equal(rootFromRange(leaves, 0, Number.MAX_SAFE_INTEGER, [], sha256), null)
    assert.equal(rootFromRange(leaves, Number.MAX_SAFE_INTEGER - 2, Number.MAX_SAFE_INTEGER, Array.from({ length: 200 }, () => leaves[0] as Uint8Array), sha256), null)
    let hashed = 0
    const counting = (bytes: Uint8Array): Uint8Array => {
      hashed += 1
      return sha256(bytes)
    }
    rootFromRange(leaves, 2 ** 52, Number.MAX_SAFE_INTEGER, Array.from({ length: 100 }, () => leaves[0] as Uint8Array), counting)
    assert.ok(hashed < 200, `${hashed} hashes`)
  })
})
