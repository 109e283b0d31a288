import { bytesToMapKey, encode, equalBytes, fail, frontierRoot, leafHash, setHash, stateKeyHash, stateRoot, updateStateTree } from '@telltale/core'
import type { Cbor, Frontier, Primitives, PublicKey, SignatureCheck, StateChange, StateTree, Verdict } from '@telltale/core'
import { judgeTransaction, quotaBytesOf, requiredSignatures } from './admission.ts'
import type { CheckedTransaction } from './admission.ts'
import { accountOf } from './authority.ts'
import { refuse } from './call.ts'
import type { CallContext, ReadTransaction } from './call.ts'
import { finalAtOnce } from './finality/finality.ts'
import type { Finality } from './finality/finality.ts'
import type { Vote } from './finality/vote.ts'
import type { GrownTree, Position, QuotaUse, TreeGrowth, TreeKind } from './position.ts'
import { isNumberedByStream } from './numbering.ts'
import { applyPendingSet } from './pending-set.ts'
import { LOG_TREE } from './row-keys.ts'
import { encodeRow } from './state/codec.ts'
import type { Row } from './state/codec.ts'
import { counterKey, encodeStateKey, splitStreamName, streamKey } from './state/key.ts'
import type { StateKey } from './state/key.ts'
import type { StreamRow } from './state/rows.ts'
import { createStateView, parametersAt, setAt } from './state/view.ts'
import type { StateView } from './state/view.ts'
import { growTree } from './tree-growth.ts'
import type { Growth } from './tree-growth.ts'

/** What an engine decided about a block before its transactions are executed. */
export interface BlockPlan {
  height: number
  timeMs: number
  /** Newest height that is final on this branch, from the votes in it. */
  finalHeight: number
  transactions: CheckedTransaction[]
  /** Votes that the block carries, and what they make of the branch; none, and final at once, where one authority decides alone. */
  votes?: Vote[]
  finality?: Finality
}

/** Entries of the state that a block changed, encoded. */
export interface StateWrite {
  key: StateKey
  keyBytes: Uint8Array
  row: Row
  value: Uint8Array
}

/** A block executed: what would change, and the roots that result. Nothing is stored yet. */
export interface Execution {
  height: number
  timeMs: number
  transactions: ReadTransaction[]
  size: number
  log: Frontier
  logGrowth: Growth
  logRoot: Uint8Array
  stateTree: StateTree
  stateRoot: Uint8Array
  setHash: Uint8Array
  state: StateView
  writes: StateWrite[]
  trees: GrownTree[]
  quotas: Map<string, QuotaUse>
  /** Map keys of the ids of its transactions. */
  ids: Set<string>
  votes: Vote[]
  finality: Finality
}

/** How a proposer or a validator treats a transaction that fails: it is dropped with its verdict, or the whole block is refused. */
export type OnRefusal = (transaction: CheckedTransaction, verdict: Verdict) => void

/**
 * Executes a block on top of a position. Pure: the same position and plan give the same bytes everywhere. Transactions that fail are passed to
 * `onRefusal` and left out; a validator throws there. Entries hold from the next block on, so the order of senders within a block does not matter.
 */
export function execute(parent: Position, plan: BlockPlan, network: Uint8Array, primitives: Primitives, onRefusal: OnRefusal): Execution {
  const block = createRun(parent, plan, network, primitives)
  // Never in an empty one: nobody certifies that, and what is certified shows the state that stands.
  if (plan.transactions.length > 0) applyPendingSet(block.state, plan.height, plan.finalHeight)
  const included: ReadTransaction[] = []
  for (const checked of plan.transactions) {
    const verdict = block.run(checked)
    if (verdict) {
      onRefusal(checked, verdict)
      continue
    }
    included.push(checked.read)
  }
  // All were refused: it is an empty one.
  if (plan.transactions.length > 0 && included.length === 0) return execute(parent, { ...plan, transactions: [] }, network, primitives, onRefusal)
  return finish(parent, plan, block, included, network, primitives)
}

interface Run {
  state: StateView
  growths: Map<string, TreeGrowth>
  quotas: Map<string, QuotaUse>
  ids: Set<string>
  /** Applies a transaction, or says why not. */
  run(checked: CheckedTransaction): Verdict | null
}

