import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { bytesToHex, hexToBytes } from '../../src/bytes/hex.ts'
import { concatBytes } from '../../src/bytes/concat.ts'
import { ecdsaPublicKey, isCanonicalEcdsa, isEcdsaPoint, isEcdsaSecret, normalizeEcdsa, signEcdsa, verifyEcdsa } from '../../src/crypto/ecdsa.ts'
import { textToBytes } from '../../src/encoding/utf8.ts'
import { TelltaleError } from '../../src/errors.ts'

const ALGORITHMS = ['ES256', 'ES256K'] as const
const ORDERS = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES256K: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
}
const SECRET = hexToBytes('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721')
const MESSAGE = textToBytes('sample')

const bytes32 = (value: bigint): Uint8Array => hexToBytes(value.toString(16).padStart(64, '0'))
const scalars = (signature: Uint8Array): [bigint, bigint] => [BigInt(`0x${bytesToHex(signature.subarray(0, 32))}`), BigInt(`0x${bytesToHex(signature.subarray(32))}`)]

suite('ECDSA of RFC 6979', () => {
  test('P-256 keys and signatures are those of RFC 6979, A.2.5, with low s', () => {
    assert.equal(
      bytesToHex(ecdsaPublicKey('ES256', SECRET)),
      '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
    )
    const vectors = [
      { message: 'sample', r: 'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716', s: 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8' },
      { message: 'test', r: 'f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367', s: '019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083' },
    ]
    for (const { message, r, s } of vectors) {
      const high = BigInt(`0x${s}`) > ORDERS.ES256 / 2n
      const low = high ? ORDERS.ES256 - BigInt(`0x${s}`) : BigInt(`0x${s}`)
      assert.equal(bytesToHex(signEcdsa('ES256', SECRET, textToBytes(message))), r + bytesToHex(bytes32(low)))
    }
  })
})

for (const algorithm of ALGORITHMS) {
  suite(algorithm, () => {
    const order = ORDERS[algorithm]
    const material = ecdsaPublicKey(algorithm, SECRET)
    const honest = signEcdsa(algorithm, SECRET, MESSAGE)
    const [r, s] = scalars(honest)

    test('an honest signature holds, for its message and key only', () => {
      assert.ok(verifyEcdsa(algorithm, material, MESSAGE, honest))
      assert.equal(verifyEcdsa(algorithm, material, textToBytes('Sample'), honest), false)
      assert.equal(verifyEcdsa(algorithm, ecdsaPublicKey(algorithm, new Uint8Array(32).fill(5)), MESSAGE, honest), false)
    })

    test('the twin with high s holds for OpenSSL, is refused here, and becomes the honest one again at the edges', () => {
      const twin = concatBytes(bytes32(r), bytes32(order - s))
      const key = createPublicKey({ key: Buffer.concat([Buffer.from([4]), material]), format: 'raw-public', asymmetricKeyType: 'ec', namedCurve: algorithm === 'ES256' ? 'prime256v1' : 'secp256k1' })
      assert.ok(verify('sha256', MESSAGE, { key, dsaEncoding: 'ieee-p1363' }, twin))
      assert.equal(isCanonicalEcdsa(algorithm, twin), false)
      assert.equal(verifyEcdsa(algorithm, material, MESSAGE, twin), false)
      assert.deepEqual(normalizeEcdsa(algorithm, twin), honest)
      assert.deepEqual(normalizeEcdsa(algorithm, honest), honest)
    })

    test('r and s out of range are refused', () => {
      const half = order / 2n
      const canonical = (first: bigint, second: bigint): boolean => isCanonicalEcdsa(algorithm, concatBytes(bytes32(first), bytes32(second)))
      assert.ok(canonical(1n, 1n))
      assert.ok(canonical(order - 1n, half))
      assert.equal(canonical(0n, s), false)
      assert.equal(canonical(order, s), false)
      assert.equal(canonical(r, 0n), false)
      assert.equal(canonical(r, half + 1n), false)
      assert.equal(canonical(r, order), false)
      assert.equal(canonical(2n ** 256n - 1n, s), false)
      assert.equal(isCanonicalEcdsa(algorithm, honest.subarray(0, 63)), false)
      assert.equal(isCanonicalEcdsa(algorithm, new Uint8Array([...honest, 0])), false)
    })

    test('what is no scalar is left alone by normalisation', () => {
      for (const signature of [honest.subarray(1), concatBytes(bytes32(r), bytes32(order)), concatBytes(bytes32(r), bytes32(2n ** 256n - 1n))]) {
        assert.deepEqual(normalizeEcdsa(algorithm, signature), signature)
      }
    })

    test('only points of the curve are keys', () => {
      assert.ok(isEcdsaPoint(algorithm, material))
      assert.equal(isEcdsaPoint(algorithm, new Uint8Array(64)), false)
      assert.equal(isEcdsaPoint(algorithm, material.subarray(1)), false)
      assert.equal(isEcdsaPoint(algorithm, ecdsaPublicKey(algorithm === 'ES256' ? 'ES256K' : 'ES256', SECRET)), false)
      const off = material.slice()
      off[63] = (off[63] as number) ^ 1
      assert.equal(isEcdsaPoint(algorithm, off), false)
    })

    test('a secret out of range is refused by its code', () => {
      assert.ok(isEcdsaSecret(algorithm, bytes32(order - 1n)))
      for (const secret of [bytes32(0n), bytes32(order), SECRET.subarray(1)]) {
        assert.equal(isEcdsaSecret(algorithm, secret), false)
        assert.throws(() => signEcdsa(algorithm, secret, MESSAGE), (error) => error instanceof TelltaleError && error.code === 'malformed-secret')
        assert.throws(() => ecdsaPublicKey(algorithm, secret), (error) => error instanceof TelltaleError && error.code === 'malformed-secret')
      }
    })

    test('normalising gives the low one of the two, whichever came in', () => {
      fc.assert(
        fc.property(fc.bigInt({ min: 1n, max: order - 1n }), (value) => {
          const [, low] = scalars(normalizeEcdsa(algorithm, concatBytes(bytes32(1n), bytes32(value))))
          assert.equal(low, value > order / 2n ? order - value : value)
        }),
      )
    })
  })
}
