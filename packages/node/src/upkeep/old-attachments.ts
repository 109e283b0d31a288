import { bytesToMapKey } from '@telltale/core'
import { attachmentsPastRetention, decodeBlock, isPastRetention } from '@telltale/ledger'
import type { Ledger, ReadTransaction } from '@telltale/ledger'

/** What was dropped because the network keeps it no longer. */
export interface OldDropped {
  /** Null where attachments are kept for ever. */
  retentionMs: number | null
  /** Blocks up to this height are old, and were looked through. */
  upTo: number
  attachments: number
  /** Of the attachments themselves. */
  bytes: number
}

export interface DropOldOptions {
  signal: AbortSignal
  /** Is called after each block that was looked through: where it waits, others come first. */
  rest(): Promise<void>
  onProgress?(blocks: number): void
}

/** Attachments that are looked for in younger blocks at the same time: some 200 bytes of memory each, and each time all younger blocks are read once. */
const CANDIDATES_MAX = 200_000
/** Dropped in one step of the store, while which no block is committed. */
const DROPPED_AT_ONCE = 4_096

interface Candidate {
  sha256: Uint8Array
  length: number
}

type Candidates = Map<string, Candidate>

/**
 * Drops the attachments that only blocks name which are older than the network's retention, as of the newest final block. 1. the old blocks that were not
 * looked through before tell what may go; 2. what a younger block names too stays, the newest looked through while none is committed; 3. the rest is dropped.
 * May be stopped or end at any step: what was dropped is, and the next time goes on there. Codes: those of the store; what the signal says.
 */
export async function dropOldAttachments(ledger: Ledger, options: DropOldOptions): Promise<OldDropped> {
  const { store, position } = ledger
  const { retentionMs } = ledger.parameters(position.height + 1)
  const newestMs = position.timeMs
  const oldest = retentionMs === null ? 0 : await newestOldHeight(ledger, position.height, (timeMs) => isPastRetention(timeMs, retentionMs, newestMs))
  const done: OldDropped = { retentionMs, upTo: Math.max(oldest, store.droppedUpTo), attachments: 0, bytes: 0 }
  while (store.droppedUpTo < oldest) {
    const { candidates, upTo } = await gather(ledger, store.droppedUpTo + 1, oldest, newestMs, options)
    let seen = upTo
    const lookUpTo = async (height: number, rested: Pick<DropOldOptions, 'rest'>): Promise<void> => {
      for (; seen < height; seen++) await visit(ledger, seen + 1, (read) => keepNamed(ledger, read, candidates), { ...options, ...rested })
    }
    await lookUpTo(store.height, options)
    while (store.droppedUpTo < upTo) {
      const isLast = candidates.size <= DROPPED_AT_ONCE
      const some = new Map<string, Candidate>()
      await store.dropOld(isLast ? upTo : store.droppedUpTo, async (height) => {
        // The store waits meanwhile: these few blocks are looked through without a rest.
        await lookUpTo(height, { rest: async () => undefined })
        some.clear()
        for (const [key, candidate] of candidates) if (some.size < DROPPED_AT_ONCE) some.set(key, candidate)
        return [...some.values()].map(({ sha256 }) => sha256)
      })
      for (const [key, { length }] of some) {
        candidates.delete(key)
        done.attachments += 1
        done.bytes += length
      }
      await options.rest()
      options.signal.throwIfAborted()
    }
  }
  // Also where nothing was to be dropped: what is left of a pass that ended early is freed.
  if (retentionMs !== null) await store.dropOld(store.droppedUpTo, async () => [])
  return done
}

/** The highest block that is old: times rise with heights. 0 where none is. */
async function newestOldHeight({ store }: Ledger, height: number, isOld: (timeMs: number) => boolean): Promise<number> {
  let low = 0
  let high = height
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (isOld(decodeBlock((await store.readBlock(middle)).bytes).header.timeMs)) low = middle
    else high = middle - 1
  }
  return low
}

/** What the blocks from `from` on name that may go and is held; up to the height where there is enough for one round. */
async function gather(ledger: Ledger, from: number, to: number, newestMs: number, options: DropOldOptions): Promise<{ candidates: Candidates; upTo: number }> {
  const candidates: Candidates = new Map()
  let upTo = from - 1
  while (upTo < to && candidates.size < CANDIDATES_MAX) {
    upTo += 1
    await visit(ledger, upTo, (read, timeMs) => {
      for (const { sha256, length } of attachmentsPastRetention(read, timeMs, newestMs)) if (ledger.store.hasAttachment(sha256)) candidates.set(bytesToMapKey(sha256), { sha256, length })
    }, options)
  }
  return { candidates, upTo }
}

function keepNamed(ledger: Ledger, read: ReadTransaction, candidates: Candidates): void {
  for (const { sha256 } of ledger.attachments(read)) candidates.delete(bytesToMapKey(sha256))
}

async function visit(ledger: Ledger, height: number, look: (read: ReadTransaction, timeMs: number) => void, { signal, rest, onProgress }: DropOldOptions): Promise<void> {
  const { header, transactions } = decodeBlock((await ledger.store.readBlock(height)).bytes)
  for (const bytes of transactions) {
    const read = ledger.read(bytes)
    if (read.ok) look(read.value, header.timeMs)
  }
  onProgress?.(height)
  await rest()
  signal.throwIfAborted()
}
