import { INDEX_BATCH_ROWS } from './limits.ts'
import type { Rows, RowsBatch, RowsPrefix } from './rows.ts'

/** Writes many rows of the index in batches. What it has not flushed is not visible to reads. */
export interface IndexWriter {
  put(prefix: RowsPrefix, key: Uint8Array, value: Uint8Array): Promise<void>
  remove(prefix: RowsPrefix, key: Uint8Array): Promise<void>
  /** Writes what is gathered, and in the same batch what `last` adds. */
  flush(last?: (batch: RowsBatch) => void, options?: { isSynced: boolean }): Promise<void>
}

export function createIndexWriter(rows: Rows): IndexWriter {
  let batch = rows.batch()
  let count = 0
  const flush = async (last?: (batch: RowsBatch) => void, options = { isSynced: false }): Promise<void> => {
    last?.(batch)
    if (count === 0 && last === undefined) return
    await batch.write(options)
    batch = rows.batch()
    count = 0
  }
  const counted = async (): Promise<void> => {
    count += 1
    if (count >= INDEX_BATCH_ROWS) await flush()
  }
  return {
    put: async (prefix, key, value) => {
      batch.put(prefix, key, value)
      await counted()
    },
    remove: async (prefix, key) => {
      batch.remove(prefix, key)
      await counted()
    },
    flush,
  }
}
