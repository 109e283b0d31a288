import { addressToBytes } from '../address.ts'
import { equalBytes } from '../bytes/compare.ts'
import type { PublicKey } from '../crypto/public-key.ts'
import { publicKeyFromCose, publicKeyToCose } from '../crypto/public-key.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { Cbor } from '../encoding/cbor.ts'
import { asArray, asText, asUint, wrongShape } from '../encoding/shape.ts'
import { encode } from '../encoding/writer.ts'
import { AUTHORITIES_MAX, KEY_NUMBER_MAX } from '../limits.ts'

/** One authority in force. Trust compares full keys, never addresses alone. */
export interface Authority {
  address: string
  keyNumber: number
  key: PublicKey
}

/** The authorities in force, by ascending bytes of the address text, one entry an address. */
export type AuthoritySet = Authority[]

export function setToCbor(set: AuthoritySet): Cbor[] {
  return set.map(({ address, keyNumber, key }) => [address, keyNumber, publicKeyToCose(key)])
}

/** How the key of a member is read: checked, or known to be sound from elsewhere. */
export type KeyReader = (value: Cbor | undefined) => PublicKey

/** Reads a set and checks its order and keys (`wrong-shape`, `weak-key`, `malformed-address`). */
export function setFromCbor(value: Cbor | undefined, readKey: KeyReader = publicKeyFromCose): AuthoritySet {
  const items = asArray(value, 'set of authorities')
  if (items.length === 0 || items.length > AUTHORITIES_MAX) throw wrongShape('set of authorities', `1 to ${AUTHORITIES_MAX} entries`, items)
  const set = items.map((item): Authority => {
    const [address, keyNumber, key] = asArray(item, 'authority', 3)
    addressToBytes(asText(address, 'authority address'), 'tt')
    return { address: address as string, keyNumber: asUint(keyNumber, 'authority key number', KEY_NUMBER_MAX), key: readKey(key) }
  })
  for (let i = 1; i < set.length; i++) {
    if (set[i - 1]!.address >= set[i]!.address) throw wrongShape('set of authorities', 'ascending addresses, each once', set[i]!.address)
  }
  return set
}

/** Addresses are ASCII, so comparing text compares bytes. */
export function sortSet(set: AuthoritySet): AuthoritySet {
  return [...set].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0))
}

export function setHash(set: AuthoritySet, primitives: Primitives): Uint8Array {
  return primitives.sha256(encode(setToCbor(set)))
}

/** More than two thirds: with fewer than four authorities that is everybody. */
export function isQuorum(count: number, setSize: number): boolean {
  return count * 3 > setSize * 2
}

/** f = floor((n - 1) / 3): how many authorities may lie without harm. */
export function faultsTolerated(setSize: number): number {
  return Math.floor((setSize - 1) / 3)
}

export function isSameAuthority(a: Authority, b: Authority): boolean {
  return a.address === b.address && a.keyNumber === b.keyNumber && a.key.algorithm === b.key.algorithm && equalBytes(a.key.material, b.key.material)
}
