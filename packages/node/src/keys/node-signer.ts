import { generateKeyPair, randomBytes, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { fail, isEcdsaSecret, normalizeEcdsa, secretToMaterial } from '@telltale/core'
import type { Algorithm, PublicKey, Signer } from '@telltale/core'
import { secretToObject } from '../crypto/key-object.ts'

/** Bits of new RSA keys: 128 bits of security until 2030 and beyond (NIST SP 800-57). */
const RSA_BITS = 3072

/** A fresh secret: 32 bytes, or PKCS #8 (DER) for RS256. */
export async function generateSecret(algorithm: Algorithm): Promise<Uint8Array> {
  if (algorithm === 'RS256') {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS, publicExponent: 65537 })
    return new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
  }
  for (;;) {
    const secret = new Uint8Array(randomBytes(32))
    // One in 2^32 for P-256, and all but never for secp256k1, lies above the order.
    if (algorithm === 'EdDSA' || isEcdsaSecret(algorithm, secret)) return secret
  }
}

/**
 * A signer on node:crypto that holds its secret in memory; `secret` as `generateSecret` gives it. ECDSA signatures come out with
 * low s. Codes: `malformed-secret`.
 */
export function createNodeSigner(algorithm: Algorithm, secret: Uint8Array, keyNumber: number): Signer {
  const publicKey = publicKeyOfSecret(algorithm, secret)
  const object = secretToObject(algorithm, secret)
  return {
    publicKey,
    keyNumber,
    sign(message) {
      if (algorithm === 'EdDSA') return new Uint8Array(sign(null, message, object))
      if (algorithm === 'RS256') return new Uint8Array(sign('sha256', message, object))
      return normalizeEcdsa(algorithm, new Uint8Array(sign('sha256', message, { key: object, dsaEncoding: 'ieee-p1363' })))
    },
  }
}

/** The public key that belongs to a secret (`malformed-secret`). */
export function publicKeyOfSecret(algorithm: Algorithm, secret: Uint8Array): PublicKey {
  if (algorithm !== 'RS256') return { algorithm, material: secretToMaterial(algorithm, secret) }
  return { algorithm, material: rsaModulus(secret) }
}

function rsaModulus(secret: Uint8Array): Uint8Array {
  const object = tryReadRsa(secret)
  const { n, e } = object?.asymmetricKeyType === 'rsa' ? object.export({ format: 'jwk' }) : {}
  if (n === undefined || e !== 'AQAB') throw fail('malformed-secret', 'The secret is no RSA key of ours.', { expected: 'PKCS #8 (DER) with exponent 65537', found: `${secret.length} other bytes` })
  return new Uint8Array(Buffer.from(n, 'base64url'))
}

function tryReadRsa(secret: Uint8Array): ReturnType<typeof secretToObject> | null {
  try {
    return secretToObject('RS256', secret)
  } catch {
    // OpenSSL refuses other bytes by throwing; the caller has the better message.
    return null
  }
}
