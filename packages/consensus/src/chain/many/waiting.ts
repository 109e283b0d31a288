import { bytesToMapKey, fail } from '@telltale/core'
import type { CheckedTransaction } from '@telltale/ledger'
import type { Attachment } from '../pool.ts'
import { viewPool } from '../pool-view.ts'
import type { PoolView } from '../pool-view.ts'
import { POOL_BYTES_MAX, POOL_COUNT_MAX } from './limits.ts'

/** A transaction whose signatures hold, until it is final or can never be. */
export interface Waiting {
  checked: CheckedTransaction
  attachments: Attachment[]
  arrivedMs: number
}

/**
 * Transactions that are not final yet, in the order of their senders' sequences. They stay while blocks carry them: if another branch wins, they are there.
 */
export interface WaitingRoom {
  readonly count: number
  readonly bytes: number
  get(id: Uint8Array): Waiting | null
  /** Refuses what there is no room for, and a second one at the same place (`pool-full`, `sequence-taken`). */
  add(waiting: Waiting): void
  remove(id: Uint8Array): void
  /** Whether there is one of which this holds; those that came first are asked first. */
  some(holds: (waiting: Waiting) => boolean): boolean
  /** Each sender's in order of sequence; senders by the age of their oldest. */
  inOrder(): Waiting[]
}

export function createWaitingRoom(): WaitingRoom {
  const byId = new Map<string, Waiting>()
  const bySender = new Map<string, Map<number, Waiting>>()
  let bytes = 0
  const senderOf = ({ checked }: Waiting): string => `${checked.read.transaction.iss} ${checked.read.transaction.sub}`
  return {
    get count() {
      return byId.size
    },
    get bytes() {
      return bytes
    },
    get: (id) => byId.get(bytesToMapKey(id)) ?? null,
    add(waiting) {
      const { read } = waiting.checked
      const size = sizeOf(waiting)
      if (byId.size >= POOL_COUNT_MAX || bytes + size > POOL_BYTES_MAX) throw fail('pool-full', 'Too many transactions are waiting; submit again in a moment.', { expected: `at most ${POOL_COUNT_MAX} of ${POOL_BYTES_MAX} bytes waiting`, found: String(bytes + size) })
      const sender = senderOf(waiting)
      const own = bySender.get(sender) ?? new Map<number, Waiting>()
      if (own.has(read.transaction.sequence)) throw fail('sequence-taken', 'Another transaction waits at this place.', { expected: 'one transaction a place', found: String(read.transaction.sequence) })
      own.set(read.transaction.sequence, waiting)
      bySender.set(sender, own)
      byId.set(bytesToMapKey(read.id), waiting)
      bytes += size
    },
    remove(id) {
      const key = bytesToMapKey(id)
      const waiting = byId.get(key)
      if (!waiting) return
      byId.delete(key)
      bytes -= sizeOf(waiting)
      const sender = senderOf(waiting)
      const own = bySender.get(sender)
      own?.delete(waiting.checked.read.transaction.sequence)
      if (own?.size === 0) bySender.delete(sender)
    },
    some(holds) {
      for (const waiting of byId.values()) if (holds(waiting)) return true
      return false
    },
    inOrder: () => [...bySender.values()].flatMap((own) => [...own.values()].sort((a, b) => a.checked.read.transaction.sequence - b.checked.read.transaction.sequence)),
  }
}

export function viewWaiting(room: WaitingRoom): PoolView {
  return viewPool(room.inOrder().map((one) => ({ sender: one.checked.read.transaction.iss, bytes: sizeOf(one), arrivedMs: one.arrivedMs })))
}

/** Bytes of a transaction and what came with it. */
export function sizeOf({ checked, attachments }: Waiting): number {
  return attachments.reduce((sum, { bytes }) => sum + bytes.length, checked.read.transaction.bytes.length)
}
