import { assert } from '../assert.ts'
import { checkX25519Key } from '../crypto/x25519.ts'
import { decode } from '../encoding/reader.ts'
import { asArray, asBytes } from '../encoding/shape.ts'
import { encode } from '../encoding/writer.ts'
import { judge } from '../errors.ts'
import type { Judged } from '../errors.ts'
import { hpkeOpen, hpkeSeal } from './hpke.ts'
import { placeCover } from './key-tree.ts'
import type { DisclosedNode } from './key-tree.ts'

/** What a grant is for; bound into its encryption, so that it opens for nothing else. */
export interface GrantInfo {
  /** The whole network id, 32 bytes. */
  network: Uint8Array
  /** Address of the device that grants. */
  device: string
  /** Address of the identity that may read. */
  reader: string
  /** Number of the reader's X25519 key. */
  sealKeyNumber: number
  stream: string
  epoch: number
  /** First record number. */
  from: number
  /** Last record number, or null for the rest of the epoch. */
  to: number | null
}

/** cbor ["tt-grant-1", network, device, reader, seal key number, stream, epoch, [from, to]]: the `info` of HPKE. */
export function grantInfoToBytes(info: GrantInfo): Uint8Array {
  assert(info.network.length === 32, 'a network id has 32 bytes')
  return encode(['tt-grant-1', info.network, info.device, info.reader, info.sealKeyNumber, info.stream, info.epoch, [info.from, info.to]])
}

/**
 * Seals the keys of the minimal cover of [from, to] (`deriveCover`) to a reader's X25519 key, with HPKE (hpke.ts); plaintext cbor [* key (32)]. `seed` is 32 fresh
 * random bytes, never used twice. Codes: `weak-key`, `cover-mismatch`, `range-out-of-order`.
 */
export async function sealGrant(readerKey: Uint8Array, info: GrantInfo, keys: readonly Uint8Array[], seed: Uint8Array): Promise<Uint8Array> {
  checkX25519Key(readerKey)
  placeCover(keys, info.from, info.to)
  return hpkeSeal(readerKey, grantInfoToBytes(info), encode([...keys]), seed)
}

/**
 * Opens a grant with the reader's 32 secret bytes. Verdicts: `cannot-open` (for another reader or other fields, or bytes were changed), `malformed-grant` (it
 * opens, but does not hold the keys of the minimal cover).
 */
export async function openGrant(readerSecret: Uint8Array, info: GrantInfo, grant: Uint8Array): Promise<Judged<DisclosedNode[]>> {
  const plaintext = await hpkeOpen(readerSecret, grantInfoToBytes(info), grant)
  if (!plaintext) {
    return { ok: false, verdict: { code: 'cannot-open', message: 'The grant does not open with this key: it is for another reader, key, stream or range, or bytes were changed.', expected: 'a grant for this reader and range', found: 'another' } }
  }
  const nodes = judge(() => placeCover(asArray(decode(plaintext), 'grant').map((key) => asBytes(key, 'key of a grant', 32)), info.from, info.to))
  if (nodes.ok) return nodes
  return { ok: false, verdict: { code: 'malformed-grant', message: `The grant opens, but does not hold what it is for: ${nodes.verdict.message}`, expected: nodes.verdict.expected ?? 'the keys of the minimal cover', found: nodes.verdict.code } }
}
