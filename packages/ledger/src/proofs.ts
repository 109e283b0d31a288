import { consistencyProof, decodeTransaction, encode, inclusionProof, leafHash, rangeProof, rangeRoot, recordLeaf, stateKeyHash, statePath, transactionId } from '@telltale/core'
import type { Primitives, StateNeighbour, SubtreeHash } from '@telltale/core'
import type { Ledger } from './ledger.ts'
import { LOG_GROUP_LEAVES } from './log-reader.ts'
import type { LoggedTransaction } from './log-reader.ts'
import type { TreeKind } from './position.ts'
import { LOG_TREE, readUint48, sentRowKey, stateRowKey, streamTree, transactionRowKey } from './row-keys.ts'
import { encodeStateKey } from './state/key.ts'
import type { StateKey } from './state/key.ts'
import { GROUP_LEAVES } from './tree-growth.ts'
import { leafPositions, logGroupHash, storedSubtrees, streamGroupHash } from './tree-rows.ts'
import type { LeafGroups } from './tree-rows.ts'

/**
 * An entry of the state and the siblings that lead from it to the state root. Where the key is absent, the value is null and the path ends at the neighbour,
 * or in an empty slot where that is null too.
 */
export interface StateProof {
  key: Uint8Array
  value: Uint8Array | null
  siblings: Uint8Array[]
  neighbour: StateNeighbour | null
}

/**
 * Reads and proves what the committed ledger holds. What is said about the log or a stream of some size stays true as they grow; the state is that
 * of the moment at which it is asked for.
 */
export interface LedgerReader {
  state(key: StateKey): StateProof
  /** Root of the log of the first `size` transactions. */
  logRoot(size: number): Promise<Uint8Array>
  inclusion(index: number, size: number): Promise<Uint8Array[]>
  consistency(first: number, second: number): Promise<Uint8Array[]>
  /** Proof that [from, to) are these records of the first `size` of a stream. */
  range(stream: string, from: number, to: number, size: number): Promise<Uint8Array[]>
  /** Position in the log, or null. */
  indexOf(transactionId: Uint8Array): number | null
  transaction(index: number): Promise<LoggedTransaction>
  /** What a sender said about a subject, records and resumes apart: the transactions from sequence `from` on, in order, `limit` at most. */
  sent(iss: string, sub: string, from: number, limit?: number): Promise<LoggedTransaction[]>
  /** Transactions [from, to) of a stream's records or notes, in order. */
  entries(kind: TreeKind, stream: string, from: number, to: number): Promise<LoggedTransaction[]>
}

export function createLedgerReader(ledger: Ledger, primitives: Primitives): LedgerReader {
  const { store, network, log } = ledger
  const { sha256 } = primitives

  /** Subtrees of the log of `size`, with the leaves around `indexes` at hand. */
  const logSubtrees = async (indexes: number[], size: number): Promise<SubtreeHash> => {
    const groups: LeafGroups = new Map()
    for (const group of groupsOf(indexes, LOG_GROUP_LEAVES)) groups.set(group, await log.leaves(group, size))
    return storedSubtrees(store, LOG_TREE, { groupLeaves: LOG_GROUP_LEAVES, groupHash: logGroupHash, known: log.subtrees }, groups, sha256)
  }

  const entries: LedgerReader['entries'] = (kind, stream, from, to) => log.transactions(leafPositions(store, streamTree(kind, stream, sha256), from, to))

  const recordHash = ({ bytes, height, timeMs }: LoggedTransaction): Uint8Array => leafHash(encode(recordLeaf(height, timeMs, transactionId(decodeTransaction(bytes), primitives))), sha256)

  return {
    state(key) {
      const keyBytes = encodeStateKey(key)
      return { key: keyBytes, value: store.get(stateRowKey(keyBytes)), ...statePath(ledger.position.stateTree, stateKeyHash(network, keyBytes, sha256)) }
    },
    logRoot: async (size) => rangeRoot(0, size, await logSubtrees([size - 1], size), sha256),
    inclusion: async (index, size) => inclusionProof(index, size, await logSubtrees([index, size - 1], size), sha256),
    consistency: async (first, second) => consistencyProof(first, second, await logSubtrees([first - 1, second - 1], second), sha256),
    async range(stream, from, to, size) {
      const groups: LeafGroups = new Map()
      // Only groups that the range or the size cuts through are looked into.
      for (const group of groupsOf([from, to, size].filter((at) => at % GROUP_LEAVES !== 0), GROUP_LEAVES)) {
        const start = group * GROUP_LEAVES
        const records = await entries('records', stream, start, Math.min(start + GROUP_LEAVES, size))
        groups.set(group, { leaves: records.map(recordHash), inner: new Map() })
      }
      const kind = { groupLeaves: GROUP_LEAVES, groupHash: streamGroupHash, known: new Map<number, Uint8Array>() }
      return rangeProof(from, to, size, storedSubtrees(store, streamTree('records', stream, sha256), kind, groups, sha256), sha256)
    },
    indexOf(id) {
      const row = store.get(transactionRowKey(id))
      return row && readUint48(row, 0)
    },
    transaction: async (index) => (await log.transactions([index]))[0] as LoggedTransaction,
    async sent(iss, sub, from, limit = Infinity) {
      const indexes: number[] = []
      for (let sequence = from; ; sequence++) {
        const row = indexes.length < limit ? store.get(sentRowKey(iss, sub, sequence, sha256)) : undefined
        if (!row) return log.transactions(indexes)
        indexes.push(readUint48(row, 0))
      }
    },
    entries,
  }
}

function groupsOf(indexes: number[], groupLeaves: number): Set<number> {
  return new Set(indexes.filter((index) => index >= 0).map((index) => Math.floor(index / groupLeaves)))
}
