import { createCipheriv } from 'node:crypto'
import { bytesToHex, hexToBytes } from '@telltale/core'

/**
 * One box that opens under two keys: AES-GCM does not commit to its key (Dodis, Grubbs, Ristenpart, Woodage: Fast Message Franking, 2018; Albertini and others:
 * How to Abuse and Fix Authenticated Encryption Without Key Commitment, 2022). GHASH is linear, so one free block makes the tags agree.
 * `plaintext` is what the first key shows, whole blocks, but for block `free`.
 */
export function twoKeyBox(keys: [Uint8Array, Uint8Array], plaintext: Uint8Array, free: number): Uint8Array {
  const count = plaintext.length / 16
  const stream = keystream(keys[0], count)
  const blocks = Array.from({ length: count }, (_, i) => (i === free ? 0n : block(plaintext, i) ^ (stream[i] as bigint)))
  const power = count - free + 1
  const [first, second] = keys.map((key) => {
    const hashKey = encryptBlock(key, 0n)
    return { hashKey, mask: encryptBlock(key, 1n), tag: ghash(hashKey, blocks) }
  }) as [Tagging, Tagging]
  const wanted = first.tag ^ second.tag ^ first.mask ^ second.mask
  const factor = raise(first.hashKey, BigInt(power)) ^ raise(second.hashKey, BigInt(power))
  blocks[free] = multiply(wanted, raise(factor, 2n ** 128n - 2n))
  const tag = ghash(first.hashKey, blocks) ^ first.mask
  return hexToBytes([...blocks, tag].map((value) => value.toString(16).padStart(32, '0')).join(''))
}

interface Tagging {
  hashKey: bigint
  mask: bigint
  tag: bigint
}

function block(bytes: Uint8Array, i: number): bigint {
  return BigInt(`0x${bytesToHex(bytes.subarray(16 * i, 16 * i + 16))}`)
}

/** AES of a counter block under a nonce of twelve zeros; 0 gives the hash key, 1 the mask of the tag. */
function encryptBlock(key: Uint8Array, counter: bigint): bigint {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  return block(cipher.update(hexToBytes(counter.toString(16).padStart(32, '0'))), 0)
}

function keystream(key: Uint8Array, count: number): bigint[] {
  return Array.from({ length: count }, (_, i) => encryptBlock(key, BigInt(i + 2)))
}

/** GHASH (NIST SP 800-38D, 6.4) over the ciphertext and the length block, without additional data. */
function ghash(hashKey: bigint, blocks: bigint[]): bigint {
  const lengths = BigInt(blocks.length * 128)
  return [...blocks, lengths].reduce((hash, value) => multiply(hash ^ value, hashKey), 0n)
}

/** In GF(2^128) with the bit order of GCM (NIST SP 800-38D, 6.3). */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n
  let shifted = b
  for (let i = 127n; i >= 0n; i--) {
    if ((a >> i) & 1n) product ^= shifted
    shifted = shifted & 1n ? (shifted >> 1n) ^ (0xe1n << 120n) : shifted >> 1n
  }
  return product
}

function raise(base: bigint, exponent: bigint): bigint {
  let power = 1n << 127n
  for (const bit of exponent.toString(2)) {
    power = multiply(power, power)
    if (bit === '1') power = multiply(power, base)
  }
  return power
}
