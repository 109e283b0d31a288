import { bytesToHex, decodeTransaction, encode, equalBytes, isValidSignature, leafHash, rootFromRange, transactionId, transactionSignatureInput, asArray, asBytes } from '@telltale/core'
import type { Primitives, Transaction } from '@telltale/core'
import { noteLeaf } from '@telltale/ledger'
import type { IdentityRow } from '@telltale/ledger'
import type { Certificate, CarriedNotes, NoteLeaf } from '../certificate.ts'
import { carriedLeaves } from '../plan.ts'
import { requireSignature, requireThisNetwork } from './records.ts'
import type { ReadStream } from './records.ts'
import { refute } from './refutation.ts'
import type { ProvedState } from './state.ts'

const CALL_CORRECTION = 24
const CALL_FORK = 26

/** Something that was noted about a stream. */
export interface ReadNote {
  stream: string
  author: string
  kind: 'correction' | 'fork'
  leaf: NoteLeaf
  transaction: Transaction
}

/** Reads the notes that are carried: for every stream of the asset, those that meet the period, in the order of their leaves. */
export function readNotes(certificate: Certificate, state: ProvedState, streams: ReadStream[], primitives: Primitives): ReadNote[] {
  const expected = [...state.streams.keys()].sort()
  const found = certificate.notes.map((entry) => entry.stream)
  if (expected.length !== found.length || expected.some((stream, i) => stream !== found[i])) throw refute('missing-notes', 'The notes of a stream are missing, doubled or out of order.', expected.join(', '), found.join(', '))
  return certificate.notes.flatMap((entry) => {
    requireAllLeaves(entry, state, primitives)
    const carried = carriedLeaves(entry, streams.find((stream) => stream.stream === entry.stream)?.carried)
    if (carried.length !== entry.transactions.length) throw refute('missing-notes', `Notes about ${entry.stream} are missing or surplus.`, String(carried.length), String(entry.transactions.length))
    return entry.transactions.map((bytes, i) => readNote(entry.stream, bytes, carried[i] as NoteLeaf, primitives))
  })
}

/** The root of all leaves is the certified one: no note can be left out. */
function requireAllLeaves(entry: CarriedNotes, state: ProvedState, primitives: Primitives): void {
  const row = state.streams.get(entry.stream)
  const leaves = entry.leaves.map(({ height, timeMs, first, last, id }) => leafHash(encode(noteLeaf(height, timeMs, first, last, id)), primitives.sha256))
  const root = rootFromRange(leaves, 0, leaves.length, [], primitives.sha256)
  if (!row || !root || !equalBytes(root, row.notesRoot)) throw refute('missing-notes', `The notes about ${entry.stream} are not all there.`, row ? bytesToHex(row.notesRoot) : 'a stream', root ? bytesToHex(root) : 'none')
}

function readNote(stream: string, bytes: Uint8Array, leaf: NoteLeaf, primitives: Primitives): ReadNote {
  const transaction = decodeTransaction(bytes)
  if (!equalBytes(transactionId(transaction, primitives), leaf.id)) throw refute('missing-notes', `A note about ${stream} is not the one that the ledger holds.`, bytesToHex(leaf.id))
  if (transaction.sub !== stream) throw refute('other-stream', 'A note was written about another stream.', stream, transaction.sub)
  if (transaction.call !== CALL_CORRECTION && transaction.call !== CALL_FORK) throw refute('not-a-note', 'A transaction among the notes is none.', 'call 24 or 26', String(transaction.call))
  return { stream, author: transaction.iss, kind: transaction.call === CALL_FORK ? 'fork' : 'correction', leaf, transaction }
}

/** Every note: its author's signature with a key and role in force; for a fork also the device's two signatures. */
export async function requireGenuineNotes(notes: ReadNote[], certificate: Certificate, state: ProvedState, primitives: Primitives): Promise<void> {
  for (const { author, kind, leaf, transaction, stream } of notes) {
    requireThisNetwork(transaction, certificate.network)
    const role = kind === 'correction' ? { name: 'operator' as const, scope: 'service' } : null
    await requireSignature({ height: leaf.height, timeMs: leaf.timeMs, transaction }, state.identities.get(author) as IdentityRow, role, primitives)
    if (kind === 'fork') await requireFork(transaction, stream, state, primitives)
  }
}

async function requireFork(note: Transaction, stream: string, state: ProvedState, primitives: Primitives): Promise<void> {
  const pair = asArray(note.args, 'fork', 2).map((item) => decodeTransaction(asBytes(item, 'fork')))
  const [one, other] = pair as [Transaction, Transaction]
  if (one.sequence !== other.sequence || equalBytes(transactionId(one, primitives), transactionId(other, primitives))) throw refute('not-a-fork', 'A fork shows no two transactions for one place.')
  for (const transaction of pair) {
    const identity = state.identities.get(stream.slice(0, stream.indexOf('/')))
    const key = identity?.keys.find((interval) => interval.value.number === transaction.keyNumber)?.value.key
    const isSigned = key && (await isValidSignature({ key, message: transactionSignatureInput(transaction), signature: transaction.signature }, primitives))
    if (!isSigned || `${transaction.iss}/${transaction.sub}` !== stream) throw refute('invalid-signature', 'A fork shows a transaction that the device did not sign.')
  }
}
