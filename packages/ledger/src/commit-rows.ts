import type { Primitives } from '@telltale/core'
import type { Execution } from './execute.ts'
import { isNumberedByStream } from './numbering.ts'
import type { Position } from './position.ts'
import { TALLIES_ROW_KEY, blockRowKey, quotaRowKey, sentRowKey, stateRowKey, transactionRowKey, writeUint48 } from './row-keys.ts'
import { encodeBlockRow } from './finality/block-row.ts'
import { encodeTallies } from './finality/finality.ts'
import type { RowChange, RowReader } from './store.ts'
import { treeRows } from './tree-rows.ts'

/** All rows that a block changes; a function of the execution alone, so that a check can compare them with what is stored. */
export function commitRows(parent: Position, execution: Execution, primitives: Primitives): RowChange[] {
  const changes: RowChange[] = execution.writes.map(({ keyBytes, value }) => [stateRowKey(keyBytes), value])
  const logFrom = parent.log.size
  execution.transactions.forEach((read, i) => {
    const { call, iss, sub, sequence } = read.transaction
    changes.push([transactionRowKey(read.id), uint48(logFrom + i)])
    if (!isNumberedByStream(call)) changes.push([sentRowKey(iss, sub, sequence, primitives.sha256), uint48(logFrom + i)])
  })
  const { height, size, finality } = execution
  changes.push([blockRowKey(height), encodeBlockRow(size, parent.id, finality)], ...treeRows(execution.logGrowth))
  if (finality.tallies.length + parent.finality.tallies.length > 0) changes.push([TALLIES_ROW_KEY, finality.tallies.length === 0 ? null : encodeTallies(finality.tallies)])
  for (const { growth } of execution.trees) for (const change of treeRows(growth)) changes.push(change)
  for (const [account, { window, bytes }] of execution.quotas) {
    const value = new Uint8Array(12)
    writeUint48(value, 0, window)
    writeUint48(value, 6, bytes)
    changes.push([quotaRowKey(account), value])
  }
  return changes
}

function uint48(value: number): Uint8Array {
  const bytes = new Uint8Array(6)
  writeUint48(bytes, 0, value)
  return bytes
}

/** What the rows hold now under the keys that are about to change, so that the block can be taken back. */
export function undoOf(changes: RowChange[], rows: RowReader): RowChange[] {
  return changes.map(([key]) => [key, rows.get(key)])
}
