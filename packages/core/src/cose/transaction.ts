import type { Algorithm } from '../crypto/algorithm.ts'
import { algorithmToNumber, numberToAlgorithm } from '../crypto/algorithm.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { Signer } from '../crypto/signer.ts'
import type { Cbor } from '../encoding/cbor.ts'
import { decode } from '../encoding/reader.ts'
import { asArray, asBytes, asExactly, asMap, asText, asUint, asVersioned, wrongShape } from '../encoding/shape.ts'
import { encode } from '../encoding/writer.ts'
import { fail } from '../errors.ts'
import { KEY_NUMBER_MAX, TRANSACTION_BYTES_MAX } from '../limits.ts'
import { decodeSign1, encodeSign1, signatureInput } from './sign1.ts'

const CONTENT_TYPE = 'application/x.tt-tx'

/** What a sender says, before it is signed. */
export interface Statement {
  /** First 16 bytes of the network id. */
  network: Uint8Array
  iss: string
  sub: string
  call: number
  sequence: number
  args: Cbor[]
}

/** A signed statement sent to the ledger, its form checked, its signature not yet. */
export interface Transaction extends Statement {
  algorithm: Algorithm
  keyNumber: number
  signature: Uint8Array
  /** The bytes as received: what the log holds. Never re-encoded. */
  bytes: Uint8Array
}

/** Reads a transaction and checks its form (`transaction-too-large`, `malformed-cbor`, `not-canonical`, `wrong-shape`, `unknown-version`, `unknown-algorithm`). */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  if (bytes.length > TRANSACTION_BYTES_MAX) {
    throw fail('transaction-too-large', `The transaction has ${bytes.length} bytes; larger content belongs in an attachment.`, { expected: `at most ${TRANSACTION_BYTES_MAX} bytes`, found: String(bytes.length) })
  }
  const { protectedHeader: header, unprotected, payload, signature } = decodeSign1(bytes)
  if (unprotected.size !== 0) throw wrongShape('unprotected header', 'an empty map', unprotected)
  if (header.size !== 4) throw wrongShape('protected header', 'exactly labels 1, 4, 15 and 16', header)
  asExactly(header.get(16), CONTENT_TYPE, 'protected header type')
  const claims = asMap(header.get(15), 'CWT claims')
  if (claims.size !== 2) throw wrongShape('CWT claims', 'exactly iss and sub', claims)
  const [, network, call, sequence, args] = asVersioned(decode(asBytes(payload, 'payload')), 'transaction', 5)
  return {
    algorithm: readAlgorithm(header.get(1)),
    keyNumber: asBytes(header.get(4), 'kid', 1)[0] as number,
    iss: asText(claims.get(1), 'iss', 64),
    sub: asText(claims.get(2), 'sub', 128),
    network: asBytes(network, 'network', 16),
    call: asUint(call, 'call', 65_535),
    sequence: asUint(sequence, 'sequence'),
    args: asArray(args, 'args'),
    signature,
    bytes,
  }
}

export function readAlgorithm(value: Cbor | undefined): Algorithm {
  if (typeof value !== 'number') throw wrongShape('alg', 'an algorithm number', value)
  return numberToAlgorithm(value)
}

/** Signs a statement; the result is what is sent and what the log holds. */
export async function signTransaction(statement: Statement, signer: Signer): Promise<Uint8Array> {
  if (signer.keyNumber > KEY_NUMBER_MAX) throw fail('too-many-keys', `Key number ${signer.keyNumber} is above ${KEY_NUMBER_MAX}.`, { expected: `0 to ${KEY_NUMBER_MAX}`, found: String(signer.keyNumber) })
  const protectedBytes = encode(
    new Map<number, Cbor>([
      [1, algorithmToNumber(signer.publicKey.algorithm)],
      [4, new Uint8Array([signer.keyNumber])],
      [15, new Map<number, Cbor>([[1, statement.iss], [2, statement.sub]])],
      [16, CONTENT_TYPE],
    ]),
  )
  const payload = encode([1, statement.network, statement.call, statement.sequence, statement.args])
  const signature = await signer.sign(signatureInput(protectedBytes, payload))
  return encodeSign1({ protectedBytes, unprotected: new Map(), payload, signature })
}

// 84 6a "Signature1": the head of every Sig_structure.
const SIGNATURE_INPUT_PREFIX = new Uint8Array([0x84, 0x6a, 0x53, 0x69, 0x67, 0x6e, 0x61, 0x74, 0x75, 0x72, 0x65, 0x31])

/**
 * The bytes that were signed, in one copy: the two byte strings of a transaction stand in it as they stand in the Sig_structure, heads included
 * (bytes: d2 84 protected a0 payload signature). The form must have been checked by `decodeTransaction`.
 */
export function transactionSignatureInput(transaction: Transaction): Uint8Array {
  const { bytes } = transaction
  const protectedEnd = 2 + byteStringLength(bytes, 2)
  const payloadEnd = protectedEnd + 1 + byteStringLength(bytes, protectedEnd + 1)
  const input = new Uint8Array(SIGNATURE_INPUT_PREFIX.length + payloadEnd - 2)
  input.set(SIGNATURE_INPUT_PREFIX)
  input.set(bytes.subarray(2, payloadEnd), SIGNATURE_INPUT_PREFIX.length)
  // The empty unprotected map (a0) stands exactly where the empty external_aad (40) belongs.
  input[SIGNATURE_INPUT_PREFIX.length + protectedEnd - 2] = 0x40
  return input
}

function byteStringLength(bytes: Uint8Array, at: number): number {
  const info = (bytes[at] as number) & 31
  if (info < 24) return 1 + info
  if (info === 24) return 2 + (bytes[at + 1] as number)
  if (info === 25) return 3 + (bytes[at + 1] as number) * 256 + (bytes[at + 2] as number)
  throw fail('transaction-too-large', 'A byte string of the transaction is too long.')
}

/** id = SHA-256(Sig_structure): signing the same statement again is the same transaction. */
export function transactionId(transaction: Transaction, primitives: Primitives): Uint8Array {
  return primitives.sha256(transactionSignatureInput(transaction))
}
