import { fail } from '../errors.ts'
import type { Algorithm } from './algorithm.ts'
import { ecdsaPublicKey, signEcdsa } from './ecdsa.ts'
import { ed25519PublicKey, signEd25519 } from './ed25519.ts'
import type { Signer } from './signer.ts'

/**
 * A signer that holds a 32-byte secret in memory and signs with portable code, deterministically. RS256 is refused (`no-portable-rsa`): an RSA signature that
 * leaks nothing through its timing takes a platform's own library. Codes also `malformed-secret`.
 */
export function createSoftwareSigner(algorithm: Algorithm, secret: Uint8Array, keyNumber: number): Signer {
  if (algorithm === 'RS256') {
    throw fail('no-portable-rsa', 'RSA keys sign only through the libraries of a platform; use a Node key file, or another algorithm.', { expected: 'EdDSA, ES256 or ES256K', found: algorithm })
  }
  const own = secret.slice()
  return {
    publicKey: { algorithm, material: secretToMaterial(algorithm, own) },
    keyNumber,
    sign: (message) => (algorithm === 'EdDSA' ? signEd25519(own, message) : signEcdsa(algorithm, own, message)),
  }
}

/** The public key's material, as `PublicKey` holds it, of a 32-byte secret (`malformed-secret`). */
export function secretToMaterial(algorithm: Exclude<Algorithm, 'RS256'>, secret: Uint8Array): Uint8Array {
  if (secret.length !== 32) throw fail('malformed-secret', `A secret key has 32 bytes, found ${secret.length}.`, { expected: '32 bytes', found: `${secret.length} bytes` })
  return algorithm === 'EdDSA' ? ed25519PublicKey(secret) : ecdsaPublicKey(algorithm, secret)
}
