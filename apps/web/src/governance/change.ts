import { asArray, asBytes, asText, asUint, bytesToHex, decode, encode, hexToBytes, judge, portable, publicKeyFromCose, publicKeyToCose } from '@telltale/core'
import type { Algorithm, Cbor } from '@telltale/core'
import type { Identity } from '../api/ledger-answers.ts'
import { parametersFromCbor, parametersToCbor } from './parameters.ts'
import type { Parameters } from './parameters.ts'

/** What a proposal would do, read from the very bytes that an approval signs. */
export type Change =
  | { kind: 'add-authority'; address: string; keyNumber: number; algorithm: string; key: string }
  | { kind: 'remove-authority'; address: string }
  | { kind: 'parameters'; parameters: Parameters }
  | { kind: 'evidence'; accused: string; contradiction: string }
  | { kind: 'unknown' }

/** A change that can be proposed or approved: its bytes, what they say, and the hash that is signed. */
export interface Wording {
  change: Change
  kind: string
  /** CBOR, hexadecimal. */
  value: string
  /** SHA-256 of cbor [network, kind, value]. */
  hash: string
}

/** Reads the bytes and works out the hash, so that nobody has to believe the node. */
export function wordingOf(network: string, kind: string, value: string): Wording {
  const read = judge(() => decode(hexToBytes(value)))
  if (!read.ok) return { change: { kind: 'unknown' }, kind, value, hash: '' }
  const hash = bytesToHex(portable.sha256(encode([hexToBytes(network), kind, read.value])))
  const change = judge(() => readChange(kind, read.value))
  return { change: change.ok ? change.value : { kind: 'unknown' }, kind, value, hash }
}

function readChange(kind: string, value: Cbor): Change {
  switch (kind) {
    case 'add-authority': {
      const [address, keyNumber, cose] = asArray(value, 'authority', 3)
      const { algorithm, material } = publicKeyFromCose(cose)
      return { kind, address: asText(address, 'address', 64), keyNumber: asUint(keyNumber, 'key number', 255), algorithm, key: bytesToHex(material) }
    }
    case 'remove-authority':
      return { kind, address: asText(value, 'address', 64) }
    case 'parameters':
      return { kind, parameters: parametersFromCbor(value) }
    case 'evidence': {
      const [accused, contradiction, first, second] = asArray(value, 'evidence', 4)
      for (const hash of [first, second]) asBytes(hash, 'evidence', 32)
      return { kind, accused: asText(accused, 'accused', 64), contradiction: asText(contradiction, 'evidence', 16) }
    }
    default:
      return { kind: 'unknown' }
  }
}

export type IdentityKey = Identity['keys'][number]

/** Bytes of a proposal, hexadecimal. */
export function addAuthority(address: string, { number, algorithm, key }: IdentityKey): string {
  return bytesToHex(encode([address, number, publicKeyToCose({ algorithm: algorithm as Algorithm, material: hexToBytes(key) })]))
}

export function removeAuthority(address: string): string {
  return bytesToHex(encode(address))
}

export function changeParameters(parameters: Parameters): string {
  return bytesToHex(encode(parametersToCbor(parameters)))
}
