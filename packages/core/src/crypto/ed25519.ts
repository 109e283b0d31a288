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
const ORDER_BYTES = hexToBytes('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

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
  return signature.length === 64 && isBelowOrder(signature) && isCanonicalY(signature) && !isSmallOrder(signature)
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

// The predicates below run for every signature that a node sees, so they compare bytes instead of making big integers.

/** Whether S, bytes 32 to 63 of a signature, is below the order of the group. */
function isBelowOrder(signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (signature[32 + i] as number) - (ORDER_BYTES[i] as number)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** Whether y, the first 32 bytes without the sign, is below 2^255 - 19. */
function isCanonicalY(point: Uint8Array): boolean {
  if (((point[31] as number) & 0x7f) !== 0x7f) return true
  for (let i = 30; i > 0; i--) if (point[i] !== 0xff) return true
  return (point[0] as number) < 0xed
}

function isSmallOrder(point: Uint8Array): boolean {
  return SMALL_ORDER_Y.some((y) => isSameY(y, point))
}

function isSameY(y: Uint8Array, point: Uint8Array): boolean {
  if (y[0] !== point[0]) return false
  for (let i = 1; i < 31; i++) if (y[i] !== point[i]) return false
  return y[31] === ((point[31] as number) & 0x7f)
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number)
  return value
}
