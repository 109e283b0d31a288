import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { bytesToMapKey, portable } from '@telltale/core'
import type { Primitives, PublicKey, Signer } from '@telltale/core'
import { testBytes, testIdentity } from '@telltale/testing'
import type { TestIdentity } from '@telltale/testing'

/** DER up to the 32 bytes of an Ed25519 secret (RFC 8410, section 7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
/** Answers that are remembered: those of a few blocks, on all nodes. */
const ANSWERS_MAX = 20_000

/**
 * What every node of a simulation computes with: the host's library, which is thirty times as fast, and each signature checked once for all
 * nodes. The answers are the same.
 */
export function createSharedPrimitives(): Primitives {
  const keys = new Map<string, KeyObject>()
  const answers = new Map<string, boolean>()
  const keyOf = ({ material }: PublicKey): KeyObject => {
    const name = bytesToMapKey(material)
    const known = keys.get(name) ?? createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(material).toString('base64url') }, format: 'jwk' })
    keys.set(name, known)
    return known
  }
  return {
    ...portable,
    sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
    verify(key, message, signature) {
      const name = createHash('sha256').update(key.material).update(signature).update(message).digest('latin1')
      const answer = answers.get(name) ?? verify(null, message, keyOf(key), signature)
      answers.set(name, answer)
      if (answers.size > ANSWERS_MAX) answers.delete(answers.keys().next().value as string)
      return answer
    },
  }
}

/** Identity number `n` of all tests, signing with the host's library. */
export function simulatedIdentity(n: number): TestIdentity {
  const { address, signer } = testIdentity(n)
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, testBytes(`secret ${n}`)]), format: 'der', type: 'pkcs8' })
  const quick: Signer = { ...signer, sign: (message) => new Uint8Array(sign(null, message, secret)) }
  return { address, signer: quick }
}
