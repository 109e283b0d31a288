import { blockRowKey, readUint48, writeUint48 } from '../row-keys.ts'
import type { RowReader } from '../store.ts'
import type { Finality } from './finality.ts'

/** What rows keep of every block: [size (6), id of its parent (32), justified height (6), final height (6)]. */
export interface BlockRow {
  size: number
  parent: Uint8Array
  justifiedHeight: number
  finalHeight: number
}

export function encodeBlockRow(size: number, parent: Uint8Array, { justifiedHeight, finalHeight }: Finality): Uint8Array {
  const row = new Uint8Array(50)
  writeUint48(row, 0, size)
  row.set(parent, 6)
  writeUint48(row, 38, justifiedHeight)
  writeUint48(row, 44, finalHeight)
  return row
}

/** Null where there is no block of this height, and for the genesis, which has no parent. */
export function readBlockRow(rows: RowReader, height: number): BlockRow | null {
  const row = rows.get(blockRowKey(height))
  return row && { size: readUint48(row, 0), parent: row.slice(6, 38), justifiedHeight: readUint48(row, 38), finalHeight: readUint48(row, 44) }
}
