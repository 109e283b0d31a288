import { assert, consistencyProof, inclusionProof, rangeProof, rangeRoot, stateKeyHash, stateSiblings } from '@telltale/core'
import type { Primitives } from '@telltale/core'
import { decodeBlock } from './block/block.ts'
import type { Ledger } from './ledger.ts'
import type { TreeKind } from './position.ts'
import { createPathMaker, rememberSubtrees } from './remembered-subtrees.ts'
import { LOG_TREE, readUint48, sentRowKey, stateRowKey, streamTree, transactionRowKey } from './row-keys.ts'
import { encodeStateKey } from './state/key.ts'
import type { StateKey } from './state/key.ts'
import { readLeaf, storedSubtrees } from './tree-rows.ts'

/** An entry of the state and the siblings that lead from it to the state root; value null where the key is absent. */
export interface StateProof {
  key: Uint8Array
  value: Uint8Array | null
  siblings: Uint8Array[]
}

/** A transaction where it stands. */
export interface LoggedTransaction {
  bytes: Uint8Array
  index: number
  height: number
  timeMs: number
}

/** Reads and proves what the committed ledger holds. */
export interface LedgerReader {
  state(key: StateKey): StateProof
  /** Root of the log of the first `size` transactions. */
  logRoot(size: number): Uint8Array
  inclusion(index: number, size: number): Uint8Array[]
  consistency(first: number, second: number): Uint8Array[]
  range(kind: TreeKind, stream: string, from: number, to: number, size: number): Uint8Array[]
  /** Position in the log, or null. */
  indexOf(transactionId: Uint8Array): number | null
  transaction(index: number): Promise<LoggedTransaction>
  /** What a sender said about a subject, records and resumes apart: the transactions from sequence `from` on, in order. */
  sent(iss: string, sub: string, from: number): Promise<LoggedTransaction[]>
  /** Transactions [from, to) of a stream's records or notes, in order. */
  entries(kind: TreeKind, stream: string, from: number, to: number): Promise<LoggedTransaction[]>
}

/** With `isFinal` subtrees of the log are remembered: for whoever asks only about transactions that are never taken back, and often. */
export function createLedgerReader(ledger: Ledger, primitives: Primitives, { isFinal = false }: { isFinal?: boolean } = {}): LedgerReader {
  const { store, network } = ledger
  const { sha256 } = primitives
  const stored = storedSubtrees(store, LOG_TREE, sha256)
  const log = isFinal ? rememberSubtrees(stored, sha256) : stored
  let paths: { size: number; of(index: number): Uint8Array[] } | null = null
  const readTransactions = async (indexes: number[]): Promise<LoggedTransaction[]> => {
    const found: LoggedTransaction[] = []
    let block = { height: -1, timeMs: 0, first: 0, transactions: [] as Uint8Array[] }
    for (const index of indexes) {
      const height = readLeaf(store, LOG_TREE, index)!.reference
      if (block.height !== height) {
        const { header, transactions } = decodeBlock((await store.readBlock(height)).bytes)
        block = { height, timeMs: header.timeMs, first: header.size - transactions.length, transactions }
      }
      found.push({ bytes: block.transactions[index - block.first] as Uint8Array, index, height, timeMs: block.timeMs })
    }
    return found
  }
  return {
    state(key) {
      const keyBytes = encodeStateKey(key)
      return { key: keyBytes, value: store.get(stateRowKey(keyBytes)), siblings: stateSiblings(ledger.position.stateTree, stateKeyHash(network, keyBytes, sha256)) }
    },
    logRoot: (size) => rangeRoot(0, size, log, sha256),
    inclusion(index, size) {
      assert(index >= 0 && index < size, 'inclusion proof outside the tree')
      if (!isFinal) return inclusionProof(index, size, log, sha256)
      if (paths?.size !== size) paths = { size, of: createPathMaker(size, log, sha256) }
      return paths.of(index)
    },
    consistency: (first, second) => consistencyProof(first, second, log, sha256),
    range: (kind, stream, from, to, size) => rangeProof(from, to, size, storedSubtrees(store, streamTree(kind, stream, sha256), sha256), sha256),
    indexOf(transactionId) {
      const row = store.get(transactionRowKey(transactionId))
      return row && readUint48(row, 0)
    },
    transaction: async (index) => (await readTransactions([index]))[0] as LoggedTransaction,
    sent(iss, sub, from) {
      const indexes: number[] = []
      for (let sequence = from; ; sequence++) {
        const row = store.get(sentRowKey(iss, sub, sequence, sha256))
        if (!row) return readTransactions(indexes)
        indexes.push(readUint48(row, 0))
      }
    },
    entries(kind, stream, from, to) {
      const tree = streamTree(kind, stream, sha256)
      const indexes: number[] = []
      for (let i = from; i < to; i++) indexes.push(readLeaf(store, tree, i)!.reference)
      return readTransactions(indexes)
    },
  }
}