function createRun(parent: Position, plan: BlockPlan, network: Uint8Array, primitives: Primitives): Run {
  const state = createStateView(parent.state)
  const parameters = parametersAt(state.network(), plan.height)
  const window = Math.floor(plan.timeMs / parameters.quotaWindowMs)
  const growths = new Map<string, TreeGrowth>()
  const quotas = new Map<string, QuotaUse>()
  const ids = new Set<string>()
  const has = (id: Uint8Array): boolean => ids.has(bytesToMapKey(id)) || parent.has(id)
  const quotaOf = (account: string): QuotaUse => {
    const known = quotas.get(account) ?? parent.quota(account)
    return known?.window === window ? known : { window, bytes: 0 }
  }
  const block = {
    state,
    network,
    height: plan.height,
    timeMs: plan.timeMs,
    parameters,
    hasTransaction: has,
    append: (kind: TreeKind, stream: string, entry: Cbor[]): void => grow(growths, kind, stream, entry, parent.log.size + ids.size),
    primitives,
  }
  const contextOf = ({ transaction, id }: ReadTransaction): CallContext => ({ ...block, transaction, id, sender: state.identity(transaction.iss) })
  return {
    state,
    growths,
    quotas,
    ids,
    run({ read, keys }) {
      const { transaction, call, args, id } = read
      const context = contextOf(read)
      const required = requiredSignatures(context, read)
      if (!Array.isArray(required)) return required
      if (keys !== null && !isCheckedWith(required, keys)) return refuse('key-changed', 'A key changed between the check of the signatures and this block; send the transaction again.', 'signatures that were checked under the keys in force')
      const account = accountOf(context)
      const used = quotaOf(account)
      const verdict = judgeTransaction(context, read, used)
      if (verdict) return verdict
      call.apply(context, args)
      ids.add(bytesToMapKey(id))
      if (!isNumberedByStream(transaction.call)) state.set(counterKey(transaction.iss, transaction.sub), transaction.sequence + 1)
      quotas.set(account, { window, bytes: used.bytes + quotaBytesOf(read) })
      return null
    },
  }
}

function grow(growths: Map<string, TreeGrowth>, kind: TreeKind, stream: string, entry: Cbor[], logIndex: number): void {
  const name = `${kind} ${stream}`
  const growth = growths.get(name) ?? { kind, stream, entries: [] }
  growth.entries.push({ entry, logIndex })
  growths.set(name, growth)
}

/** Signatures were checked before the block was ordered; here it is only compared with which keys. A rotated key must not slip through. */
function isCheckedWith(required: SignatureCheck[], keys: PublicKey[]): boolean {
  return required.length === keys.length && required.every(({ key }, i) => isSameKey(key, keys[i] as PublicKey))
}

function isSameKey(a: PublicKey, b: PublicKey): boolean {
  return a === b || (a.algorithm === b.algorithm && equalBytes(a.material, b.material))
}

function finish(parent: Position, plan: BlockPlan, run: Run, included: ReadTransaction[], network: Uint8Array, primitives: Primitives): Execution {
  const trees = [...run.growths.values()].map((growth) => growStream(parent, growth, run.state, primitives))
  const writes = encodeWrites(run.state)
  const changes: StateChange[] = writes.map(({ keyBytes, value }) => ({ keyHash: stateKeyHash(network, keyBytes, primitives.sha256), value }))
  const stateTree = updateStateTree(parent.stateTree, changes, primitives.sha256)
  const logGrowth = growTree({ tree: LOG_TREE, frontier: parent.log, positions: [] }, included.map((read) => read.leafHash), [], primitives.sha256)
  const log = logGrowth.head.frontier
  return {
    height: plan.height,
    timeMs: plan.timeMs,
    transactions: included,
    size: log.size,
    log,
    logGrowth,
    logRoot: frontierRoot(log, primitives.sha256),
    stateTree,
    stateRoot: stateRoot(stateTree),
    setHash: setHash(setAt(run.state.network(), plan.height), primitives),
    state: run.state,
    writes,
    trees,
    quotas: run.quotas,
    ids: run.ids,
    votes: plan.votes ?? [],
    finality: plan.finality ?? finalAtOnce(plan.height),
  }
}

/** Appends a block's leaves to a stream's tree and puts the new root into the stream's entry: once a block, however many records. */
function growStream(parent: Position, { kind, stream, entries }: TreeGrowth, state: StateView, primitives: Primitives): GrownTree {
  const leaves = entries.map(({ entry }) => leafHash(encode(entry), primitives.sha256))
  const growth = growTree(parent.head(kind, stream), leaves, entries.map(({ logIndex }) => logIndex), primitives.sha256)
  const root = frontierRoot(growth.head.frontier, primitives.sha256)
  const { device, name } = splitStreamName(stream) as { device: string; name: string }
  const row = state.stream(device, name) as StreamRow
  state.set(streamKey(device, name), kind === 'records' ? { ...row, recordRoot: root } : { ...row, notesRoot: root })
  return { kind, stream, root, growth }
}

function encodeWrites(state: StateView): StateWrite[] {
  const writes: StateWrite[] = []
  for (const [, { key, row }] of state.changed()) writes.push({ key, keyBytes: encodeStateKey(key), row, value: encodeRow(key.kind, row) })
  return writes
}

/** A validator's answer to a failing transaction: the block is refused whole, because everything in the log happened. */
export const refuseBlock: OnRefusal = ({ read }, verdict) => {
  throw fail('invalid-transaction', `The block holds a transaction that fails (${verdict.code}): ${verdict.message}`, { expected: verdict.expected ?? 'transactions that succeed', found: verdict.found ?? read.transaction.iss })
}
