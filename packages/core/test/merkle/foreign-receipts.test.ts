import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { suite, test } from 'node:test'
import { decode } from 'cborg'
import { bytesToHex, hexToBytes } from '../../src/bytes/hex.ts'
import { isConsistent, rootFromInclusion } from '../../src/merkle/log-verify.ts'
import { sha256 } from './naive-tree.ts'

/** The two example receipts of the specification of COSE receipts (RFC 9942): one log, leaf 3 of 5, and 3 leaves to 5. */
const FOLDER = resolve(import.meta.dirname, '../../../../../shared/data/cose')
const ROOT_3 = hexToBytes('688928db5e565af2fb9b29db5cce83de0e0352a0f0c671b450b9dc86bed2de3c')
const ROOT_5 = hexToBytes('895731b5a570ea1967dd7804b5f43146175f9ac87d1565985de3ecf09c98589c')
const skip = existsSync(FOLDER) ? false : 'the example receipts are not at hand'

/** The one proof under unprotected label 396, read by a CBOR library that is not ours: these receipts are not in our deterministic encoding. */
function proofOf(file: string, kind: -1 | -2): unknown[] {
  const message = decode(new Uint8Array(readFileSync(join(FOLDER, file))), { useMaps: true, tags: { 18: (read: () => unknown) => read() } }) as unknown[]
  const [proof] = ((message[1] as Map<number, unknown>).get(396) as Map<number, Uint8Array[]>).get(kind) as Uint8Array[]
  return decode(proof as Uint8Array) as unknown[]
}

suite('receipts that others made', { skip }, () => {
  test('consistency.cbor: the tree of 3 leaves is a prefix of the tree of 5', () => {
    const [first, second, hashes] = proofOf('consistency.cbor', -2) as [number, number, Uint8Array[]]
    assert.deepEqual([first, second], [3, 5])
    assert.ok(isConsistent(first, second, ROOT_3, ROOT_5, hashes, sha256))
    assert.ok(!isConsistent(first, second, ROOT_5, ROOT_3, hashes, sha256))
  })

  test('inclusion.cbor: leaf 3 of 5 leads to the root', () => {
    const [size, index, path] = proofOf('inclusion.cbor', -1) as [number, number, Uint8Array[]]
    assert.deepEqual([size, index], [5, 3])
    // The entry itself is not published; the hash of its leaf stands in the consistency proof, right behind that of leaf 2.
    const [, , hashes] = proofOf('consistency.cbor', -2) as [number, number, Uint8Array[]]
    const root = rootFromInclusion(hashes[1] as Uint8Array, index, size, path, sha256)
    assert.equal(bytesToHex(root as Uint8Array), bytesToHex(ROOT_5))
  })
})
