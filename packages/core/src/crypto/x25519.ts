import { x25519 } from '@noble/curves/ed25519.js'
import { fail } from '../errors.ts'

/** X25519 keys (RFC 7748), to which grants are sealed. */

const PRIME_LAST = 0x7f
const PRIME_MIDDLE = 0xff
const PRIME_FIRST = 0xed

/** Any secret will do for the test below: clamping makes it a multiple of 8, so points of small order all give zero. */
const PROBE = new Uint8Array(32).fill(1)

/** The 32 bytes of the public key that belongs to 32 secret random bytes. */
export function x25519PublicKey(secret: Uint8Array): Uint8Array {
  return x25519.getPublicKey(secret)
}

/** Whether these 32 bytes are a key that something can be sealed to: in canonical form, and not one of the points of small order, with which anybody could open it. */
export function isX25519Key(bytes: Uint8Array): boolean {
  if (bytes.length !== 32 || !isCanonical(bytes)) return false
  try {
    x25519.getSharedSecret(PROBE, bytes)
    return true
  } catch {
    // noble refuses an all-zero shared secret by throwing (RFC 7748, 6.1).
    return false
  }
}

/** Refuses what `isX25519Key` refuses (`weak-key`). */
export function checkX25519Key(bytes: Uint8Array): void {
  if (isX25519Key(bytes)) return
  throw fail('weak-key', 'The X25519 key is not one that something can be sealed to.', { expected: '32 bytes in canonical form, not of small order', found: 'another key' })
}

/** Below 2^255 - 19, little-endian: implementations reduce what is above, so that one key would have two names. */
function isCanonical(bytes: Uint8Array): boolean {
  if ((bytes[31] as number) > PRIME_LAST) return false
  if ((bytes[31] as number) < PRIME_LAST || bytes.subarray(1, 31).some((byte) => byte !== PRIME_MIDDLE)) return true
  return (bytes[0] as number) < PRIME_FIRST
}
