import { Tagged } from '../encoding/cbor.ts'
import type { CborMap } from '../encoding/cbor.ts'
import { decode } from '../encoding/reader.ts'
import { asArray, asBytes, asMap, wrongShape } from '../encoding/shape.ts'
import { encode } from '../encoding/writer.ts'

/** A COSE_Sign1 (RFC 9052, 4.2), tagged 18. `payload` is null where it is detached. Byte strings may be views into what was decoded. */
export interface Sign1 {
  protectedBytes: Uint8Array
  protectedHeader: CborMap
  unprotected: CborMap
  payload: Uint8Array | null
  signature: Uint8Array
}

/** Reads a COSE_Sign1 in deterministic encoding (`malformed-cbor`, `not-canonical`, `wrong-shape`). */
export function decodeSign1(bytes: Uint8Array): Sign1 {
  const tagged = decode(bytes)
  if (!(tagged instanceof Tagged)) throw wrongShape('COSE_Sign1', 'tag 18', tagged)
  const [protectedItem, unprotected, payload, signature] = asArray(tagged.value, 'COSE_Sign1', 4)
  const protectedBytes = asBytes(protectedItem, 'protected header')
  return {
    protectedBytes,
    protectedHeader: asMap(decode(protectedBytes), 'protected header'),
    unprotected: asMap(unprotected, 'unprotected header'),
    payload: payload === null ? null : asBytes(payload, 'payload'),
    signature: asBytes(signature, 'signature'),
  }
}

export function encodeSign1(sign1: Omit<Sign1, 'protectedHeader'>): Uint8Array {
  return encode(new Tagged([sign1.protectedBytes, sign1.unprotected, sign1.payload, sign1.signature]))
}

const EMPTY = new Uint8Array(0)

/** The bytes that are signed: Sig_structure (RFC 9052, 4.4) with empty external_aad, because foreign verifiers pass none. */
export function signatureInput(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  return encode(['Signature1', protectedBytes, EMPTY, payload])
}
