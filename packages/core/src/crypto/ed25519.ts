import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { equalBytes } from '../bytes/compare.ts'
import { concatBytes } from '../bytes/concat.ts'
import { hexToBytes } from '../bytes/hex.ts'

/**
 * Ed25519 (RFC 8032) under one rule on every platform: no cofactor, S < L, A and R in canonical form, R not of small order, and A of
 * prime order (checked where keys are registered). Libraries differ in exactly these corners, and nodes that differ would fork.
 */
const { Point } = ed25519
const ORDER = Point.Fn.ORDER
const FIELD = Point.Fp.ORDER

/** y of the points of order 1, 2, 4 and 8; with both signs of x these are the eight points of small order and the two "negative zero" forms. */
const SMALL_ORDER_Y = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(hexToBytes)

/** Whether a signature has the one form that we accept, before any curve arithmetic. */
export function isCanonicalEd25519(signature: Uint8Array): boolean {
  if (signature.length !== 64) return false
  return littleEndian(signature.subarray(32)) < ORDER && isCanonicalY(signature.subarray(0, 32)) && !isSmallOrder(signature.subarray(0, 32))
}

/** Whether these are the 32 bytes of a point of prime order in canonical form. */
export function isEd25519Key(bytes: Uint8Array): boolean {
  if (bytes.length !== 32 || !isCanonicalY(bytes) || isSmallOrder(bytes)) return false
  try {
    return Point.fromBytes(bytes).isTorsionFree()
  } catch {
    // noble reports "not on the curve" by throwing.
    return false
  }
}

/** S B = R + k A, compared as bytes, so that no component of small order can hide in R. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isCanonicalEd25519(signature)) return false
  let key
  try {
    key = Point.fromBytes(publicKey)
  } catch {
    return false
  }
  const r = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % ORDER
  const expected = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k))
  return equalBytes(expected.toBytes(), r)
}

/** A deterministic signature (RFC 8032, 5.1.6). */
export function signEd25519(secret: Uint8Array, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, secret)
}

export function ed25519PublicKey(secret: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(secret)
}

function isCanonicalY(point: Uint8Array): boolean {
  const y = littleEndian(point) & ((1n << 255n) - 1n)
  return y < FIELD
}

function isSmallOrder(point: Uint8Array): boolean {
  const unsigned = point.slice()
  unsigned[31] = (unsigned[31] as number) & 0x7f
  return SMALL_ORDER_Y.some((y) => equalBytes(y, unsigned))
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number)
  return value
}
