import { assert, bytesToHex, decodeTransaction, hexToBytes, transactionId } from '@telltale/core'
import type { Primitives, Submission } from '@telltale/core'
import { REWRITE_BYTES_MIN } from '../limits.ts'
import { KINDS, entryToFrame, frameToEntry } from './entry.ts'
import type { Entry } from './entry.ts'
import type { FrameDraft } from './frame.ts'
import { openFrameLog } from './frame-log.ts'
import type { FrameLog, FrameLogInit } from './frame-log.ts'
import type { FramePlace } from './recovery.ts'
import { applyFrame, emptyState, neededEntries, outcomeToEntry } from './state.ts'
import type { HeldRecord, Outcome, OutboxState, SignedStatement, WaitingRecord } from './state.ts'

/** What a gateway took and must not lose. Everything that resolves is durable; after `outbox-failed` nothing is written any more. */
export interface Outbox {
  /** By id, in the order in which they came. */
  readonly waiting: ReadonlyMap<string, WaitingRecord>
  readonly waitingBytes: number
  /** Bytes that wait of one device. */
  deviceBytes(iss: string): number
  /** One of the latest outcomes, or null. */
  outcome(id: string): Outcome | null
  /** Takes records, each once; what waits already is left out of the answer. */
  take(records: { submission: Submission; takenMs: number }[]): Promise<WaitingRecord[]>
  /** The bytes of a record that waits. */
  submission(id: string): Promise<Submission>
  settle(outcomes: Map<string, Outcome>): Promise<void>
  /** Certified records that no certified statement names yet, with the time at which they were taken; oldest first. */
  readonly unstated: ReadonlyMap<string, number>
  /** The statement that is signed and not certified yet: there is one at a time. */
  readonly statement: SignedStatement | null
  keepStatement(bytes: Uint8Array): Promise<void>
  /** What became of the statement: certified, or withdrawn, so that what it names is named anew. */
  endStatement(end: 'stated' | 'withdrawn'): Promise<void>
  /** Bytes of its file. */
  readonly fileBytes: number
  close(): Promise<void>
}

export interface OutboxInit extends FrameLogInit {
  /** Below this the file is never written anew while it is open. */
  rewriteBytesMin?: number
}

/** Opens the outbox, made if there is none (`outbox-damaged`, `outbox-failed`, `wrong-network`). */
export async function openOutbox(init: OutboxInit): Promise<Outbox> {
  const state = emptyState()
  const log = await openFrameLog(init, (frame) => applyFrame(state, frame, frame.place, init.primitives))
  await rewrite(state, log)
  return createOutbox(state, log, init.primitives, init.rewriteBytesMin ?? REWRITE_BYTES_MIN)
}

function createOutbox(state: OutboxState, log: FrameLog, primitives: Primitives, rewriteBytesMin: number): Outbox {
  const keep = async (entries: Entry[]): Promise<void> => {
    const drafts = entries.map(entryToFrame)
    await log.append(drafts, (places) => drafts.forEach((draft, i) => applyFrame(state, draft, places[i] as FramePlace, primitives)))
  }
  const keepAndTidy = async (entries: Entry[]): Promise<void> => {
    await keep(entries)
    if (log.bytes > rewriteBytesMin && log.bytes > 2 * neededBytes(state)) await rewrite(state, log)
  }
  return {
    waiting: state.waiting,
    get waitingBytes() {
      return state.waitingBytes
    },
    deviceBytes: (iss) => state.deviceBytes.get(iss) ?? 0,
    outcome: (id) => state.outcomes.get(id) ?? null,
    take: createTake(state, keep, primitives),
    async submission(id) {
      const record = state.waiting.get(id)
      assert(record !== undefined, 'only what waits has bytes here')
      return record.submission ?? readTaken(await log.read(() => record.place))
    },
    async settle(outcomes) {
      const entries = [...outcomes].flatMap(([id, outcome]) => {
        const record = state.waiting.get(id)
        return record ? [outcomeToEntry(id, record.takenMs, outcome, false)] : []
      })
      if (entries.length > 0) await keepAndTidy(entries)
    },
    unstated: state.unstated,
    get statement() {
      return state.statement
    },
    keepStatement: (bytes) => keep([{ kind: 'signed', statement: bytes }]),
    async endStatement(end) {
      if (state.statement) await keep([{ kind: end, id: hexToBytes(state.statement.id) }])
    },
    get fileBytes() {
      return log.bytes
    },
    close: () => log.close(),
  }
}

/** Whoever sends again what is being written waits for that write. */
function createTake(state: OutboxState, keep: (entries: Entry[]) => Promise<void>, primitives: Primitives): Outbox['take'] {
  const arriving = new Map<string, Promise<void>>()
  return async (records) => {
    const named = new Map(records.map((record) => [bytesToHex(transactionId(decodeTransaction(record.submission.bytes), primitives)), record]))
    const earlier = [...named.keys()].flatMap((id) => arriving.get(id) ?? [])
    const fresh = [...named].filter(([id]) => !state.waiting.has(id) && !arriving.has(id))
    if (fresh.length > 0) {
      const written = keep(fresh.map(([, { submission, takenMs }]) => ({ kind: 'taken', submission, takenMs })))
      for (const [id] of fresh) arriving.set(id, written)
      try {
        await written
      } finally {
        for (const [id] of fresh) arriving.delete(id)
      }
    }
    await Promise.all(earlier)
    return fresh.flatMap(([id]) => state.waiting.get(id) ?? [])
  }
}

/** Writes the file anew with what is still needed. */
async function rewrite(state: OutboxState, log: FrameLog): Promise<void> {
  let records: HeldRecord[] = []
  async function* frames(readAt: (place: FramePlace) => Promise<Uint8Array>): AsyncGenerator<FrameDraft> {
    // Nothing is written while this runs, so that these are the first frames, in this order.
    records = [...state.waiting.values()]
    for await (const entry of neededEntries(state, async ({ place }) => readTaken(await readAt(place)))) yield entryToFrame(entry)
  }
  await log.rewrite(frames, (places) => records.forEach((record, i) => (record.place = places[i] as FramePlace)))
}

function readTaken(contents: Uint8Array): Submission {
  const entry = frameToEntry({ kind: KINDS.taken, contents })
  assert(entry?.kind === 'taken', 'a frame that was written is read again')
  return entry.submission
}

/** About what a file with only what is needed would take. */
function neededBytes({ waitingBytes, waiting, outcomes, outcomeBytes, unstated }: OutboxState): number {
  return waitingBytes + outcomeBytes + 100 * (waiting.size + outcomes.size + unstated.size)
}
