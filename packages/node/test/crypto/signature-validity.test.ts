import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { checkPublicKey, hexToBytes, isValidSignature, judge } from '@telltale/core'
import type { PublicKey } from '@telltale/core'
import { PLATFORMS } from './platforms.ts'

interface SignatureVector {
  what: string
  message: string
  publicKey: string
  signature: string
}

const readVectors = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../../core/test/crypto/vectors/${name}`, import.meta.url), 'utf8'))
/** The 12 cases of "Taming the many EdDSAs": all refused, at registration of the key or for the signature. */
const { cases } = readVectors('ed25519-speccheck.json') as { cases: SignatureVector[] }
/** Signatures under an honest key that libraries judge differently. */
const crafted = readVectors('ed25519-crafted.json') as (SignatureVector & { valid: boolean })[]

suite('the validity of Ed25519 signatures is the same everywhere', () => {
  for (const [name, platform] of Object.entries(PLATFORMS)) {
    const isAccepted = async ({ message, publicKey, signature }: SignatureVector): Promise<boolean> => {
      const key: PublicKey = { algorithm: 'EdDSA', material: hexToBytes(publicKey) }
      return judge(() => checkPublicKey(key)).ok && isValidSignature({ key, message: hexToBytes(message), signature: hexToBytes(signature) }, platform)
    }

    for (const vector of [...cases.map((one) => ({ ...one, valid: false })), ...crafted]) {
      test(`${name}: ${vector.valid ? 'accepts' : 'refuses'} ${vector.what}`, async () => {
        assert.equal(await isAccepted(vector), vector.valid)
      })
    }
  }
})
