import { bytesToHex, bytesToMapKey, compareBytes, equalBytes, fail, portable } from '@telltale/core'
import type { RowChange, SideKind, SignedState, Store, StoredBlock } from '@telltale/ledger'

/** What a plain store holds, for tests that look at it whole. */
export interface PlainStore extends Store {
  /** Every row in bytewise order of the keys. */
  rows(): [Uint8Array, Uint8Array][]
}

/** The least that behaves like a store, in memory: rows in a map, blocks in a list. For tests of whatever stands on a store. */
export function createPlainStore(): PlainStore {
  const blocks: StoredBlock[] = []
  const undos = new Map<number, RowChange[]>()
  const rows = new Map<string, [Uint8Array, Uint8Array]>()
  const attachments = new Map<string, Uint8Array | null>()
  const kept: { kind: SideKind; bytes: Uint8Array }[] = []
  let rowsHeight = -1
  let signed: SignedState | null = null
  let droppedUpTo = 0
  let isClosed = false

  const requireOpen = (): void => {
    if (isClosed) throw fail('store-closed', 'The store was closed. Open it again.', { expected: 'an open store', found: 'a closed one' })
  }
  const requireHeight = (expected: number, found: number): void => {
    if (found !== expected) throw fail('wrong-height', `Expected height ${expected}, found ${found}.`, { expected: String(expected), found: String(found) })
  }
  const requireRows = (): void => {
    if (rowsHeight !== blocks.length - 1) throw fail('rows-behind', 'Replay the blocks first.', { expected: `rows at ${blocks.length - 1}`, found: `rows at ${rowsHeight}` })
  }
  const apply = (changes: readonly RowChange[]): void => {
    for (const [key, value] of changes) {
      if (value === null) rows.delete(bytesToMapKey(key))
      else rows.set(bytesToMapKey(key), [key.slice(), value.slice()])
    }
  }
  const advance = (height: number, changes: readonly RowChange[], undo: readonly RowChange[] | null): void => {
    apply(changes)
    rowsHeight = height
    if (undo === null) undos.clear()
    else undos.set(height, undo.map(([key, value]) => [key.slice(), value?.slice() ?? null]))
  }
  const sorted = (): [Uint8Array, Uint8Array][] => [...rows.values()].sort(([a], [b]) => compareBytes(a, b))

  return {
    rows: sorted,
    get height() {
      return blocks.length - 1
    },
    get rowsHeight() {
      return rowsHeight
    },
    get signed() {
      return signed && copySigned(signed)
    },
    get(key) {
      requireOpen()
      return rows.get(bytesToMapKey(key))?.[1].slice() ?? null
    },
    async *scan(prefix, from = prefix) {
      requireOpen()
      for (const [key, value] of sorted()) {
        if (compareBytes(key.subarray(0, prefix.length), prefix) === 0 && compareBytes(key, from) >= 0) yield [key.slice(), value.slice()]
      }
    },
    async commit({ block, attachments: carried, rows: changes, undo }) {
      requireOpen()
      requireHeight(blocks.length, block.height)
      requireRows()
      for (const { sha256, bytes } of carried) {
        if (!equalBytes(portable.sha256(bytes), sha256)) throw fail('attachment-hash-mismatch', 'An attachment is not what its hash says.', { expected: bytesToHex(sha256), found: bytesToHex(portable.sha256(bytes)) })
      }
      for (const { sha256, bytes } of carried) attachments.set(bytesToMapKey(sha256), bytes.slice())
      blocks.push(copyBlock(block))
      advance(block.height, changes, undo)
    },
    async replay(height, changes, undo) {
      requireOpen()
      requireHeight(rowsHeight + 1, height)
      if (height >= blocks.length) throw noSuchBlock(height)
      advance(height, changes, undo)
    },
    async revert() {
      requireOpen()
      requireRows()
      const undo = undos.get(rowsHeight)
      if (!undo) throw fail('cannot-revert', `Block ${rowsHeight} cannot be taken back.`, { expected: 'undo data', found: 'none' })
      apply(undo)
      undos.delete(rowsHeight)
      blocks.pop()
      rowsHeight -= 1
    },
    async clearRows() {
      requireOpen()
      rows.clear()
      undos.clear()
      droppedUpTo = 0
      rowsHeight = -1
    },
    async readBlock(height) {
      requireOpen()
      const block = blocks[height]
      if (!block) throw noSuchBlock(height)
      return copyBlock(block)
    },
    async readAttachment(sha256) {
      requireOpen()
      return attachments.get(bytesToMapKey(sha256))?.slice() ?? null
    },
    hasAttachment: (sha256) => (attachments.get(bytesToMapKey(sha256)) ?? null) !== null,
    async dropAttachment(sha256) {
      requireOpen()
      if (attachments.has(bytesToMapKey(sha256))) attachments.set(bytesToMapKey(sha256), null)
    },
    get droppedUpTo() {
      return droppedUpTo
    },
    async dropOld(upTo, choose) {
      requireOpen()
      let height = -1
      let hashes: Uint8Array[] = []
      // A block may be committed while what it names is looked at.
      while (height < blocks.length - 1) hashes = await choose((height = blocks.length - 1))
      for (const hash of hashes) if (attachments.has(bytesToMapKey(hash))) attachments.set(bytesToMapKey(hash), null)
      droppedUpTo = upTo
    },
    async keep(kind, bytes) {
      requireOpen()
      kept.push({ kind, bytes: bytes.slice() })
    },
    async *kept(kind) {
      requireOpen()
      for (const statement of kept.slice()) if (statement.kind === kind) yield statement.bytes.slice()
    },
    async writeSigned(state, options) {
      requireOpen()
      if (signed && options?.acceptLoss !== true && isLower(state, signed)) throw fail('would-lower-signed-state', 'What was signed is never lowered.', { expected: `at least size ${signed.size}`, found: String(state.size) })
      signed = copySigned(state)
    },
    async close() {
      isClosed = true
    },
  }
}

function copyBlock({ height, id, bytes }: StoredBlock): StoredBlock {
  return { height, id: id.slice(), bytes: bytes.slice() }
}

function isLower(next: SignedState, before: SignedState): boolean {
  if (next.sealedHeight < before.sealedHeight || next.size < before.size || next.issuedAtSeconds < before.issuedAtSeconds) return true
  return next.size === before.size && !equalBytes(next.logRoot, before.logRoot)
}

function copySigned(state: SignedState): SignedState {
  return { ...state, sealedId: state.sealedId.slice(), logRoot: state.logRoot.slice() }
}

function noSuchBlock(height: number): Error {
  return fail('no-such-block', `There is no block ${height}.`, { expected: 'a stored block', found: String(height) })
}
