import { bytesToMapKey, fail } from '@telltale/core'
import type { RowChange, SideKind, SignedState, Store, StoreCommit, StoredBlock } from '@telltale/ledger'
import { checkAttachment } from './attachment-frame.ts'
import { createMemoryRows } from './memory-rows.ts'
import { ROWS, applyChanges } from './rows.ts'
import type { Rows } from './rows.ts'
import { refuseLowerSigned } from './signed-file.ts'

interface Memory {
  rows: Rows
  rowsHeight: number
  blocks: StoredBlock[]
  undo: Map<number, RowChange[]>
  /** By hash; null once dropped. */
  attachments: Map<string, Uint8Array | null>
  kept: { kind: SideKind; bytes: Uint8Array }[]
  signed: SignedState | null
  droppedUpTo: number
  isClosed: boolean
}

/** A store that lives as long as the process, for tests and simulations. It keeps every promise of a store but that of surviving. */
export function createMemoryStore(): Store {
  const memory: Memory = { rows: createMemoryRows(), rowsHeight: -1, blocks: [], undo: new Map(), attachments: new Map(), kept: [], signed: null, droppedUpTo: 0, isClosed: false }
  const open = (): Memory => {
    if (memory.isClosed) throw fail('store-closed', 'The store was closed. Open it again.', { expected: 'an open store', found: 'a closed one' })
    return memory
  }
  return {
    get height() {
      return memory.blocks.length - 1
    },
    get rowsHeight() {
      return memory.rowsHeight
    },
    get signed() {
      return memory.signed === null ? null : copySigned(memory.signed)
    },
    get: (key) => open().rows.get(ROWS.ledger, key),
    scan: (prefix, from) => open().rows.scan(ROWS.ledger, prefix, from),
    commit: async (block) => commit(open(), block),
    replay: async (height, rows, undo) => replay(open(), height, rows, undo),
    revert: async () => revert(open()),
    clearRows: async () => {
      Object.assign(open(), { rows: createMemoryRows(), rowsHeight: -1, undo: new Map<number, RowChange[]>(), droppedUpTo: 0 })
    },
    readBlock: async (height) => copyBlock(findBlock(open(), height)),
    readAttachment: async (hash) => open().attachments.get(bytesToMapKey(hash))?.slice() ?? null,
    hasAttachment: (hash) => (open().attachments.get(bytesToMapKey(hash)) ?? null) !== null,
    dropAttachment: async (hash) => {
      const key = bytesToMapKey(hash)
      if (open().attachments.has(key)) memory.attachments.set(key, null)
    },
    get droppedUpTo() {
      return open().droppedUpTo
    },
    dropOld: async (upTo, choose) => {
      const { blocks } = open()
      let height = -1
      let hashes: Uint8Array[] = []
      // A block may be committed while what it names is looked at.
      while (height < blocks.length - 1) hashes = await choose((height = blocks.length - 1))
      for (const hash of hashes) if (memory.attachments.has(bytesToMapKey(hash))) memory.attachments.set(bytesToMapKey(hash), null)
      memory.droppedUpTo = upTo
    },
    keep: async (kind, bytes) => {
      open().kept.push({ kind, bytes: bytes.slice() })
    },
    kept: (kind) => readKept(open(), kind),
    writeSigned: async (state, options) => {
      if (options?.acceptLoss !== true) refuseLowerSigned(open().signed, state)
      memory.signed = copySigned(state)
    },
    close: async () => {
      memory.isClosed = true
    },
  }
}

function copySigned(state: SignedState): SignedState {
  return { ...state, sealedId: state.sealedId.slice(), logRoot: state.logRoot.slice() }
}

function copyBlock({ height, id, bytes }: StoredBlock): StoredBlock {
  return { height, id: id.slice(), bytes: bytes.slice() }
}

function findBlock(memory: Memory, height: number): StoredBlock {
  const block = memory.blocks[height]
  if (block === undefined) throw fail('no-such-block', `There is no block ${height}.`, { expected: `a height from 0 to ${memory.blocks.length - 1}`, found: String(height) })
  return block
}

async function* readKept(memory: Memory, kind: SideKind): AsyncGenerator<Uint8Array> {
  for (const statement of memory.kept.slice()) if (statement.kind === kind) yield statement.bytes.slice()
}

async function commit(memory: Memory, { block, attachments, rows, undo }: StoreCommit): Promise<void> {
  const expected = memory.blocks.length
  if (block.height !== expected) throw wrongHeight(expected, block.height)
  refuseBehind(memory)
  for (const attachment of attachments) checkAttachment(attachment)
  for (const { sha256, bytes } of attachments) memory.attachments.set(bytesToMapKey(sha256), bytes.slice())
  memory.blocks.push(copyBlock(block))
  await applyRows(memory, block.height, rows, undo)
}

function wrongHeight(expected: number, found: number): ReturnType<typeof fail> {
  return fail('wrong-height', `Expected height ${expected}, found ${found}.`, { expected: String(expected), found: String(found) })
}

function refuseBehind({ blocks, rowsHeight }: Memory): void {
  const height = blocks.length - 1
  if (rowsHeight !== height) throw fail('rows-behind', `The rows stand at height ${rowsHeight}: replay the blocks up to ${height} first.`, { expected: `rows at ${height}`, found: `rows at ${rowsHeight}` })
}

async function applyRows(memory: Memory, height: number, rows: readonly RowChange[], undo: RowChange[] | null): Promise<void> {
  memory.rowsHeight = height
  if (undo === null) memory.undo.clear()
  else memory.undo.set(height, undo.map(([key, value]) => [key.slice(), value?.slice() ?? null]))
  const batch = memory.rows.batch()
  applyChanges(batch, rows)
  await batch.write()
}

async function replay(memory: Memory, height: number, rows: readonly RowChange[], undo: RowChange[] | null): Promise<void> {
  if (height !== memory.rowsHeight + 1) throw wrongHeight(memory.rowsHeight + 1, height)
  if (height >= memory.blocks.length) throw fail('no-such-block', `There is no block ${height} to replay.`, { expected: `at most ${memory.blocks.length - 1}`, found: String(height) })
  await applyRows(memory, height, rows, undo)
}

async function revert(memory: Memory): Promise<void> {
  refuseBehind(memory)
  const height = memory.blocks.length - 1
  const undo = memory.undo.get(height)
  if (undo === undefined) throw fail('cannot-revert', `Block ${height} cannot be taken back: it is final, or its undo data is gone.`, { expected: 'undo data', found: 'none' })
  memory.undo.delete(height)
  memory.blocks.pop()
  memory.rowsHeight = height - 1
  const batch = memory.rows.batch()
  applyChanges(batch, undo)
  await batch.write()
}
