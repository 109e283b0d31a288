import { isCanonicalEcdsa } from './ecdsa.ts'
import { isCanonicalEd25519 } from './ed25519.ts'
import type { Primitives } from './primitives.ts'
import type { PublicKey } from './public-key.ts'

/** One signature to check: who, what, and the signature itself. */
export interface SignatureCheck {
  key: PublicKey
  message: Uint8Array
  signature: Uint8Array
}

/**
 * The one rule of validity, whatever library does the arithmetic: canonical form first, by our own code, then the equation.
 * The key must have passed `checkPublicKey` where it was registered.
 */
export function isValidSignature(check: SignatureCheck, primitives: Primitives): boolean | Promise<boolean> {
  return isCanonicalSignature(check.key, check.signature) && primitives.verify(check.key, check.message, check.signature)
}

function isCanonicalSignature(key: PublicKey, signature: Uint8Array): boolean {
  switch (key.algorithm) {
    case 'EdDSA':
      return isCanonicalEd25519(signature)
    case 'ES256':
    case 'ES256K':
      return isCanonicalEcdsa(key.algorithm, signature)
    case 'RS256':
      return signature.length === key.material.length
  }
}
