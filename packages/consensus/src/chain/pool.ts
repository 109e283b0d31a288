import { equalBytes, fail } from '@telltale/core'
import type { AttachmentReference, Primitives, TelltaleError } from '@telltale/core'
import type { CheckedTransaction, Ledger, ReadTransaction } from '@telltale/ledger'

/** Bytes of transactions and attachments that may wait; above it senders are told to come back. */
const POOL_BYTES_MAX = 268_435_456

export interface Attachment {
  sha256: Uint8Array
  bytes: Uint8Array
}

/** What a sender is told once its transaction is certified. */
export interface Certified {
  id: Uint8Array
  /** Position in the log. */
  index: number
  height: number
}

/** A transaction that waits for a block. */
export interface Waiting {
  checked: CheckedTransaction
  attachments: Attachment[]
  arrivedMs: number
  /** Null while its signatures are being checked. */
  isValid: boolean | null
  resolve(certified: Certified): void
  reject(error: unknown): void
}

/**
 * Transactions in the order in which they came. Signatures are checked on several cores and end in any order; a block takes only from the front,
 * so that a sender's sequence survives.
 */
export interface Pool {
  /** Whether a block could be made now. */
  readonly isReady: boolean
  /** Refuses what there is no room for (`pool-full`). */
  add(waiting: Waiting): void
  /** As many as one block may hold, oldest first, up to the first that is still being checked. */
  take(transactionsMax: number, bytesMax: number): Waiting[]
  rejectAll(error: unknown): void
  all(): readonly Waiting[]
}

export function createPool(): Pool {
  let waiting: Waiting[] = []
  let bytesWaiting = 0
  const dropInvalid = (): void => {
    let count = 0
    while (waiting[count]?.isValid === false) count += 1
    // Asked for every transaction: with nothing to drop, what waits is not copied.
    if (count > 0) remove(count)
  }
  const remove = (count: number): Waiting[] => {
    const removed = waiting.slice(0, count)
    waiting = waiting.slice(count)
    for (const { checked, attachments } of removed) bytesWaiting -= bytesOf(checked.read, attachments)
    return removed
  }
  return {
    get isReady() {
      dropInvalid()
      return waiting[0]?.isValid === true
    },
    add(entry) {
      const bytes = bytesOf(entry.checked.read, entry.attachments)
      if (bytesWaiting + bytes > POOL_BYTES_MAX) throw fail('pool-full', 'Too many transactions are waiting; submit again in a moment.', { expected: `at most ${POOL_BYTES_MAX} bytes waiting`, found: String(bytesWaiting + bytes) })
      bytesWaiting += bytes
      waiting.push(entry)
    },
    take(transactionsMax, bytesMax) {
      let bytes = 0
      let taken = 0
      let count = 0
      for (const { checked, isValid } of waiting) {
        if (isValid === null) break
        if (isValid) {
          bytes += checked.read.transaction.bytes.length
          if (taken === transactionsMax || (taken > 0 && bytes > bytesMax)) break
          taken += 1
        }
        count += 1
      }
      return remove(count).filter((entry) => entry.isValid)
    },
    rejectAll(error) {
      for (const { reject } of remove(waiting.length)) reject(error)
    },
    all: () => waiting,
  }
}

/** Bytes of a transaction and what came with it. */
export function bytesOf(read: ReadTransaction, attachments: Attachment[]): number {
  return attachments.reduce((sum, { bytes }) => sum + bytes.length, read.transaction.bytes.length)
}

/** Attachments that a transaction refers to come with it or are stored already; none comes beside them (`missing-attachment`, `surplus-attachment`). */
export function matchAttachments(ledger: Ledger, read: ReadTransaction, given: Uint8Array[], primitives: Primitives): Attachment[] {
  const references = ledger.attachments(read)
  const carried = given.map((bytes) => ({ sha256: primitives.sha256(bytes), bytes }))
  for (const { sha256, bytes } of carried) {
    const isReferred = references.some((reference) => equalBytes(reference.sha256, sha256) && reference.length === bytes.length)
    const isDoubled = carried.filter((other) => equalBytes(other.sha256, sha256)).length > 1
    if (!isReferred || isDoubled) throw fail('surplus-attachment', 'An attachment is not one that the transaction refers to, or came twice.', { expected: `${references.length} attachments`, found: `${bytes.length} other bytes` })
  }
  for (const reference of references) if (!carried.some(({ sha256 }) => equalBytes(sha256, reference.sha256)) && !ledger.store.hasAttachment(reference.sha256)) throw missingAttachment(reference)
  return carried
}

/** The same with what is stored of it: a block goes with all that it refers to, whatever is dropped with older ones meanwhile (`missing-attachment`). */
export async function withStored(ledger: Ledger, read: ReadTransaction, carried: Attachment[]): Promise<Attachment[]> {
  const missing = ledger.attachments(read).filter(({ sha256 }) => !carried.some((one) => equalBytes(one.sha256, sha256)))
  const stored: Attachment[] = []
  for (const reference of missing) {
    const found = await storedAttachment(ledger, reference.sha256)
    if (!found) throw missingAttachment(reference)
    stored.push(found)
  }
  return missing.length === 0 ? carried : [...carried, ...stored]
}

export async function storedAttachment({ store }: Ledger, sha256: Uint8Array): Promise<Attachment | null> {
  const bytes = store.hasAttachment(sha256) ? await store.readAttachment(sha256) : null
  return bytes && { sha256, bytes }
}

export function missingAttachment({ length }: AttachmentReference): TelltaleError {
  return fail('missing-attachment', 'The transaction refers to bytes that did not come with it.', { expected: `${length} bytes`, found: 'nothing' })
}
