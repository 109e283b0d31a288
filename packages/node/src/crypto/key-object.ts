import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Algorithm, PublicKey } from '@telltale/core'

/** Between our plain bytes of keys and the KeyObjects of node:crypto. */

const CURVES = { ES256: 'prime256v1', ES256K: 'secp256k1' } as const

/** Throws what node:crypto throws where the bytes are no key; `checkPublicKey` comes first where keys come from outside. */
export function publicKeyToObject(key: PublicKey): KeyObject {
  switch (key.algorithm) {
    case 'EdDSA':
      return createPublicKey({ key: key.material, format: 'raw-public', asymmetricKeyType: 'ed25519' })
    case 'ES256':
    case 'ES256K':
      return createPublicKey({ key: Buffer.concat([UNCOMPRESSED, key.material]), format: 'raw-public', asymmetricKeyType: 'ec', namedCurve: CURVES[key.algorithm] })
    case 'RS256':
      return createPublicKey({ key: { kty: 'RSA', n: Buffer.from(key.material).toString('base64url'), e: 'AQAB' }, format: 'jwk' })
  }
}

/** Of 32 secret bytes, or of PKCS #8 (DER) for RS256. */
export function secretToObject(algorithm: Algorithm, secret: Uint8Array): KeyObject {
  switch (algorithm) {
    case 'EdDSA':
      return createPrivateKey({ key: secret, format: 'raw-private', asymmetricKeyType: 'ed25519' })
    case 'ES256':
    case 'ES256K':
      return createPrivateKey({ key: secret, format: 'raw-private', asymmetricKeyType: 'ec', namedCurve: CURVES[algorithm] })
    case 'RS256':
      return createPrivateKey({ key: Buffer.from(secret), format: 'der', type: 'pkcs8' })
  }
}

const UNCOMPRESSED = new Uint8Array([4])
