import { portable } from '@telltale/core'
import type { Primitives, PublicKey } from '@telltale/core'
import { createNodePrimitives } from '../../src/crypto/node-primitives.ts'

/** Every platform that answers for a signature equation; WebCrypto only for what it has. */
export const PLATFORMS: Record<string, Primitives> = {
  portable,
  'node:crypto': createNodePrimitives(),
  'node:crypto, thread pool': createNodePrimitives({ verifyOn: 'pool' }),
  WebCrypto: { ...portable, verify: verifyWithWebCrypto },
}

/** As a browser would: no secp256k1 there. */
async function verifyWithWebCrypto(key: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const { subtle } = globalThis.crypto
  const bytes = new Uint8Array(message)
  const plain = new Uint8Array(signature)
  switch (key.algorithm) {
    case 'EdDSA':
      return subtle.verify('Ed25519', await subtle.importKey('raw', new Uint8Array(key.material), 'Ed25519', false, ['verify']), plain, bytes)
    case 'ES256':
      return subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, await subtle.importKey('raw', new Uint8Array([4, ...key.material]), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']), plain, bytes)
    case 'ES256K':
      return portable.verify(key, message, signature)
    case 'RS256': {
      const jwk = { kty: 'RSA', n: Buffer.from(key.material).toString('base64url'), e: 'AQAB' }
      return subtle.verify('RSASSA-PKCS1-v1_5', await subtle.importKey('jwk', jwk, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['verify']), plain, bytes)
    }
  }
}
