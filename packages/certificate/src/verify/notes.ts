import { bytesToHex, decodeTransaction, encode, equalBytes, leafHash, rangeRoot, subtreesOfLeaves, transactionId } from '@telltale/core'
import type { Primitives, Transaction } from '@telltale/core'
import { forkSignatures, judgeFork, noteLeaf, readCorrection, readFork, splitStreamName } from '@telltale/ledger'
import type { Fork, IdentityRow, StreamRow } from '@telltale/ledger'
import type { CarriedNotes, Certificate, NoteLeaf } from '../certificate.ts'
import { carriedLeaves } from '../plan.ts'
import { requireAuthor, requireThisNetwork } from './records.ts'
import type { ReadStream } from './records.ts'
import { refute } from './refutation.ts'
import type { RequiredSignature } from './signatures.ts'
import type { ProvedState } from './state.ts'

const CALL_CORRECTION = 24
const CALL_FORK = 26

/** Something that was noted about a stream. */
export interface ReadNote {
  stream: string
  author: string
  content: { kind: 'correction' } | { kind: 'fork'; fork: Fork }
  leaf: NoteLeaf
  transaction: Transaction
}

/** Reads the notes that are carried: for every stream of the asset, those that meet the period, in the order of their leaves. */
export function readNotes(certificate: Certificate, state: ProvedState, streams: Map<string, ReadStream>, primitives: Primitives): ReadNote[] {
  const expected = [...state.streams.keys()].sort()
  const found = certificate.notes.map((entry) => entry.stream)
  if (expected.length !== found.length || expected.some((stream, i) => stream !== found[i])) throw refute('missing-notes', 'The notes of a stream are missing, doubled or out of order.', `${expected.length} streams`, `${found.length}`)
  return certificate.notes.flatMap((entry) => {
    requireAllLeaves(entry, state.streams.get(entry.stream) as StreamRow, primitives)
    const carried = carriedLeaves(entry, streams.get(entry.stream)?.carried)
    if (carried.length !== entry.transactions.length) throw refute('missing-notes', `Notes about ${entry.stream} are missing or surplus.`, String(carried.length), String(entry.transactions.length))
    return entry.transactions.map((bytes, i) => readNote(entry.stream, bytes, carried[i] as NoteLeaf, primitives))
  })
}

/** The root of all leaves is the certified one: no note can be left out. */
function requireAllLeaves({ stream, leaves }: CarriedNotes, { notesRoot }: StreamRow, { sha256 }: Primitives): void {
  const hashes = leaves.map(({ height, timeMs, first, last, id }) => leafHash(encode(noteLeaf(height, timeMs, first, last, id)), sha256))
  const root = rangeRoot(0, hashes.length, subtreesOfLeaves(hashes, sha256), sha256)
  if (!equalBytes(root, notesRoot)) throw refute('missing-notes', `The notes about ${stream} are not all there.`, bytesToHex(notesRoot), bytesToHex(root))
}

function readNote(stream: string, bytes: Uint8Array, leaf: NoteLeaf, primitives: Primitives): ReadNote {
  const transaction = decodeTransaction(bytes)
  if (!equalBytes(transactionId(transaction, primitives), leaf.id)) throw refute('missing-notes', `A note about ${stream} is not the one that the ledger holds.`, bytesToHex(leaf.id))
  if (transaction.sub !== stream) throw refute('other-stream', 'A note was written about another stream.', stream, transaction.sub)
  const { content, span } = readContent(transaction)
  if (span[0] !== leaf.first || span[1] !== leaf.last) throw refute('wrong-span', 'A note is filed under other records than those it is about.', span.join(' to '), `${leaf.first} to ${leaf.last}`)
  return { stream, author: transaction.iss, content, leaf, transaction }
}

/** What a note says, and about which records. */
function readContent({ call, args }: Transaction): { content: ReadNote['content']; span: [first: number | null, last: number | null] } {
  if (call === CALL_CORRECTION) {
    const { first, last } = readCorrection(args)
    return { content: { kind: 'correction' }, span: [first, last] }
  }
  if (call !== CALL_FORK) throw refute('not-a-note', 'A transaction among the notes is none.', 'call 24 or 26', String(call))
  const fork = readFork(args)
  return { content: { kind: 'fork', fork }, span: [fork.one.sequence, fork.one.sequence] }
}

/** Every note: its author's signature with a key and role in force; for a fork also the device's two signatures. */
export function* requireNotes(notes: ReadNote[], certificate: Certificate, state: ProvedState, primitives: Primitives): Generator<RequiredSignature> {
  for (const { author, content, leaf, transaction, stream } of notes) {
    requireThisNetwork(transaction, certificate.network)
    const role = content.kind === 'correction' ? { name: 'operator' as const, scope: 'service' } : 'any'
    yield requireAuthor({ height: leaf.height, timeMs: leaf.timeMs, transaction }, state.identities.get(author) as IdentityRow, role)
    if (content.kind === 'fork') yield* requireFork(content.fork, stream, certificate, state, primitives)
  }
}

/** What the ledger asks of a fork, and the device's signatures under both. */
function* requireFork(fork: Fork, stream: string, { network }: Certificate, state: ProvedState, primitives: Primitives): Generator<RequiredSignature> {
  const { device } = splitStreamName(stream) as { device: string }
  const accused = state.identities.get(device) as IdentityRow
  const verdict = judgeFork(fork, { stream, network: network.subarray(0, 16), device: accused }, primitives)
  if (verdict) throw refute(verdict.code, verdict.message, verdict.expected, verdict.found)
  for (const check of forkSignatures(fork, accused)) {
    yield { check, refusal: () => refute('invalid-signature', `${device} did not sign what a fork shows.`, 'a valid signature') }
  }
}
