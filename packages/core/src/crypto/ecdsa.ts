import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { compareBytes } from '../bytes/compare.ts'
import { concatBytes } from '../bytes/concat.ts'
import { hexToBytes } from '../bytes/hex.ts'
import { fail } from '../errors.ts'

/**
 * ECDSA with SHA-256 over P-256 (`ES256`, RFC 9053, 2.1) and secp256k1 (`ES256K`, RFC 8812, 3.2). A signature is r || s, 32 bytes each, big-endian. For every
 * valid (r, s) the pair (r, n - s) is valid too; only the lower s is ours, otherwise anybody could turn one signed transaction into another one.
 */
export type EcdsaAlgorithm = 'ES256' | 'ES256K'

const CURVES = { ES256: p256, ES256K: secp256k1 } as const

const ORDERS = {
  ES256: hexToBytes('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'),
  ES256K: hexToBytes('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'),
} as const

/** Floor of n / 2: the highest s that is still low. */
const HALF_ORDERS = { ES256: halve(ORDERS.ES256), ES256K: halve(ORDERS.ES256K) } as const

const UNCOMPRESSED = new Uint8Array([4])

/** Whether a signature has the one form that we accept, before any curve arithmetic: 64 bytes, 1 <= r < n, 1 <= s <= n / 2. */
export function isCanonicalEcdsa(algorithm: EcdsaAlgorithm, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false
  const r = signature.subarray(0, 32)
  const s = signature.subarray(32)
  return !isZero(r) && compareBytes(r, ORDERS[algorithm]) < 0 && !isZero(s) && compareBytes(s, HALF_ORDERS[algorithm]) <= 0
}

/** Whether x || y (32 bytes each) is a point of the curve. Both curves have prime order, so every such point will do. */
export function isEcdsaPoint(algorithm: EcdsaAlgorithm, material: Uint8Array): boolean {
  if (material.length !== 64) return false
  return CURVES[algorithm].utils.isValidPublicKey(concatBytes(UNCOMPRESSED, material), false)
}

/** Whether the signature has our form and satisfies the equation (SEC 1, 4.1.4) for the SHA-256 of the message; `material` is x || y. */
export function verifyEcdsa(algorithm: EcdsaAlgorithm, material: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (material.length !== 64 || !isCanonicalEcdsa(algorithm, signature)) return false
  // lowS is false because the form was just checked by our own code: one rule, one place.
  return CURVES[algorithm].verify(signature, message, concatBytes(UNCOMPRESSED, material), { prehash: true, lowS: false, format: 'compact' })
}

/** A deterministic signature (RFC 6979 with SHA-256), s made low; 64 bytes. `secret` is 32 bytes, from 1 to n - 1 (`malformed-secret`). */
export function signEcdsa(algorithm: EcdsaAlgorithm, secret: Uint8Array, message: Uint8Array): Uint8Array {
  checkSecret(algorithm, secret)
  return CURVES[algorithm].sign(message, secret, { prehash: true, lowS: true, format: 'compact', extraEntropy: false })
}

/** x || y of the public key that belongs to a secret (`malformed-secret`). */
export function ecdsaPublicKey(algorithm: EcdsaAlgorithm, secret: Uint8Array): Uint8Array {
  checkSecret(algorithm, secret)
  return CURVES[algorithm].getPublicKey(secret, false).slice(1)
}

/** Whether 32 bytes are a secret of the curve: 1 to n - 1. */
export function isEcdsaSecret(algorithm: EcdsaAlgorithm, secret: Uint8Array): boolean {
  return secret.length === 32 && !isZero(secret) && compareBytes(secret, ORDERS[algorithm]) < 0
}

/**
 * The same signature with the lower s, for edges where foreign signers (secure elements, WebCrypto, OpenSSL) come in. What is not
 * r || s within range comes back as it is: it will be refused where signatures are checked.
 */
export function normalizeEcdsa(algorithm: EcdsaAlgorithm, signature: Uint8Array): Uint8Array {
  const s = signature.subarray(32)
  const order = ORDERS[algorithm]
  if (signature.length !== 64 || compareBytes(s, HALF_ORDERS[algorithm]) <= 0 || compareBytes(s, order) >= 0) return signature
  return concatBytes(signature.subarray(0, 32), subtract(order, s))
}

function checkSecret(algorithm: EcdsaAlgorithm, secret: Uint8Array): void {
  if (isEcdsaSecret(algorithm, secret)) return
  throw fail('malformed-secret', `The secret is no ${algorithm} key.`, { expected: '32 bytes, from 1 to the order of the curve less 1', found: `${secret.length} bytes` })
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

function halve(number: Uint8Array): Uint8Array {
  return number.map((byte, i) => ((i === 0 ? 0 : (number[i - 1] as number)) << 7) | (byte >> 1))
}

function subtract(a: Uint8Array, b: Uint8Array): Uint8Array {
  const difference = new Uint8Array(a.length)
  let borrow = 0
  for (let i = a.length - 1; i >= 0; i--) {
    const rest = (a[i] as number) - (b[i] as number) - borrow
    difference[i] = rest & 0xff
    borrow = rest < 0 ? 1 : 0
  }
  return difference
}
