import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { portable } from '../../src/crypto/primitives.ts'
import { checkPublicKey } from '../../src/crypto/public-key.ts'
import { isValidSignature } from '../../src/crypto/signature-validity.ts'
import { createSoftwareSigner } from '../../src/crypto/software-signer.ts'
import { isX25519Key, x25519PublicKey } from '../../src/crypto/x25519.ts'
import { bytesToHex, hexToBytes } from '../../src/bytes/hex.ts'
import { TelltaleError } from '../../src/errors.ts'

const SECRET = new Uint8Array(32).fill(7)
const MESSAGE = new Uint8Array([1, 2, 3])
const refusedWith = (code: string) => (error: unknown) => error instanceof TelltaleError && error.code === code

suite('software signer', () => {
  for (const algorithm of ['EdDSA', 'ES256', 'ES256K'] as const) {
    test(`${algorithm}: signs what its public key verifies, the same each time`, async () => {
      const signer = createSoftwareSigner(algorithm, SECRET, 4)
      checkPublicKey(signer.publicKey)
      const signature = await signer.sign(MESSAGE)
      assert.ok(await isValidSignature({ key: signer.publicKey, message: MESSAGE, signature }, portable))
      assert.deepEqual(await signer.sign(MESSAGE), signature)
      assert.equal(signer.keyNumber, 4)
    })

    test(`${algorithm}: does not change when the caller wipes its copy of the secret`, async () => {
      const copy = SECRET.slice()
      const signer = createSoftwareSigner(algorithm, copy, 0)
      const before = await signer.sign(MESSAGE)
      copy.fill(0)
      assert.deepEqual(await signer.sign(MESSAGE), before)
    })

    test(`${algorithm}: a secret of another length is refused`, () => {
      assert.throws(() => createSoftwareSigner(algorithm, SECRET.subarray(1), 0), refusedWith('malformed-secret'))
    })
  }

  test('RSA is refused', () => {
    assert.throws(() => createSoftwareSigner('RS256', SECRET, 0), refusedWith('no-portable-rsa'))
  })
})

suite('X25519 keys', () => {
  test('the public key is the one of RFC 7748, 6.1', () => {
    const alice = hexToBytes('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')
    assert.equal(bytesToHex(x25519PublicKey(alice)), '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
  })

  test('keys of small order, and second names of keys, are refused', () => {
    const sound = x25519PublicKey(SECRET)
    assert.ok(isX25519Key(sound))
    const withTopBit = sound.slice()
    withTopBit[31] = (withTopBit[31] as number) | 0x80
    const refused = [
      withTopBit,
      sound.subarray(1),
      hexToBytes('00'.repeat(32)),
      hexToBytes(`01${'00'.repeat(31)}`),
      hexToBytes('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'),
      hexToBytes('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'),
      hexToBytes(`ec${'ff'.repeat(30)}7f`),
      hexToBytes(`ed${'ff'.repeat(30)}7f`),
      hexToBytes(`f0${'ff'.repeat(30)}7f`),
    ]
    for (const key of refused) assert.equal(isX25519Key(key), false, bytesToHex(key))
  })
})
