import { bytesToHex, decodeTransaction, fail, transactionId } from '@telltale/core'
import type { Primitives } from '@telltale/core'
import type { Chain } from '@telltale/consensus'
import { decodeBlock, isNumberedByStream } from '@telltale/ledger'
import type { Ledger } from '@telltale/ledger'
import type { Refused, Submissions } from './submissions.ts'

/**
 * Where a listener stands: items of a block come first, numbered from 0, then the block itself. So `7` means everything up to and including block 7, and
 * `7.4` everything up to the fifth item of block 7. Nothing is queued for anybody: whoever listens reads the ledger on from where it stands.
 */
export interface Cursor {
  height: number
  /** The last item that was seen, or null where the whole block was. */
  item: number | null
}

interface LedgerEvent {
  /** Null for what stands in no block and so cannot be resumed. */
  id: string | null
  event: 'block' | 'record' | 'refused'
  data: object
}

/** The events of a block as they travel, one by one and all together: the same bytes go to everybody who listens. */
interface BlockEvents {
  texts: string[]
  bytes: Buffer
}

const CURSOR = /^(0|[1-9][0-9]{0,15})(?:\.(0|[1-9][0-9]{0,6}))?$/

/** Reads a cursor (`malformed-cursor`). */
export function readCursor(text: string): Cursor {
  const match = CURSOR.exec(text)
  if (!match) throw fail('malformed-cursor', 'A cursor is the id of an event: H or H.N.', { expected: 'H or H.N', found: text.slice(0, 40) })
  return { height: Number(match[1]), item: match[2] === undefined ? null : Number(match[2]) }
}

/** Blocks whose events are kept, so that many who listen to the newest do not each read it. */
const KEPT_BLOCKS = 8

export interface EventFeed {
  /** What happened after a cursor in the next block that is certified, as it travels, or null while there is none. */
  next(cursor: Cursor): Promise<{ bytes: Buffer; cursor: Cursor } | null>
  /** Where somebody stands who wants only what comes. */
  now(): Cursor
  /** Refuses a cursor that the chain has not reached (`cursor-from-the-future`). */
  requireReached(cursor: Cursor): void
  refusedSince(number: number): { bytes: Buffer; number: number }
  readonly refusedCount: number
  /** Resolves when something may have happened, after `timeoutMs`, or when the signal fires. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>
  wake(): void
}

export function createEventFeed({ ledger, chain, primitives }: { ledger: Ledger; chain: Chain; primitives: Primitives }, submissions: () => Submissions): EventFeed {
  const kept = new Map<number, Promise<BlockEvents>>()
  const sleepers = new Set<() => void>()
  const certifiedHeight = (): number => chain.head?.checkpoint.height ?? 0

  const eventsOf = (height: number): Promise<BlockEvents> => {
    const known = kept.get(height)
    if (known) return known
    const read = readEvents(ledger, height, primitives)
    kept.set(height, read)
    if (kept.size > KEPT_BLOCKS) kept.delete(kept.keys().next().value as number)
    read.catch(() => kept.delete(height))
    return read
  }

  return {
    now: () => ({ height: certifiedHeight(), item: null }),
    requireReached({ height, item }) {
      const reached = certifiedHeight()
      if (height <= reached) return
      throw fail('cursor-from-the-future', 'The cursor is beyond the newest block: it belongs to another network, or the node lost blocks. Begin again without one.', { expected: `at most ${reached}`, found: item === null ? String(height) : `${height}.${item}` })
    },
    async next({ height, item }) {
      // Within a block of which only some items were seen, the rest comes first.
      const at = item === null ? height + 1 : height
      if (at > certifiedHeight()) return null
      const cursor = { height: at, item: null }
      if (at === 0) return { bytes: Buffer.alloc(0), cursor }
      const { texts, bytes } = await eventsOf(at)
      return { bytes: item === null ? bytes : Buffer.from(texts.slice(Math.min(item + 1, texts.length - 1)).join('')), cursor }
    },
    refusedSince(number) {
      const refused = submissions().refusedSince(number)
      return { bytes: Buffer.from(refused.map((one) => eventText(refusedEvent(one))).join('')), number: submissions().refusedCount }
    },
    get refusedCount() {
      return submissions().refusedCount
    },
    wait(timeoutMs, signal) {
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer)
          sleepers.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const timer = setTimeout(done, timeoutMs)
        sleepers.add(done)
        signal.addEventListener('abort', done)
        if (signal.aborted) done()
      })
    },
    wake() {
      for (const sleeper of sleepers) sleeper()
    },
  }
}

/** Records and resumes of a block in their order, then the block. */
async function readEvents(ledger: Ledger, height: number, primitives: Primitives): Promise<BlockEvents> {
  const { id, bytes } = await ledger.store.readBlock(height)
  const { header, transactions } = decodeBlock(bytes)
  const first = header.size - transactions.length
  const texts: string[] = []
  transactions.forEach((one, i) => {
    const transaction = decodeTransaction(one)
    const { call, iss, sub, sequence } = transaction
    if (!isNumberedByStream(call)) return
    texts.push(eventText({ id: `${height}.${texts.length}`, event: 'record', data: { stream: `${iss}/${sub}`, sequence, id: bytesToHex(transactionId(transaction, primitives)), height, index: first + i } }))
  })
  texts.push(eventText({ id: String(height), event: 'block', data: { height, id: bytesToHex(id), timeMs: header.timeMs, size: header.size, transactions: transactions.length } }))
  return { texts, bytes: Buffer.from(texts.join('')) }
}

function refusedEvent({ id, code, iss, sub }: Refused): LedgerEvent {
  return { id: null, event: 'refused', data: { id, code, iss, sub } }
}

/** An event as it travels: text/event-stream. */
function eventText({ id, event, data }: LedgerEvent): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
