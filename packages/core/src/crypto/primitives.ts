import { gcm } from '@noble/ciphers/aes.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { verifyEcdsa } from './ecdsa.ts'
import { verifyEd25519 } from './ed25519.ts'
import type { PublicKey } from './public-key.ts'
import { verifyRsa } from './rsa.ts'

/**
 * The cryptographic operations everything else is built from. `portable` runs everywhere; Node, WebCrypto or WebAssembly plug in faster ones.
 * All must agree bit for bit: the rule of validity around `verify` is ours (signature-validity.ts), so a platform only answers for the equation itself.
 */
export interface Primitives {
  sha256(bytes: Uint8Array): Uint8Array
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array
  /** AES-256-GCM with a 12-byte nonce and no additional data; ciphertext, then the 16-byte tag. */
  aesGcmSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** The plaintext, or null where the tag does not fit. */
  aesGcmOpen(key: Uint8Array, nonce: Uint8Array, box: Uint8Array): Uint8Array | null
  /** Whether the signature equation holds, without cofactor; called only for signatures and keys in canonical form. */
  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>
}

/** Pure TypeScript primitives (noble), the same on every platform. */
export const portable: Primitives = {
  sha256: (bytes) => sha256(bytes),
  hmacSha256: (key, bytes) => hmac(sha256, key, bytes),
  aesGcmSeal: (key, nonce, plaintext) => gcm(key, nonce).encrypt(plaintext),
  aesGcmOpen(key, nonce, box) {
    if (box.length < 16) return null
    try {
      return gcm(key, nonce).decrypt(box)
    } catch {
      // noble reports a wrong tag, and only that, by throwing.
      return null
    }
  },
  verify(key, message, signature) {
    switch (key.algorithm) {
      case 'EdDSA':
        return verifyEd25519(key.material, message, signature)
      case 'ES256':
      case 'ES256K':
        return verifyEcdsa(key.algorithm, key.material, message, signature)
      case 'RS256':
        return verifyRsa(key.material, message, signature)
    }
  },
}
