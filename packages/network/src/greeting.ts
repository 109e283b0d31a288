import { asArray, asBytes, asExactly, asNullable, asText, asUint, asVersioned, bytesToHex, decode, encode, equalBytes, isAddress, isValidSignature, keyToAddress, publicKeyFromCose, publicKeyToCose, signStatement, statementCheck } from '@telltale/core'
import type { Cbor, Primitives, PublicKey, Signer, Verdict } from '@telltale/core'
import { ADDRESSES_MAX } from './limits.ts'
import { KINDS, addressesFromCbor } from './message.ts'

/** Who a peer is in the ledger, as it says and signed; whether that identity has this key there is for the node to judge. */
export interface PeerIdentity {
  address: string
  /** The role that it claims: `authority`, `member`, ... */
  role: string
  publicKey: PublicKey
  keyNumber: number
}

export interface Greeting {
  network: Uint8Array
  software: string
  addresses: string[]
  identity: (PeerIdentity & { signature: Uint8Array }) | null
}

/** Under which identity a node greets. */
export interface OwnIdentity {
  address: string
  role: string
  signer: Signer
}

/** That this identity runs the peer: the network is part of every statement. */
function peerFields(address: string, peer: string): Cbor[] {
  return [address, peer]
}

export async function makeGreeting({ network, peer, software, addresses, identity }: { network: Uint8Array; peer: string; software: string; addresses: string[]; identity: OwnIdentity | null }): Promise<Uint8Array> {
  return encode([KINDS.greeting, 1, network, software, addresses.slice(0, ADDRESSES_MAX), identity && (await signIdentity(network, peer, identity))])
}

async function signIdentity(network: Uint8Array, peer: string, { address, role, signer }: OwnIdentity): Promise<Cbor> {
  const { keyNumber, signature } = await signStatement('peer', network, peerFields(address, peer), signer)
  return [address, role, publicKeyToCose(signer.publicKey), keyNumber, signature]
}

/** Codes: those of `decode`, `wrong-shape`, `unknown-version`, `weak-key`. */
export function decodeGreeting(bytes: Uint8Array): Greeting {
  const items = asArray(decode(bytes), 'greeting')
  asExactly(items[0], KINDS.greeting, 'kind of the first message')
  const [, , network, software, addresses, identity] = asVersioned(items, 'greeting', 6, 1)
  return {
    network: asBytes(network, 'greeting network', 32),
    software: asText(software, 'greeting software', 64),
    addresses: addressesFromCbor(addresses),
    identity: asNullable(identity, identityFromCbor),
  }
}

function identityFromCbor(value: Cbor): PeerIdentity & { signature: Uint8Array } {
  const [address, role, key, keyNumber, signature] = asArray(value, 'greeting identity', 5)
  return {
    address: asText(address, 'identity address', 64),
    role: asText(role, 'identity role', 32),
    publicKey: publicKeyFromCose(key),
    keyNumber: asUint(keyNumber, 'identity key number', 255),
    signature: asBytes(signature, 'identity signature'),
  }
}

export interface GreetingTerms {
  network: Uint8Array
  primitives: Primitives
  /** Whether the identity, or a peer without one, may connect; null where it may. */
  admits(identity: PeerIdentity | null, peer: string): Verdict | null | Promise<Verdict | null>
}

/**
 * Judges the greeting of a peer, cheap first: the network (`wrong-network`); the form of the address, and that a first key is the one it is made of
 * (`malformed-address`, `address-mismatch`); the signature under the key that it names (`invalid-signature`); whether the ledger admits it (`admits`).
 */
export async function checkGreeting(greeting: Greeting, peer: string, terms: GreetingTerms): Promise<Verdict | null> {
  const { network, primitives, admits } = terms
  const { identity } = greeting
  if (!equalBytes(greeting.network, network)) {
    return { code: 'wrong-network', message: 'The peer belongs to another network.', expected: bytesToHex(network), found: bytesToHex(greeting.network) }
  }
  if (!identity) return admits(null, peer)
  const { signature, ...claimed } = identity
  const { address, publicKey, keyNumber } = claimed
  if (!isAddress(address, 'tt')) return { code: 'malformed-address', message: 'The peer greets under no address.', expected: 'tt1 and 38 more characters', found: address }
  if (keyNumber === 0 && keyToAddress(publicKey, primitives) !== address) {
    return { code: 'address-mismatch', message: 'The first key of an identity makes its address; this one makes another.', expected: address, found: keyToAddress(publicKey, primitives) }
  }
  const check = statementCheck('peer', network, peerFields(address, peer), publicKey, { keyNumber, signature })
  if (!(await isValidSignature(check, primitives))) return { code: 'invalid-signature', message: 'The identity did not sign that it runs this peer.', expected: `a signature of ${address} for ${peer}`, found: 'another' }
  return admits(claimed, peer)
}
