import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { assert } from '../assert.ts'
import { bytesToHex, hexToBytes } from '../bytes/hex.ts'
import { concatBytes } from '../bytes/concat.ts'
import { textToBytes } from '../encoding/utf8.ts'

/** SLIP-0010: many secrets from one seed, for curves of every kind; hardened steps only, so that one leaked secret tells nothing about another. */
export type DerivationCurve = 'ed25519' | 'nist256p1' | 'secp256k1' | 'curve25519'

/** A place in the tree: 32 secret bytes and the chain code for its children. */
export interface DerivedSecret {
  secret: Uint8Array
  chainCode: Uint8Array
}

const CURVES: Record<DerivationCurve, { label: string; order: bigint | null }> = {
  ed25519: { label: 'ed25519 seed', order: null },
  curve25519: { label: 'curve25519 seed', order: null },
  nist256p1: { label: 'Nist256p1 seed', order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n },
  secp256k1: { label: 'Bitcoin seed', order: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n },
}

const INDEX_MAX = 2 ** 31 - 1

/** The secret at m/i'/j'/...; `path` holds the numbers without their quotes, 0 to 2^31 - 1 each, `seed` 16 to 64 bytes. */
export function deriveSecret(curve: DerivationCurve, seed: Uint8Array, path: readonly number[]): DerivedSecret {
  assert(seed.length >= 16 && seed.length <= 64, 'a seed has 16 to 64 bytes')
  const { label, order } = CURVES[curve]
  return path.reduce((parent, index) => hardenedChild(parent, index, order), master(textToBytes(label), seed, order))
}

function master(label: Uint8Array, seed: Uint8Array, order: bigint | null): DerivedSecret {
  let hash = hmac(sha512, label, seed)
  while (order !== null && !isScalar(toNumber(hash.subarray(0, 32)), order)) hash = hmac(sha512, label, hash)
  return { secret: hash.slice(0, 32), chainCode: hash.slice(32) }
}

function hardenedChild(parent: DerivedSecret, index: number, order: bigint | null): DerivedSecret {
  assert(Number.isInteger(index) && index >= 0 && index <= INDEX_MAX, `${index} is no index of a derivation path`)
  const suffix = new Uint8Array(4)
  for (let i = 0; i < 4; i++) suffix[i] = ((index + 2 ** 31) >>> (24 - 8 * i)) & 0xff
  let hash = hmac(sha512, parent.chainCode, concatBytes(new Uint8Array([0]), parent.secret, suffix))
  if (order === null) return { secret: hash.slice(0, 32), chainCode: hash.slice(32) }
  const own = toNumber(parent.secret)
  for (;;) {
    const added = toNumber(hash.subarray(0, 32))
    const secret = (added + own) % order
    if (added < order && secret !== 0n) return { secret: toBytes(secret), chainCode: hash.slice(32) }
    // About once in 2^32 for P-256; the standard says how to go on.
    hash = hmac(sha512, parent.chainCode, concatBytes(new Uint8Array([1]), hash.subarray(32), suffix))
  }
}

function isScalar(value: bigint, order: bigint): boolean {
  return value > 0n && value < order
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes)}`)
}

function toBytes(value: bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(64, '0'))
}
