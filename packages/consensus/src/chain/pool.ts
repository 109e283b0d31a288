import { equalBytes, fail } from '@telltale/core'
import type { Primitives } from '@telltale/core'
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

/** A transaction whose signatures hold and that waits for a block. */
export interface Waiting {
  checked: CheckedTransaction
  attachments: Attachment[]
  resolve(certified: Certified): void
  reject(error: unknown): void
}

/** Transactions in the order in which they came. */
export interface Pool {
  readonly size: number
  /** Claims room for a transaction while its signatures are checked (`pool-full`). The caller releases it if they do not hold. */
  reserve(bytes: number): void
  release(bytes: number): void
  add(waiting: Waiting): void
  /** As many as one block may hold, oldest first. */
  take(transactionsMax: number, bytesMax: number): Waiting[]
  rejectAll(error: unknown): void
}

export function createPool(): Pool {
  let waiting: Waiting[] = []
  let reserved = 0
  const release = (bytes: number): void => void (reserved -= bytes)
  return {
    get size() {
      return waiting.length
    },
    reserve(bytes) {
      if (reserved + bytes > POOL_BYTES_MAX) throw fail('pool-full', 'Too many transactions are waiting; submit again in a moment.', { expected: `at most ${POOL_BYTES_MAX} bytes waiting`, found: String(reserved + bytes) })
      reserved += bytes
    },
    release,
    add: (entry) => void waiting.push(entry),
    take(transactionsMax, bytesMax) {
      let bytes = 0
      let count = 0
      for (const { checked } of waiting) {
        bytes += checked.read.transaction.bytes.length
        if (count === transactionsMax || (count > 0 && bytes > bytesMax)) break
        count += 1
      }
      const batch = waiting.slice(0, count)
      waiting = waiting.slice(count)
      for (const { checked, attachments } of batch) release(bytesOf(checked.read, attachments))
      return batch
    },
    rejectAll(error) {
      const all = waiting
      waiting = []
      for (const { checked, attachments, reject } of all) {
        release(bytesOf(checked.read, attachments))
        reject(error)
      }
    },
  }
}

export function bytesOf(read: ReadTransaction, attachments: Attachment[]): number {
  return attachments.reduce((sum, { bytes }) => sum + bytes.length, read.transaction.bytes.length)
}

/** Attachments that a transaction refers to come with it or are stored already (`missing-attachment`, `surplus-attachment`). */
export function matchAttachments(ledger: Ledger, read: ReadTransaction, given: Uint8Array[], primitives: Primitives): Attachment[] {
  const references = ledger.attachments(read)
  const carried = given.map((bytes) => ({ sha256: primitives.sha256(bytes), bytes }))
  for (const { sha256, bytes } of carried) {
    const isReferred = references.some((reference) => equalBytes(reference.sha256, sha256) && reference.length === bytes.length)
    if (!isReferred) throw fail('surplus-attachment', 'An attachment is not one that the transaction refers to.', { expected: `${references.length} attachments`, found: `${bytes.length} other bytes` })
  }
  for (const { sha256, length } of references) {
    if (carried.some((attachment) => equalBytes(attachment.sha256, sha256)) || ledger.store.hasAttachment(sha256)) continue
    throw fail('missing-attachment', 'The transaction refers to bytes that did not come with it.', { expected: `${length} bytes`, found: 'nothing' })
  }
  return carried
}
