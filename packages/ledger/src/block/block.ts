import { asArray, asBytes, asUint, decode, encode } from '@telltale/core'
import type { Primitives, StatementSignature } from '@telltale/core'
import { voteToCbor, votesFromCbor } from '../finality/vote.ts'
import type { Vote } from '../finality/vote.ts'
import { decodeHeader } from './header.ts'
import type { BlockHeader } from './header.ts'

/** A block as it is stored and sent. The seal is no part of its id, and is remembered by its own bytes. */
export interface Block {
  header: BlockHeader
  headerBytes: Uint8Array
  seal: StatementSignature
  /** Bytes of each transaction, in order. */
  transactions: Uint8Array[]
  /** Votes on blocks below this one. */
  votes: Vote[]
}

/** cbor [header as bstr, [key number, seal], [* transaction as bstr], [* vote]]; votes are empty where one authority decides alone. */
export function encodeBlock(headerBytes: Uint8Array, seal: StatementSignature, transactions: Uint8Array[], votes: Vote[] = []): Uint8Array {
  return encode([headerBytes, [seal.keyNumber, seal.signature], transactions, votes.map(voteToCbor)])
}

export function decodeBlock(bytes: Uint8Array): Block {
  const [headerBytes, seal, transactions, votes] = asArray(decode(bytes), 'block', 4)
  const [keyNumber, signature] = asArray(seal, 'block seal', 2)
  const header = asBytes(headerBytes, 'block header')
  return {
    header: decodeHeader(header),
    headerBytes: header,
    seal: { keyNumber: asUint(keyNumber, 'block seal key number', 255), signature: asBytes(signature, 'block seal') },
    transactions: asArray(transactions, 'block transactions').map((transaction) => asBytes(transaction, 'block transaction')),
    votes: votesFromCbor(votes),
  }
}

/** SHA-256(cbor [transactions, votes]). */
export function bodyHash(transactions: Uint8Array[], votes: Vote[], primitives: Primitives): Uint8Array {
  return primitives.sha256(encode([transactions, votes.map(voteToCbor)]))
}
