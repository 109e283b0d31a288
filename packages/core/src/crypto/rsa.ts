import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes } from '../bytes/compare.ts'
import { concatBytes } from '../bytes/concat.ts'
import { hexToBytes } from '../bytes/hex.ts'

/**
 * RSASSA-PKCS1-v1_5 with SHA-256 (`RS256`, RFC 8812, 2; RFC 8017, 8.2.2), exponent 65537. Verification only: a portable, unblinded
 * private operation would leak the key through its timing.
 */

/** DER of DigestInfo {sha256, NULL} up to the digest (RFC 8017, 9.2, note 1). Without the NULL, or with any other, it is another signature. */
const DIGEST_INFO = hexToBytes('3031300d060960864801650304020105000420')

/**
 * Whether signature^65537 mod modulus is exactly the EMSA-PKCS1-v1_5 encoding of the message, compared whole: a parser that skips
 * padding would accept forgeries (Bleichenbacher 2006). The modulus is big-endian without leading zeros; the signature has its length and lies below it.
 */
export function verifyRsa(modulus: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== modulus.length) return false
  const n = bigEndian(modulus)
  const s = bigEndian(signature)
  if (s >= n) return false
  return equalBytes(toBigEndian(power65537(s, n), modulus.length), encodeMessage(message, modulus.length))
}

/** 00 01 ff .. ff 00 DigestInfo digest, `length` bytes in all. */
function encodeMessage(message: Uint8Array, length: number): Uint8Array {
  const digest = sha256(message)
  const padding = length - 3 - DIGEST_INFO.length - digest.length
  return concatBytes(new Uint8Array([0, 1]), new Uint8Array(Math.max(padding, 0)).fill(0xff), new Uint8Array([0]), DIGEST_INFO, digest)
}

/** 65537 = 2^16 + 1: sixteen squarings and one multiplication. */
function power65537(base: bigint, modulus: bigint): bigint {
  let power = base
  for (let i = 0; i < 16; i++) power = (power * power) % modulus
  return (power * base) % modulus
}

function bigEndian(bytes: Uint8Array): bigint {
  let text = '0x0'
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return BigInt(text)
}

function toBigEndian(value: bigint, length: number): Uint8Array {
  return hexToBytes(value.toString(16).padStart(2 * length, '0'))
}
