import assert from 'node:assert/strict'
import { constants, createHash, generateKeyPairSync, privateEncrypt, sign } from 'node:crypto'
import { suite, test } from 'node:test'
import { verifyRsa } from '../../src/crypto/rsa.ts'

/** Forgeries that are made with the secret key, so that nothing but the padding is wrong; Node refuses the same in packages/node. */
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const MODULUS = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).n as string, 'base64url'))
const MESSAGE = Buffer.from('231904.4 km')
const HONEST = new Uint8Array(sign('sha256', MESSAGE, privateKey))

const raw = (encoded: Buffer): Uint8Array => new Uint8Array(privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded))
const digestInfo = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), createHash('sha256').update(MESSAGE).digest()])

/** 00 01 ff .. ff 00 `end`, 256 bytes in all. */
const padded = (end: Buffer, start = '0001'): Buffer => {
  const head = Buffer.from(start, 'hex')
  return Buffer.concat([head, Buffer.alloc(256 - head.length - 1 - end.length, 0xff), Buffer.from([0]), end])
}

suite('RSASSA-PKCS1-v1_5', () => {
  test('a signature by OpenSSL holds, for its message only', () => {
    assert.ok(verifyRsa(MODULUS, MESSAGE, HONEST))
    assert.equal(verifyRsa(MODULUS, Buffer.from('131904.4 km'), HONEST), false)
  })

  test('the forger of these tests makes an honest signature when it is honest', () => {
    assert.deepEqual(raw(padded(digestInfo)), HONEST)
  })

  test('padding that is not exactly the one of the standard is refused', () => {
    const withoutNull = Buffer.concat([Buffer.from('302f300b0609608648016503040201', 'hex'), Buffer.from('0420', 'hex'), digestInfo.subarray(19)])
    const longLength = Buffer.concat([Buffer.from('308131300d060960864801650304020105000420', 'hex'), digestInfo.subarray(19)])
    const forgeries: Record<string, Buffer> = {
      'DigestInfo without NULL': padded(withoutNull),
      'length in BER': padded(longLength),
      'block type 2': padded(digestInfo, '0002'),
      'garbage behind a short padding': Buffer.concat([Buffer.from('0001ffffffffffffffff00', 'hex'), digestInfo, Buffer.alloc(256 - 11 - digestInfo.length, 0x5a)]),
      'a hole in the padding': (() => {
        const hole = padded(digestInfo)
        hole[40] = 0
        return hole
      })(),
      'no DigestInfo': padded(digestInfo.subarray(19)),
    }
    for (const [what, encoded] of Object.entries(forgeries)) assert.equal(verifyRsa(MODULUS, MESSAGE, raw(encoded)), false, what)
  })

  test('a signature of another length is refused', () => {
    assert.equal(verifyRsa(MODULUS, MESSAGE, new Uint8Array([0, ...HONEST])), false)
    assert.equal(verifyRsa(MODULUS, MESSAGE, HONEST.subarray(1)), false)
    assert.equal(verifyRsa(MODULUS, MESSAGE, new Uint8Array(0)), false)
  })

  test('a signature that is the honest one plus the modulus is refused', () => {
    const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
    // The sum must still fit 256 bytes, which it does for some messages.
    for (let i = 0; ; i++) {
      const message = Buffer.from(`message ${i}`)
      const signature = new Uint8Array(sign('sha256', message, privateKey))
      const sum = toNumber(signature) + toNumber(MODULUS)
      if (sum >= 2n ** 2048n) continue
      assert.ok(verifyRsa(MODULUS, message, signature))
      assert.equal(verifyRsa(MODULUS, message, new Uint8Array(Buffer.from(sum.toString(16), 'hex'))), false)
      return
    }
  })
})
