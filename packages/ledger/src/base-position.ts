import { bytesToMapKey, stateKeyHash, updateStateTree } from '@telltale/core'
import type { Frontier, Primitives, StateChange, StateTree } from '@telltale/core'
import type { Execution } from './execute.ts'
import { readBlockRow } from './finality/block-row.ts'
import type { Finality } from './finality/finality.ts'
import type { Position, QuotaUse } from './position.ts'
import { STATE_PREFIX, quotaRowKey, readUint48, streamTree, transactionRowKey } from './row-keys.ts'
import { createStateBase, stateKeyText } from './state/base.ts'
import type { StateBase } from './state/base.ts'
import type { RowReader, Store } from './store.ts'
import type { TreeHead } from './tree-growth.ts'
import { loadHead } from './tree-rows.ts'

/** Heads of trees kept in memory; above this many the oldest go and are read from rows again. */
const CACHED_HEADS_MAX = 50_000
/** Entries inserted into the state tree at a time while it is rebuilt at start. */
const REBUILD_BATCH = 10_000

/** What is committed, read through the store's rows, with what was decoded kept in memory. */
export interface Base {
  state: StateBase
  position(block: { height: number; id: Uint8Array; timeMs: number }, log: Frontier, stateTree: StateTree, finality: Finality): Position
  /** Takes over what a committed execution changed. */
  absorb(execution: Execution): void
  forget(): void
}

export function createBase(rows: RowReader, primitives: Primitives): Base {
  const state = createStateBase(rows)
  const heads = new Map<string, TreeHead>()
  const quotas = new Map<string, QuotaUse>()

  const head: Position['head'] = (kind, stream) => heads.get(`${kind} ${stream}`) ?? loadHead(rows, streamTree(kind, stream, primitives.sha256))

  const quota = (account: string): QuotaUse | null => {
    const cached = quotas.get(account)
    if (cached) return cached
    const row = rows.get(quotaRowKey(account))
    return row && { window: readUint48(row, 0), bytes: readUint48(row, 6) }
  }

  return {
    state,
    position: ({ height, id, timeMs }, log, stateTree, finality) => ({
      height,
      id,
      timeMs,
      log,
      stateTree,
      finality,
      ancestor(at) {
        if (at > height || at < 0) return null
        const ancestorId = at === height ? id : (readBlockRow(rows, at + 1)?.parent as Uint8Array)
        return { id: ancestorId, justifiedHeight: at === height ? finality.justifiedHeight : (readBlockRow(rows, at)?.justifiedHeight ?? 0) }
      },
      state,
      head,
      has: (transactionId) => rows.get(transactionRowKey(transactionId)) !== null,
      quota,
    }),
    absorb(execution) {
      state.remember(execution.writes.map(({ key, row }) => [stateKeyText(key), row]))
      for (const [account, use] of execution.quotas) quotas.set(account, use)
      for (const { kind, stream, growth } of execution.trees) {
        heads.set(`${kind} ${stream}`, growth.head)
        if (heads.size > CACHED_HEADS_MAX) heads.delete(heads.keys().next().value as string)
      }
    },
    forget() {
      state.forget()
      heads.clear()
      quotas.clear()
    },
  }
}

/**
 * A position on top of an execution that is not committed yet, so that the next block can be executed meanwhile. Once `isCommitted` says so it reads what is
 * committed instead, and nothing of what was executed is held any longer by those on top of it.
 */
export function pendingPosition(parent: Position, execution: Execution, id: Uint8Array, committed: () => Position, isCommitted: () => boolean): Position {
  const { height, timeMs, log, stateTree, finality } = execution
  let held: { parent: Position; execution: Execution; heads: Map<string, TreeHead> } | null = { parent, execution, heads: new Map(execution.trees.map(({ kind, stream, growth }) => [`${kind} ${stream}`, growth.head])) }
  const above = (): typeof held => {
    if (held && isCommitted()) held = null
    return held
  }
  return {
    height,
    id,
    timeMs,
    log,
    stateTree,
    finality,
    state: { row: (key) => (above()?.execution.state ?? committed().state).row(key) },
    head: (kind, stream) => above()?.heads.get(`${kind} ${stream}`) ?? (above()?.parent ?? committed()).head(kind, stream),
    has: (transactionId) => above()?.execution.ids.has(bytesToMapKey(transactionId)) === true || (above()?.parent ?? committed()).has(transactionId),
    quota: (account) => above()?.execution.quotas.get(account) ?? (above()?.parent ?? committed()).quota(account),
    ancestor: (at) => (at === height ? { id, justifiedHeight: finality.justifiedHeight } : at > height ? null : (above()?.parent ?? committed()).ancestor(at)),
  }
}

/** Rebuilds the state tree from the rows: at start, and after a revert. */
export async function loadStateTree(store: Store, network: Uint8Array, primitives: Primitives): Promise<StateTree> {
  let tree: StateTree = null
  let batch: StateChange[] = []
  for await (const [key, value] of store.scan(STATE_PREFIX)) {
    batch.push({ keyHash: stateKeyHash(network, key.subarray(1), primitives.sha256), value })
    if (batch.length < REBUILD_BATCH) continue
    tree = updateStateTree(tree, batch, primitives.sha256)
    batch = []
  }
  return updateStateTree(tree, batch, primitives.sha256)
}
