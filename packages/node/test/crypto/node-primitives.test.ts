import assert from 'node:assert/strict'
import { constants, createHash, privateEncrypt } from 'node:crypto'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { isValidSignature, portable } from '@telltale/core'
import type { Algorithm, PublicKey } from '@telltale/core'
import { secretToObject } from '../../src/crypto/key-object.ts'
import { createNodePrimitives } from '../../src/crypto/node-primitives.ts'
import { createNodeSigner, generateSecret } from '../../src/keys/node-signer.ts'
import { PLATFORMS } from './platforms.ts'

const node = createNodePrimitives()
const bytes = fc.uint8Array({ maxLength: 300 })
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const NONCE = new Uint8Array(12)

const RSA_SECRET = await generateSecret('RS256')
const SECRETS: Record<Algorithm, Uint8Array> = { EdDSA: await generateSecret('EdDSA'), ES256: await generateSecret('ES256'), ES256K: await generateSecret('ES256K'), RS256: RSA_SECRET }

suite('primitives on node:crypto', () => {
  test('SHA-256, HMAC and AES-GCM agree with the portable ones', () => {
    fc.assert(
      fc.property(bytes32, bytes, (key, message) => {
        assert.deepEqual(node.sha256(message), portable.sha256(message))
        assert.deepEqual(node.hmacSha256(message, key), portable.hmacSha256(message, key))
        const box = node.aesGcmSeal(key, NONCE, message)
        assert.deepEqual(box, portable.aesGcmSeal(key, NONCE, message))
        assert.deepEqual(node.aesGcmOpen(key, NONCE, box), message)
        assert.deepEqual(portable.aesGcmOpen(key, NONCE, box), message)
      }),
    )
  })

  test('a box that was changed, cut or made with another key opens nowhere', () => {
    const key = new Uint8Array(32).fill(1)
    const box = node.aesGcmSeal(key, NONCE, new Uint8Array([1, 2, 3]))
    for (const primitives of [node, portable]) {
      assert.ok(primitives.aesGcmOpen(key, NONCE, box))
      const changed = box.slice()
      changed[0] = (changed[0] as number) ^ 1
      assert.equal(primitives.aesGcmOpen(key, NONCE, changed), null)
      assert.equal(primitives.aesGcmOpen(new Uint8Array(32), NONCE, box), null)
      for (const length of [0, 15, 16, 18]) assert.equal(primitives.aesGcmOpen(key, NONCE, box.subarray(0, length)), null)
    }
  })

  for (const algorithm of Object.keys(SECRETS) as Algorithm[]) {
    const signer = createNodeSigner(algorithm, SECRETS[algorithm], 0)
    test(`${algorithm}: all platforms agree on signatures, honest and damaged`, async () => {
      const damages = fc.record({ part: fc.constantFrom('none', 'message', 'signature'), at: fc.nat({ max: 10_000 }), bit: fc.nat({ max: 7 }) })
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), damages, async (original, { part, at, bit }) => {
          const message = original.slice()
          const signature = await signer.sign(message)
          const target = part === 'message' ? message : signature
          if (part !== 'none') target[at % target.length] = (target[at % target.length] as number) ^ (1 << bit)
          for (const [name, platform] of Object.entries(PLATFORMS)) {
            assert.equal(await isValidSignature({ key: signer.publicKey, message, signature }, platform), part === 'none', name)
          }
        }),
        { numRuns: 40 },
      )
    })

    test(`${algorithm}: random bytes are no signature anywhere`, async () => {
      const length = algorithm === 'RS256' ? signer.publicKey.material.length : 64
      await fc.assert(
        fc.asyncProperty(bytes, fc.uint8Array({ minLength: length, maxLength: length }), async (message, signature) => {
          for (const [name, platform] of Object.entries(PLATFORMS)) {
            assert.equal(await isValidSignature({ key: signer.publicKey, message, signature }, platform), false, name)
          }
        }),
        { numRuns: 20 },
      )
    })
  }

  test('bytes that are no key verify nothing and throw nothing', () => {
    for (const algorithm of ['ES256', 'ES256K', 'EdDSA'] as const) {
      const key: PublicKey = { algorithm, material: new Uint8Array(algorithm === 'EdDSA' ? 31 : 64) }
      const signature = new Uint8Array(64).fill(1)
      assert.equal(node.verify(key, new Uint8Array(1), signature), false)
      assert.equal(portable.verify(key, new Uint8Array(1), signature), false)
    }
  })

  test('more keys than are kept are still told apart', () => {
    const message = new Uint8Array([1])
    const signers = Array.from({ length: 4200 }, (_, i) => createNodeSigner('EdDSA', new Uint8Array(32).fill(i % 256).fill(i >> 8, 0, 16), 0))
    const signatures = signers.map((signer) => signer.sign(message) as Uint8Array)
    assert.ok(signers.every((signer, i) => node.verify(signer.publicKey, message, signatures[i] as Uint8Array) === true))
    assert.ok(signers.every((signer, i) => node.verify(signer.publicKey, message, signatures[(i + 1) % signers.length] as Uint8Array) === false))
  })
})

suite('sloppy RSA padding is refused everywhere', () => {
  const message = Buffer.from('231904.4 km')
  const { publicKey } = createNodeSigner('RS256', RSA_SECRET, 0)
  const size = publicKey.material.length
  const key = secretToObject('RS256', RSA_SECRET)
  const raw = (encoded: Buffer): Uint8Array => new Uint8Array(privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded))
  const digest = createHash('sha256').update(message).digest()
  const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest])
  const padded = (end: Buffer): Buffer => Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(size - 3 - end.length, 0xff), Buffer.from([0]), end])
  const encodings: Record<string, { encoded: Buffer; valid: boolean }> = {
    'the encoding of the standard': { encoded: padded(info), valid: true },
    'DigestInfo without NULL': { encoded: padded(Buffer.concat([Buffer.from('302f300b06096086480165030402010420', 'hex'), digest])), valid: false },
    'a length in BER': { encoded: padded(Buffer.concat([Buffer.from('308131300d060960864801650304020105000420', 'hex'), digest])), valid: false },
    'garbage behind a short padding': { encoded: Buffer.concat([Buffer.from('0001ffffffffffffffff00', 'hex'), info, Buffer.alloc(size - 11 - info.length, 0x5a)]), valid: false },
    'a bare digest': { encoded: padded(digest), valid: false },
  }
  for (const [what, { encoded, valid }] of Object.entries(encodings)) {
    test(what, async () => {
      const signature = raw(encoded)
      for (const [name, platform] of Object.entries(PLATFORMS)) {
        assert.equal(await isValidSignature({ key: publicKey, message, signature }, platform), valid, name)
      }
    })
  }
})
