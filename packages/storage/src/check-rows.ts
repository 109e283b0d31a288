import { bytesToHex, bytesToMapKey, compareBytes, equalBytes } from '@telltale/core'
import type { Verdict } from '@telltale/core'
import type { RowChange, Store, StoredBlock } from '@telltale/ledger'
import { decodeUndo, heightKey } from './log-index.ts'
import { ROWS, applyChanges } from './rows.ts'
import type { Rows, RowsPrefix } from './rows.ts'
import type { ProblemList } from './store-problem.ts'

/**
 * Executes a stored block again on top of `rows`, which hold the state after the block before it, and returns the rows that it changes; or
 * a verdict that says why the block cannot stand there.
 */
export type ReplayBlock = (block: StoredBlock, rows: Pick<Store, 'get' | 'scan'>) => Promise<{ rows: RowChange[] } | Verdict>

/** Every row of a kind, as it is against as it should be. Returns how many were read. */
export async function compareRows(prefix: RowsPrefix, stored: Rows, expected: Rows, problems: ProblemList): Promise<number> {
  const none = new Uint8Array(0)
  let count = 0
  const damaged = (error: { expected: string | undefined; found: string | undefined; message: string }): void => {
    problems.add({ code: 'row-damaged', file: 'rows', offset: 0, length: 0, what: error.message.slice(0, 200), expected: error.expected ?? 'a row with its check', found: error.found ?? 'another' })
  }
  const held = stored.scan(prefix, none, undefined, damaged)[Symbol.asyncIterator]()
  const wanted = expected.scan(prefix, none)[Symbol.asyncIterator]()
  let [a, b] = [await held.next(), await wanted.next()]
  while (a.done !== true || b.done !== true) {
    const order = a.done === true ? 1 : b.done === true ? -1 : compareBytes(a.value[0], b.value[0])
    if (order < 0) addRow(problems, 'row-surplus', prefix, a.value as Row, null)
    if (order > 0) addRow(problems, 'row-missing', prefix, null, b.value as Row)
    if (order === 0 && !equalBytes((a.value as Row)[1], (b.value as Row)[1])) addRow(problems, 'row-different', prefix, a.value as Row, b.value as Row)
    if (order <= 0) {
      count += 1
      a = await held.next()
    }
    if (order >= 0) b = await wanted.next()
  }
  return count
}

type Row = [key: Uint8Array, value: Uint8Array]

function addRow(problems: ProblemList, code: string, prefix: RowsPrefix, found: Row | null, expected: Row | null): void {
  const [key] = (found ?? expected) as Row
  const show = (row: Row | null): string => (row === null ? 'no row' : bytesToHex(row[1].subarray(0, 100)))
  problems.add({ code, file: 'rows', offset: 0, length: 0, what: `row ${String.fromCharCode(prefix)} ${bytesToHex(key.subarray(0, 100))}`, expected: show(expected), found: show(found) })
}

/** Reads every row of a kind against its own check. Returns how many there are. */
export async function verifyRows(prefix: RowsPrefix, stored: Rows, problems: ProblemList): Promise<number> {
  let count = 0
  const rows = stored.scan(prefix, new Uint8Array(0), undefined, (error) => {
    problems.add({ code: 'row-damaged', file: 'rows', offset: 0, length: 0, what: error.message.slice(0, 200), expected: error.expected ?? 'a row with its check', found: error.found ?? 'another' })
  })
  for await (const row of rows) count += row.length > 0 ? 1 : 0
  return count
}

/** Replays one block into `scratch`; what undoes it must be what is stored as its undo data. False where the block cannot stand there. */
export async function replayInto(scratch: Rows, stored: Rows | null, block: StoredBlock, place: { file: string; offset: number; length: number }, replay: ReplayBlock, problems: ProblemList): Promise<boolean> {
  const reader = {
    get: (key: Uint8Array) => scratch.get(ROWS.ledger, key),
    scan: (prefix: Uint8Array, from?: Uint8Array) => scratch.scan(ROWS.ledger, prefix, from),
  }
  const outcome = await replay(block, reader)
  if ('code' in outcome) {
    const { code, message, expected, found } = outcome
    problems.add({ code, ...place, what: `block ${block.height}`, expected: expected ?? 'a block that stands there', found: found ?? message })
    return false
  }
  if (stored !== null) compareUndo(scratch, stored, block.height, outcome.rows, problems)
  const batch = scratch.batch()
  applyChanges(batch, outcome.rows)
  await batch.write()
  return true
}

function compareUndo(scratch: Rows, stored: Rows, height: number, rows: readonly RowChange[], problems: ProblemList): void {
  const bytes = stored.get(ROWS.undo, heightKey(height))
  if (bytes === null) return
  const undo = new Map(decodeUndo(bytes).map(([key, value]) => [bytesToMapKey(key), value]))
  const keys = new Map(rows.map(([key]) => [bytesToMapKey(key), key]))
  for (const [name, key] of keys) {
    const expected = scratch.get(ROWS.ledger, key)
    const found = undo.get(name)
    const isEqual = found !== undefined && (found === null || expected === null ? found === expected : equalBytes(found, expected))
    if (!isEqual) addRow(problems, 'row-different', ROWS.undo, found === undefined || found === null ? null : [key, found], expected === null ? [key, new Uint8Array(0)] : [key, expected])
  }
  for (const name of undo.keys()) {
    if (!keys.has(name)) problems.add({ code: 'row-surplus', file: 'rows', offset: 0, length: 0, what: `undo data of block ${height}`, expected: `${keys.size} rows`, found: `${undo.size} rows` })
  }
}
