import type { Algorithm } from '../crypto/algorithm.ts'
import { algorithmToNumber } from '../crypto/algorithm.ts'
import type { PublicKey } from '../crypto/public-key.ts'
import type { SignatureCheck } from '../crypto/signature-validity.ts'
import type { Signer } from '../crypto/signer.ts'
import type { Cbor } from '../encoding/cbor.ts'
import { encode } from '../encoding/writer.ts'
import { signatureInput } from './sign1.ts'

/** Signatures that are no transactions: all have one shape, told apart by their type, so that none can be replayed as another. */
export type StatementType = 'seal' | 'key' | 'consent' | 'refusal' | 'vote' | 'peer' | 'standing'

/** Key number and signature; the rest of the COSE_Sign1 is rebuilt from what stands beside it. */
export interface StatementSignature {
  keyNumber: number
  signature: Uint8Array
}

/** What is signed: cbor [1, network (32), fields...]. */
export function statementPayload(network: Uint8Array, fields: Cbor[]): Uint8Array {
  return encode([1, network, ...fields])
}

/** What a new key is registered as. */
export type KeyPurpose = 'authority' | 'identity' | 'device' | 'rotation'

/**
 * What a new key signs for itself, so that nobody registers another's: its address, what as, its number, and whom it joins: an identity the organisation
 * that will answer for it, a device its asset. Otherwise whoever sees the statement could copy it, register the key elsewhere, and have power over it there.
 */
export function keyFields(address: string, purpose: KeyPurpose, keyNumber: number, joins: string | null): Cbor[] {
  return [address, purpose, keyNumber, joins]
}

/** Calls whose consent is given ahead of time, by people or devices that may be offline; what they consent to can happen only once anyway. */
const CONSENT_AHEAD = [12, 18, 19]

/** What the second party of a call signs: the call, who sends it about what, at which place, and the arguments before the consent itself. */
export function consentFields({ call, iss, sub, sequence }: { call: number; iss: string; sub: string; sequence: number | null }, argsBefore: Cbor[]): Cbor[] {
  return [call, iss, sub, CONSENT_AHEAD.includes(call) ? null : sequence, ...argsBefore]
}

/** Protected header {1: alg, 4: kid, 16: "application/x.tt-<type>"}. */
export function statementHeader(type: StatementType, algorithm: Algorithm, keyNumber: number): Uint8Array {
  return encode(new Map<number, Cbor>([[1, algorithmToNumber(algorithm)], [4, new Uint8Array([keyNumber])], [16, `application/x.tt-${type}`]]))
}

export async function signStatement(type: StatementType, network: Uint8Array, fields: Cbor[], signer: Signer): Promise<StatementSignature> {
  const header = statementHeader(type, signer.publicKey.algorithm, signer.keyNumber)
  return { keyNumber: signer.keyNumber, signature: await signer.sign(signatureInput(header, statementPayload(network, fields))) }
}

/** The check that tells whether `key`, numbered `keyNumber`, made this statement. */
export function statementCheck(type: StatementType, network: Uint8Array, fields: Cbor[], key: PublicKey, signed: StatementSignature): SignatureCheck {
  const header = statementHeader(type, key.algorithm, signed.keyNumber)
  return { key, message: signatureInput(header, statementPayload(network, fields)), signature: signed.signature }
}
