import type { TelltaleError } from '@telltale/core'
import type { RowChange } from '@telltale/ledger'

/** What a row is about: the first byte of its key. Never renumbered. */
export const ROWS = {
  /** Attachment by the first 16 bytes of its SHA-256: where its body lies, or that it was dropped. */
  attachment: 0x61,
  /** Block by height (6 bytes): where its frame lies. */
  block: 0x62,
  /** Segment of attachments by number (4 bytes): bytes of its bodies that were dropped. */
  dropped: 0x64,
  /** What the rows stand at. */
  meta: 0x6d,
  /** The ledger's rows. */
  ledger: 0x72,
  /** Undo data by height (6 bytes). */
  undo: 0x75,
} as const

export type RowsPrefix = (typeof ROWS)[keyof typeof ROWS]

/** Rows that can be rebuilt from the segments. A batch is all or nothing, and later batches never survive a crash without the earlier ones. */
export interface Rows {
  /** The value, verified (`row-damaged`); null where there is none. */
  get(prefix: RowsPrefix, key: Uint8Array): Uint8Array | null
  /**
   * As they were when the first was asked for, in bytewise order of the keys, those that begin with `begin` and from `from` on
   * (`row-damaged`). With `onDamage`, damaged rows are handed to it and passed over.
   */
  scan(prefix: RowsPrefix, begin: Uint8Array, from?: Uint8Array, onDamage?: (damage: TelltaleError) => void): AsyncIterable<[key: Uint8Array, value: Uint8Array]>
  batch(): RowsBatch
  close(): Promise<void>
}

export interface RowsBatch {
  put(prefix: RowsPrefix, key: Uint8Array, value: Uint8Array): void
  remove(prefix: RowsPrefix, key: Uint8Array): void
  /** `isSynced`: when it resolves, this and all earlier batches survive a loss of power. */
  write(options?: { isSynced: boolean }): Promise<void>
}

/** Where rows are kept. `path` is that of their directory, which belongs to them alone. */
export interface RowsHome {
  /** Opens them, empty where there are none; what does not hold together is cleared first, and said. */
  open(path: string, say: (notice: string) => void): Promise<Rows>
  /** Removes them all. They must be closed. */
  remove(path: string): Promise<void>
}

export function applyChanges(batch: RowsBatch, changes: readonly RowChange[]): void {
  for (const [key, value] of changes) {
    if (value === null) batch.remove(ROWS.ledger, key)
    else batch.put(ROWS.ledger, key, value)
  }
}

/** The smallest key above all that begin with `begin`; null where every longer key begins with it. */
export function endOfPrefix(begin: Uint8Array): Uint8Array | null {
  for (let last = begin.length - 1; last >= 0; last--) {
    const byte = begin[last] as number
    if (byte === 255) continue
    const end = begin.slice(0, last + 1)
    end[last] = byte + 1
    return end
  }
  return null
}
