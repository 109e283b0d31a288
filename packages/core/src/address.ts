import { bech32m } from '@scure/base'
import type { PublicKey } from './crypto/public-key.ts'
import { keyThumbprint } from './crypto/public-key.ts'
import type { Primitives } from './crypto/primitives.ts'
import { fail } from './errors.ts'

/**
 * Addresses and ids are bech32m (BIP-350) over 20 bytes, so that a typo is found: `tt` for an identity (from the thumbprint of its first key),
 * `ta` for an asset and `tp` for a proposal (from the id of the creating transaction). Trust never flows through these 20 bytes: state holds full keys.
 */
export type AddressPrefix = 'tt' | 'ta' | 'tp'

/** The address of the identity whose first key this is; it stays when keys rotate. */
export function keyToAddress(key: PublicKey, primitives: Primitives): string {
  return encodeAddress('tt', keyThumbprint(key, primitives.sha256))
}

/** The id of what a transaction created. */
export function createdId(prefix: 'ta' | 'tp', transactionId: Uint8Array): string {
  return encodeAddress(prefix, transactionId)
}

/** The address of an identity from its 20 bytes, as block headers carry them. */
export function bytesToAddress(bytes: Uint8Array): string {
  return encodeAddress('tt', bytes)
}

function encodeAddress(prefix: AddressPrefix, hash: Uint8Array): string {
  return bech32m.encode(prefix, bech32m.toWords(hash.subarray(0, 20)))
}

/** The 20 bytes of an address; anything else is refused (`malformed-address`). */
export function addressToBytes(text: string, prefix: AddressPrefix): Uint8Array {
  const bytes = tryDecode(text, prefix)
  if (!bytes) {
    throw fail('malformed-address', `"${text.slice(0, 80)}" is not an address that begins with ${prefix}1.`, { expected: `${prefix}1 and 38 more characters, checksum correct`, found: text.slice(0, 80) })
  }
  return bytes
}

export function isAddress(text: string, prefix: AddressPrefix): boolean {
  return tryDecode(text, prefix) !== null
}

function tryDecode(text: string, prefix: AddressPrefix): Uint8Array | null {
  if (text.length !== prefix.length + 39 || text !== text.toLowerCase()) return null
  const decoded = bech32m.decodeUnsafe(text)
  if (!decoded || decoded.prefix !== prefix) return null
  const bytes = bech32m.fromWordsUnsafe(decoded.words)
  return bytes && bytes.length === 20 ? bytes : null
}

const NAME = /^[a-z][a-z0-9-]{0,31}$/

/** Names of streams and the like. An address has 41 characters, so that no name is one. */
export function isName(text: string): boolean {
  return NAME.test(text)
}
