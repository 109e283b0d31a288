import { asArray, asBytes, bytesToHex, decodeTransaction, hexToBytes, transactionId } from '@telltale/core'
import type { Primitives, Submission } from '@telltale/core'
import { HELD_BYTES_MAX, OUTCOMES_MAX, UNSTATED_MAX } from '../limits.ts'
import { frameToEntry } from './entry.ts'
import type { Entry } from './entry.ts'
import type { FrameDraft } from './frame.ts'
import type { FramePlace } from './recovery.ts'

/** A record that waits to be certified. */
export interface WaitingRecord {
  /** Id in hexadecimal. */
  id: string
  iss: string
  sub: string
  sequence: number
  /** Bytes of the transaction and its attachments. */
  bytes: number
  /** The gateway's clock when it came, Unix milliseconds. */
  takenMs: number
}

/** What became of a record. */
export type Outcome = { status: 'certified'; index: number; height: number; receipt: Uint8Array } | { status: 'refused'; code: string; message: string; refusal: Uint8Array }

/** A statement that was signed and is not certified yet. */
export interface SignedStatement {
  bytes: Uint8Array
  id: string
  /** Ids that it names, in hexadecimal. */
  names: string[]
}

export interface HeldRecord extends WaitingRecord {
  place: FramePlace
  /** Null where its bytes were left on the disk. */
  submission: Submission | null
}

/** What the entries of an outbox add up to. */
export interface OutboxState {
  /** By id, in the order in which they came. */
  waiting: Map<string, HeldRecord>
  waitingBytes: number
  heldBytes: number
  deviceBytes: Map<string, number>
  /** Oldest first. */
  outcomes: Map<string, Outcome & { takenMs: number }>
  /** Bytes of their receipts and refusals. */
  outcomeBytes: number
  /** Certified, and named by no certified statement yet; with the time at which they were taken. */
  unstated: Map<string, number>
  statement: SignedStatement | null
}

export function emptyState(): OutboxState {
  return { waiting: new Map(), waitingBytes: 0, heldBytes: 0, deviceBytes: new Map(), outcomes: new Map(), outcomeBytes: 0, unstated: new Map(), statement: null }
}

export function submissionBytes({ bytes, attachments }: Submission): number {
  return attachments.reduce((sum, attachment) => sum + attachment.length, bytes.length)
}

/** Applies one entry as it stands in the file (`malformed-cbor`, `wrong-shape` for a frame that no gateway wrote). */
export function applyFrame(state: OutboxState, frame: FrameDraft, place: FramePlace, primitives: Primitives): void {
  const entry = frameToEntry(frame)
  if (!entry) return
  switch (entry.kind) {
    case 'taken':
      hold(state, entry, place, primitives)
      return
    case 'certified': {
      const { kind, id, isStated, ...outcome } = entry
      finish(state, bytesToHex(id), { status: kind, ...outcome })
      if (!isStated) addUnstated(state, bytesToHex(id), entry.takenMs)
      return
    }
    case 'unstated':
      addUnstated(state, bytesToHex(entry.id), entry.takenMs)
      return
    case 'refused': {
      const { kind, id, ...outcome } = entry
      finish(state, bytesToHex(id), { status: kind, ...outcome, takenMs: 0 })
      return
    }
    case 'signed':
      state.statement = readStatement(entry.statement, primitives)
      return
    case 'stated':
    case 'withdrawn':
      if (bytesToHex(entry.id) !== state.statement?.id) return
      if (entry.kind === 'stated') for (const name of state.statement.names) state.unstated.delete(name)
      state.statement = null
  }
}

function hold(state: OutboxState, { submission, takenMs }: Extract<Entry, { kind: 'taken' }>, place: FramePlace, primitives: Primitives): void {
  const transaction = decodeTransaction(submission.bytes)
  const id = bytesToHex(transactionId(transaction, primitives))
  if (state.waiting.has(id)) return
  const bytes = submissionBytes(submission)
  const isHeld = state.heldBytes + bytes <= HELD_BYTES_MAX
  const { iss, sub, sequence } = transaction
  state.waiting.set(id, { id, iss, sub, sequence, bytes, takenMs, place, submission: isHeld ? submission : null })
  state.waitingBytes += bytes
  state.heldBytes += isHeld ? bytes : 0
  state.deviceBytes.set(iss, (state.deviceBytes.get(iss) ?? 0) + bytes)
}

function finish(state: OutboxState, id: string, outcome: Outcome & { takenMs: number }): void {
  const record = state.waiting.get(id)
  if (record) {
    state.waiting.delete(id)
    state.waitingBytes -= record.bytes
    state.heldBytes -= record.submission ? record.bytes : 0
    const rest = (state.deviceBytes.get(record.iss) ?? 0) - record.bytes
    if (rest > 0) state.deviceBytes.set(record.iss, rest)
    else state.deviceBytes.delete(record.iss)
  }
  forget(state, id)
  state.outcomes.set(id, outcome)
  state.outcomeBytes += signedBytes(outcome)
  if (state.outcomes.size > OUTCOMES_MAX) forget(state, state.outcomes.keys().next().value as string)
}

function forget(state: OutboxState, id: string): void {
  const outcome = state.outcomes.get(id)
  if (!outcome) return
  state.outcomes.delete(id)
  state.outcomeBytes -= signedBytes(outcome)
}

function signedBytes(outcome: Outcome): number {
  return outcome.status === 'certified' ? outcome.receipt.length : outcome.refusal.length
}

function addUnstated({ unstated }: OutboxState, id: string, takenMs: number): void {
  unstated.set(id, takenMs)
  if (unstated.size > UNSTATED_MAX) unstated.delete(unstated.keys().next().value as string)
}

/** [[+ id], ms] are the arguments of call 20. */
function readStatement(bytes: Uint8Array, primitives: Primitives): SignedStatement {
  const transaction = decodeTransaction(bytes)
  const [ids] = transaction.args
  return { bytes, id: bytesToHex(transactionId(transaction, primitives)), names: asArray(ids, 'relayed ids').map((id) => bytesToHex(asBytes(id, 'relayed id', 32))) }
}

/** The entry that an outcome is kept as. */
export function outcomeToEntry(id: string, takenMs: number, outcome: Outcome, isStated: boolean): Entry {
  const key = hexToBytes(id)
  if (outcome.status === 'refused') return { kind: 'refused', id: key, code: outcome.code, message: outcome.message, refusal: outcome.refusal }
  return { kind: 'certified', id: key, takenMs, index: outcome.index, height: outcome.height, receipt: outcome.receipt, isStated }
}

/** Every entry that is still needed, so that a file of these alone says the same; `read` brings the bytes of a record that lie on the disk. */
export async function* neededEntries(state: OutboxState, read: (record: HeldRecord) => Promise<Submission>): AsyncGenerator<Entry> {
  for (const record of state.waiting.values()) yield { kind: 'taken', submission: record.submission ?? (await read(record)), takenMs: record.takenMs }
  for (const [id, outcome] of state.outcomes) yield outcomeToEntry(id, outcome.takenMs, outcome, !state.unstated.has(id))
  for (const [id, takenMs] of state.unstated) if (!state.outcomes.has(id)) yield { kind: 'unstated', id: hexToBytes(id), takenMs }
  if (state.statement) yield { kind: 'signed', statement: state.statement.bytes }
}
