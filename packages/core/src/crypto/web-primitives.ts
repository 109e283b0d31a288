import { concatBytes } from '../bytes/concat.ts'
import { portable } from './primitives.ts'
import type { Primitives } from './primitives.ts'
import type { PublicKey } from './public-key.ts'

/** The part of WebCrypto's SubtleCrypto that checks signatures. */
export interface SubtleVerifier {
  importKey(format: 'raw' | 'jwk', data: object, algorithm: object, isExtractable: boolean, usages: ['verify']): Promise<object>
  verify(algorithm: object, key: never, signature: Uint8Array, message: Uint8Array): Promise<boolean>
}

/** Imported keys kept: a certificate has few keys and many signatures. */
const CACHED_KEYS_MAX = 256

/**
 * Primitives for browsers: signatures by WebCrypto, several times faster than in TypeScript and off the main thread; everything else portable.
 * What a browser cannot do (ES256K everywhere, Ed25519 in old ones) falls back to `portable`, bit for bit the same.
 */
export function createWebPrimitives(subtle: SubtleVerifier): Primitives {
  const keys = new Map<PublicKey, Promise<object | null>>()
  const importOnce = (key: PublicKey): Promise<object | null> => {
    const known = keys.get(key)
    if (known) return known
    const imported = importKey(subtle, key).catch(() => null)
    keys.set(key, imported)
    if (keys.size > CACHED_KEYS_MAX) keys.delete(keys.keys().next().value as PublicKey)
    return imported
  }
  return {
    ...portable,
    async verify(key, message, signature) {
      if (key.algorithm === 'ES256K') return portable.verify(key, message, signature)
      const imported = await importOnce(key)
      if (!imported) return portable.verify(key, message, signature)
      return subtle.verify(VERIFICATION[key.algorithm], imported as never, signature, message)
    },
  }
}

const IMPORT = {
  EdDSA: { name: 'Ed25519' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
}

const VERIFICATION = {
  EdDSA: { name: 'Ed25519' },
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
}

async function importKey(subtle: SubtleVerifier, { algorithm, material }: PublicKey): Promise<object | null> {
  if (algorithm === 'EdDSA') return subtle.importKey('raw', material, IMPORT.EdDSA, true, ['verify'])
  // An uncompressed point (SEC 1, 2.3.3) begins with 04.
  if (algorithm === 'ES256') return subtle.importKey('raw', concatBytes(new Uint8Array([4]), material), IMPORT.ES256, true, ['verify'])
  if (algorithm === 'RS256') return subtle.importKey('jwk', { kty: 'RSA', n: base64Url(material), e: 'AQAB', alg: 'RS256' }, IMPORT.RS256, true, ['verify'])
  return null
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function base64Url(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [a, b, c] = [bytes[at] as number, bytes[at + 1], bytes[at + 2]]
    const group = (a << 16) | ((b ?? 0) << 8) | (c ?? 0)
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63)
    if (b !== undefined) text += ALPHABET.charAt((group >> 6) & 63)
    if (c !== undefined) text += ALPHABET.charAt(group & 63)
  }
  return text
}
