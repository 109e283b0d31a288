import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToHex, hexToBytes } from '../../src/bytes/hex.ts'
import { ed25519PublicKey, isCanonicalEd25519, isEd25519Key, signEd25519, verifyEd25519 } from '../../src/crypto/ed25519.ts'
import { craftSignatures } from './ed25519-crafted.ts'
import type { CraftedSignature } from './ed25519-crafted.ts'

interface SpecCase {
  case: number
  what: string
  soundKey: boolean
  canonicalSignature: boolean
  equationHolds?: boolean
  message: string
  publicKey: string
  signature: string
}

const readVectors = (name: string): unknown => JSON.parse(readFileSync(new URL(`vectors/${name}`, import.meta.url), 'utf8'))
const { cases } = readVectors('ed25519-speccheck.json') as { cases: SpecCase[] }

/** RFC 8032, 7.1, tests 1 to 3. */
const RFC_8032 = [
  {
    secret: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature: 'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    secret: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature: '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    secret: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature: '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
]

suite('Ed25519', () => {
  test('keys and signatures are those of RFC 8032', () => {
    for (const vector of RFC_8032) {
      const secret = hexToBytes(vector.secret)
      const message = hexToBytes(vector.message)
      assert.equal(bytesToHex(ed25519PublicKey(secret)), vector.publicKey)
      assert.equal(bytesToHex(signEd25519(secret, message)), vector.signature)
      assert.ok(isEd25519Key(hexToBytes(vector.publicKey)))
      assert.ok(verifyEd25519(hexToBytes(vector.publicKey), message, hexToBytes(vector.signature)))
    }
  })

  test('a signature does not hold for another message, key or signature', () => {
    const [first, second] = RFC_8032.map((vector) => ({ key: hexToBytes(vector.publicKey), message: hexToBytes(vector.message), signature: hexToBytes(vector.signature) }))
    assert.ok(first && second)
    assert.ok(verifyEd25519(second.key, second.message, second.signature))
    assert.equal(verifyEd25519(second.key, first.message, second.signature), false)
    assert.equal(verifyEd25519(first.key, second.message, second.signature), false)
    for (const at of [0, 31, 32, 62]) {
      const changed = second.signature.slice()
      changed[at] = (changed[at] as number) ^ 1
      assert.equal(verifyEd25519(second.key, second.message, changed), false, `byte ${at}`)
    }
  })

  test('a signature of another length is not canonical', () => {
    const signature = hexToBytes(RFC_8032[0]!.signature)
    assert.ok(isCanonicalEd25519(signature))
    assert.equal(isCanonicalEd25519(signature.subarray(0, 63)), false)
    assert.equal(isCanonicalEd25519(new Uint8Array([...signature, 0])), false)
  })

  for (const vector of cases) {
    test(`case ${vector.case} of "Taming the many EdDSAs" is refused where it must be: ${vector.what}`, () => {
      const key = hexToBytes(vector.publicKey)
      const signature = hexToBytes(vector.signature)
      assert.equal(isEd25519Key(key), vector.soundKey)
      assert.equal(isCanonicalEd25519(signature), vector.canonicalSignature)
      assert.ok(!vector.soundKey || !vector.canonicalSignature, 'one of the two checks refuses it')
      if (vector.equationHolds !== undefined) assert.equal(verifyEd25519(key, hexToBytes(vector.message), signature), vector.equationHolds)
    })
  }

  test('the crafted signatures that other platforms are tested with are those made here', () => {
    assert.deepEqual(readVectors('ed25519-crafted.json'), craftSignatures())
  })

  for (const { what, valid, validWithCofactor, message, publicKey, signature } of craftSignatures() satisfies CraftedSignature[]) {
    test(`a crafted signature is ${valid ? 'valid' : 'refused'}: ${what}`, () => {
      const [key, text, signed] = [publicKey, message, signature].map(hexToBytes) as [Uint8Array, Uint8Array, Uint8Array]
      assert.ok(isEd25519Key(key))
      assert.equal(ed25519.verify(signed, text, key, { zip215: true }), validWithCofactor)
      assert.equal(verifyEd25519(key, text, signed), valid)
    })
  }

  test('all eight points of small order, and all encodings of them, are refused as key and as R', () => {
    const { Point } = ed25519
    // An eighth of the curve: a point of order 8 L times L.
    const torsion = Point.fromBytes(hexToBytes('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'))
    const encodings = new Set<string>()
    let point = Point.ZERO
    for (let i = 0; i < 8; i++) {
      encodings.add(bytesToHex(point.toBytes()))
      point = point.add(torsion)
    }
    assert.equal(encodings.size, 8)
    assert.ok(point.equals(Point.ZERO))
    // Not canonical: y = p and p + 1 (0 and 1 again), and the sign bit where x is 0.
    for (const y of ['01', 'ec', 'ed', 'ee']) {
      const middle = y === '01' ? '00'.repeat(30) : 'ff'.repeat(30)
      for (const sign of y === '01' ? ['00', '80'] : ['7f', 'ff']) encodings.add(y + middle + sign)
    }
    const honest = hexToBytes(RFC_8032[0]!.signature)
    for (const encoding of encodings) {
      assert.equal(isEd25519Key(hexToBytes(encoding)), false, encoding)
      const signature = honest.slice()
      signature.set(hexToBytes(encoding))
      assert.equal(isCanonicalEd25519(signature), false, encoding)
    }
  })

  test('a key that is sound but for a component of small order is refused', () => {
    const sound = hexToBytes(RFC_8032[0]!.publicKey)
    const torsion = ed25519.Point.fromBytes(hexToBytes('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'))
    assert.ok(isEd25519Key(sound))
    assert.equal(isEd25519Key(ed25519.Point.fromBytes(sound).add(torsion).toBytes()), false)
  })
})
