import type { Primitives } from '@telltale/core'
import type { Execution } from './execute.ts'
import type { Position } from './position.ts'
import { LOG_TREE, quotaRowKey, sentRowKey, stateRowKey, streamTree, transactionRowKey, writeUint48 } from './row-keys.ts'
import type { RowChange, RowReader } from './store.ts'
import { leafRows, storedSubtrees } from './tree-rows.ts'
import type { TreeLeaf } from './tree-rows.ts'

const CALL_RECORD = 16
const CALL_RESUME = 17

/** All rows that a block changes; a function of the execution alone, so that a check can compare them with what is stored. */
export function commitRows(parent: Position, execution: Execution, rows: RowReader, primitives: Primitives): RowChange[] {
  const changes: RowChange[] = execution.writes.map(({ keyBytes, value }) => [stateRowKey(keyBytes), value])
  const logFrom = parent.log.size
  execution.transactions.forEach((read, i) => {
    const { call, iss, sub, sequence } = read.transaction
    changes.push([transactionRowKey(read.id), uint48(logFrom + i)])
    if (call !== CALL_RECORD && call !== CALL_RESUME) changes.push([sentRowKey(iss, sub, sequence, primitives.sha256), uint48(logFrom + i)])
  })
  const logLeaves = execution.transactions.map((read): TreeLeaf => ({ hash: read.leafHash, reference: execution.height }))
  pushLeaves(changes, rows, LOG_TREE, logFrom, logLeaves, primitives)
  for (const { kind, stream, before, leaves } of execution.trees) {
    pushLeaves(changes, rows, streamTree(kind, stream, primitives.sha256), before.size, leaves, primitives)
  }
  for (const [account, { window, bytes }] of execution.quotas) {
    const value = new Uint8Array(12)
    writeUint48(value, 0, window)
    writeUint48(value, 6, bytes)
    changes.push([quotaRowKey(account), value])
  }
  return changes
}

function pushLeaves(changes: RowChange[], rows: RowReader, tree: Uint8Array, from: number, leaves: TreeLeaf[], primitives: Primitives): void {
  const subtree = storedSubtrees(rows, tree, primitives.sha256, from, leaves)
  for (const change of leafRows(tree, from, leaves, subtree)) changes.push(change)
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
