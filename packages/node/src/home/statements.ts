import { asNullable, asText, consentFields, fail, keyFields, portable, signStatement } from '@telltale/core'
import type { Cbor, Primitives } from '@telltale/core'
import { createCalls, proposalHash } from '@telltale/ledger'
import type { Wallet, WalletKey } from './wallet.ts'

/** What statements are signed with: the network they are for, the keys, and where senders stand. A home is one. */
export interface SigningPlace {
  ledger: { readonly network: Uint8Array }
  primitives: Primitives
  wallet: Wallet
  /** Next sequence of what a sender says about a subject. */
  nextSequence(iss: string, sub: string): Promise<number>
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

/**
 * The signature by which a key shows that its holder wants it registered: in call 1 as an identity's, 9 as a device's, 4 as the next of `sub`. `args` are the
 * other arguments of the call, in their places (`wrong-call`, `wrong-shape`).
 */
export async function ownSignature(home: SigningPlace, key: WalletKey, { call, sub, args }: { call: number; sub: string; args: (Cbor | undefined)[] }): Promise<Uint8Array> {
  const keyNumber = call === CALL_ROTATE && typeof args[0] === 'number' ? args[0] : 0
  const fields = signedFields(key, call, { sub, keyNumber, args })
  return (await signStatement('key', home.ledger.network, fields, { ...key.signer, keyNumber })).signature
}

function signedFields(key: WalletKey, call: number, { sub, keyNumber, args }: { sub: string; keyNumber: number; args: (Cbor | undefined)[] }): Cbor[] {
  if (call === CALL_ADMIT) return keyFields(key.address, 'identity', 0, asNullable(args[2], (item) => asText(item, 'organisation', 64)))
  if (call === CALL_ENROL) return keyFields(key.address, 'device', 0, asText(args[0], 'asset', 64))
  if (call === CALL_ROTATE) return keyFields(sub, 'rotation', keyNumber, null)
  throw fail('wrong-call', 'No key signs for itself in this call.', { expected: 'admit (1), rotate (4) or enrol-device (9)', found: String(call) })
}

/** A second party's consent to everything that stands before it: [key number, signature]. */
export async function consentBy(home: SigningPlace, key: WalletKey, transaction: { call: number; iss: string; sub: string; before: Cbor[] }): Promise<Cbor[]> {
  const { call, iss, sub, before } = transaction
  const fields = consentFields({ call, iss, sub, sequence: await home.nextSequence(iss, sub) }, before)
  const { keyNumber, signature } = await signStatement('consent', home.ledger.network, fields, key.signer)
  return [keyNumber, signature]
}

/** What an approval names: the hash of a proposal of this kind and value. */
export function approvalHash(home: SigningPlace, kind: string, value: Cbor): Uint8Array {
  return proposalHash(home.ledger.network, kind, value, home.primitives)
}
