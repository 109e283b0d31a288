import { decodeUndo, heightKey, putRowsHeight } from './log-index.ts'
import { ROWS, applyChanges } from './rows.ts'
import type { Rows, RowsBatch } from './rows.ts'

/**
 * Adds to the batch what takes the rows of block `height` back, its own undo data included. False where there is none: then nothing is
 * added, and the rows can only be cleared.
 */
export function addUndo(rows: Rows, batch: RowsBatch, height: number): boolean {
  const key = heightKey(height)
  const bytes = rows.get(ROWS.undo, key)
  if (bytes === null) return false
  applyChanges(batch, decodeUndo(bytes))
  batch.remove(ROWS.undo, key)
  putRowsHeight(batch, height - 1)
  return true
}
