import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex, hexToBytes } from '../../src/bytes/hex.ts'
import { deriveSecret } from '../../src/crypto/key-derivation.ts'
import type { DerivationCurve } from '../../src/crypto/key-derivation.ts'
import { secretToMaterial } from '../../src/crypto/software-signer.ts'
import { x25519PublicKey } from '../../src/crypto/x25519.ts'

interface Vector {
  path: number[]
  chainCode: string
  secret: string
}

const SEED_1 = '000102030405060708090a0b0c0d0e0f'
const SEED_2 = 'fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542'

/** SLIP-0010, test vectors: those with hardened steps only. */
const VECTORS: { curve: DerivationCurve; seed: string; vectors: Vector[] }[] = [
  {
    curve: 'secp256k1',
    seed: SEED_1,
    vectors: [
      { path: [], chainCode: '873dff81c02f525623fd1fe5167eac3a55a049de3d314bb42ee227ffed37d508', secret: 'e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35' },
      { path: [0], chainCode: '47fdacbd0f1097043b78c63c20c34ef4ed9a111d980047ad16282c7ae6236141', secret: 'edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea' },
    ],
  },
  {
    curve: 'nist256p1',
    seed: SEED_1,
    vectors: [
      { path: [], chainCode: 'beeb672fe4621673f722f38529c07392fecaa61015c80c34f29ce8b41b3cb6ea', secret: '612091aaa12e22dd2abef664f8a01a82cae99ad7441b7ef8110424915c268bc2' },
      { path: [0], chainCode: '3460cea53e6a6bb5fb391eeef3237ffd8724bf0a40e94943c98b83825342ee11', secret: '6939694369114c67917a182c59ddb8cafc3004e63ca5d3b84403ba8613debc0c' },
      { path: [28578], chainCode: 'e94c8ebe30c2250a14713212f6449b20f3329105ea15b652ca5bdfc68f6c65c2', secret: '06f0db126f023755d0b8d86d4591718a5210dd8d024e3e14b6159d63f53aa669' },
    ],
  },
  {
    // "Test seed retry": the first hash is above the order.
    curve: 'nist256p1',
    seed: 'a7305bc8df8d0951f0cb224c0e95d7707cbdf2c6ce7e8d481fec69c7ff5e9446',
    vectors: [{ path: [], chainCode: '7762f9729fed06121fd13f326884c82f59aa95c57ac492ce8c9654e60efd130c', secret: '3b8c18469a4634517d6d0b65448f8e6c62091b45540a1743c5846be55d47d88f' }],
  },
  {
    curve: 'ed25519',
    seed: SEED_1,
    vectors: [
      { path: [], chainCode: '90046a93de5380a72b5e45010748567d5ea02bbf6522f979e05c0d8d8ca9fffb', secret: '2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7' },
      { path: [0, 1], chainCode: 'a320425f77d1b5c2505a6b1b27382b37368ee640e3557c315416801243552f14', secret: 'b1d0bad404bf35da785a64ca1ac54b2617211d2777696fbffaf208f746ae84f2' },
      { path: [0, 1, 2, 2, 1_000_000_000], chainCode: '68789923a0cac2cd5a29172a475fe9e0fb14cd6adb5ad98a3fa70333e7afa230', secret: '8f94d394a8e8fd6b1bc2f3f49f5c47e385281d5c17e65324b0f62483e37e8793' },
    ],
  },
  {
    curve: 'ed25519',
    seed: SEED_2,
    vectors: [{ path: [0, 2_147_483_647, 1, 2_147_483_646, 2], chainCode: '5d70af781f3a37b829f0d060924d5e960bdc02e85423494afc0b1a41bbe196d4', secret: '551d333177df541ad876a60ea71f00447931c0a9da16f227c11ea080d7391b8d' }],
  },
  {
    curve: 'curve25519',
    seed: SEED_1,
    vectors: [
      { path: [], chainCode: '77997ca3588a1a34f3589279ea2962247abfe5277d52770a44c706378c710768', secret: 'd70a59c2e68b836cc4bbe8bcae425169b9e2384f3905091e3d60b890e90cd92c' },
      { path: [0, 1, 2, 2, 1_000_000_000], chainCode: '8ccf15d55b1dda246b0c1bf3e979a471a82524c1bd0c1eaecccf00dde72168bb', secret: '7a59954d387abde3bc703f531f67d659ec2b8a12597ae82824547d7e27991e26' },
    ],
  },
]

suite('SLIP-0010', () => {
  for (const { curve, seed, vectors } of VECTORS) {
    for (const { path, chainCode, secret } of vectors) {
      test(`${curve} m${path.map((index) => `/${index}'`).join('')} of ${seed.slice(0, 8)}`, () => {
        const derived = deriveSecret(curve, hexToBytes(seed), path)
        assert.equal(bytesToHex(derived.chainCode), chainCode)
        assert.equal(bytesToHex(derived.secret), secret)
      })
    }
  }

  test('the public keys are those of SLIP-0010', () => {
    const master = (curve: DerivationCurve): Uint8Array => deriveSecret(curve, hexToBytes(SEED_1), []).secret
    assert.equal(bytesToHex(secretToMaterial('EdDSA', master('ed25519'))), 'a4b2856bfec510abab89753fac1ac0e1112364e7d250545963f135f2a33188ed')
    assert.equal(bytesToHex(x25519PublicKey(master('curve25519'))), '5c7289dc9f7f3ea1c8c2de7323b9fb0781f69c9ecd6de4f095ac89a02dc80577')
    assert.equal(bytesToHex(secretToMaterial('ES256', master('nist256p1')).subarray(0, 32)), '66874dc6ade47b3ecd096745ca09bcd29638dd52c2c12117b11ed3e458cfa9e8')
    assert.equal(bytesToHex(secretToMaterial('ES256K', master('secp256k1')).subarray(0, 32)), '39a36013301597daef41fbe593a02cc513d0b55527ec2df1050e2e8ff49c85c2')
  })
})
