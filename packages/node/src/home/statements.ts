import { fail, portable, signStatement } from '@telltale/core'
import type { Cbor, Primitives } from '@telltale/core'
import { consentFields, createCalls, proposalHash } from '@telltale/ledger'
import type { Wallet, WalletKey } from './wallet.ts'

/** What statements are signed with: the network they are for, and the keys. A home is one. */
export interface SigningPlace {
  ledger: { readonly network: Uint8Array }
  primitives: Primitives
  wallet: Wallet
}

/** A kind of transaction as people name it. */
export interface CallName {
  number: number
  name: string
}

const CALL_ADMIT = 1
const CALL_ROTATE = 4
const CALL_ENROL = 9

/** Every kind of transaction of this ledger, by number. */
export function callNames(): CallName[] {
  return [...createCalls(portable).values()].map(({ number, name }) => ({ number, name }))
}

/** The call of this name or number (`unknown-call`). */
export function findCall(named: string): CallName {
  const found = callNames().find(({ number, name }) => name === named || String(number) === named)
  if (found) return found
  throw fail('unknown-call', `There is no call ${named}.`, { expected: callNames().map(({ number, name }) => `${name} (${number})`).join(', '), found: named })
}

/** The signature by which a key shows that its holder wants it registered: in call 1 as an identity's, 9 as a device's, 4 as the next of `sub` (`wrong-call`). */
export async function ownSignature(home: SigningPlace, key: WalletKey, call: number, { sub, keyNumber }: { sub: string; keyNumber: number }): Promise<Uint8Array> {
  const fields = signedFields(key, call, sub, keyNumber)
  return (await signStatement('key', home.ledger.network, fields, { ...key.signer, keyNumber: call === CALL_ROTATE ? keyNumber : 0 })).signature
}

function signedFields(key: WalletKey, call: number, sub: string, keyNumber: number): Cbor[] {
  if (call === CALL_ADMIT) return [key.address, 'identity', 0]
  if (call === CALL_ENROL) return [key.address, 'device', 0]
  if (call === CALL_ROTATE) return [sub, 'rotation', keyNumber]
  throw fail('wrong-call', 'No key signs for itself in this call.', { expected: 'admit (1), rotate (4) or enrol-device (9)', found: String(call) })
}

/** A second party's consent to everything that stands before it: [key number, signature]. */
export async function consentBy(home: SigningPlace, key: WalletKey, transaction: { call: number; iss: string; sub: string; before: Cbor[] }): Promise<Cbor[]> {
  const { call, iss, sub, before } = transaction
  const { keyNumber, signature } = await signStatement('consent', home.ledger.network, consentFields(call, iss, sub, before), key.signer)
  return [keyNumber, signature]
}

/** What an approval names: the hash of a proposal of this kind and value. */
export function approvalHash(home: SigningPlace, kind: string, value: Cbor): Uint8Array {
  return proposalHash(home.ledger.network, kind, value, home.primitives)
}
