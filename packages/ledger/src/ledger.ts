import { bytesToHex, equalBytes, fail, frontierRoot, stateRoot } from '@telltale/core'
import type { AttachmentReference, AuthoritySet, Primitives, SignatureCheck, TelltaleError, Verdict } from '@telltale/core'
import { judgeTransaction, readTransaction, requiredSignatures } from './admission.ts'
import type { CheckedTransaction } from './admission.ts'
import { accountOf } from './authority.ts'
import { createBase, loadStateTree } from './base-position.ts'
import { bodyHash, decodeBlock } from './block/block.ts'
import type { Block } from './block/block.ts'
import { NO_NONCE, sealerOf } from './block/header.ts'
import type { BlockHeader } from './block/header.ts'
import type { CallContext, ReadTransaction } from './call.ts'
import { createCalls } from './calls.ts'
import { commitRows, undoOf } from './commit-rows.ts'
import { execute, refuseBlock } from './execute.ts'
import type { BlockPlan, Execution, OnRefusal } from './execute.ts'
import { genesisState } from './genesis-state.ts'
import { readGenesis } from './genesis.ts'
import { createLogReader } from './log-reader.ts'
import type { LogReader } from './log-reader.ts'
import type { Position } from './position.ts'
import { readBlockRow } from './finality/block-row.ts'
import type { BlockRow } from './finality/block-row.ts'
import { countVotes, decodeTallies, finalAtOnce } from './finality/finality.ts'
import type { Finality } from './finality/finality.ts'
import type { Vote } from './finality/vote.ts'
import { LOG_TREE, TALLIES_ROW_KEY } from './row-keys.ts'
import { createStateView, isDecidedAlone, parametersAt, setAt } from './state/view.ts'
import type { Parameters } from './parameters.ts'
import type { Store, StoredBlock } from './store.ts'
import { loadHead } from './tree-rows.ts'

/** What a block commits to beside its place: equal on every node, or the block is refused. */
export type BlockRoots = Pick<BlockHeader, 'size' | 'logRoot' | 'stateRoot' | 'setHash' | 'bodyHash'>

/**
 * The ledger as engines drive it. `execute` is pure; `commit` is the only durable step; `revert` takes the last block back.
 */
export interface Ledger {
  readonly network: Uint8Array
  /** What is committed. */
  readonly position: Position
  readonly store: Store
  /** Transactions as they stand in the log. */
  readonly log: LogReader
  parameters(height: number): Parameters
  authorities(height: number): AuthoritySet
  read(bytes: Uint8Array): ReturnType<typeof readTransaction>
  /** The signatures to check before a transaction can be executed on top of `parent`, or why there are none. */
  signatures(read: ReadTransaction, parent?: Position): SignatureCheck[] | Verdict
  /** Whether a transaction could stand in the next block, signatures apart. */
  check(read: ReadTransaction, timeMs: number, parent?: Position): Verdict | null
  attachments(read: ReadTransaction): AttachmentReference[]
  execute(parent: Position, plan: BlockPlan, onRefusal: OnRefusal): Execution
  /** What a header states about an executed block. */
  roots(execution: Execution): BlockRoots
  /** Header of an executed block; `sealer` is an address. */
  header(parent: Position, execution: Execution, sealer: string, turn: number, difficulty: number): BlockHeader
  /** When it resolves the block is durable and the position stands after it. */
  commit(execution: Execution, block: StoredBlock, attachments: { sha256: Uint8Array; bytes: Uint8Array }[], isFinal: boolean): Promise<void>
  revert(): Promise<void>
}

/** Opens what a store holds, or begins it with a genesis. Blocks that the rows lag behind are replayed; progress in blocks. */
export async function openLedger(init: { store: Store; primitives: Primitives; genesis?: Uint8Array; onReplay?: (height: number, target: number) => void }): Promise<Ledger> {
  const { store, primitives } = init
  if (store.height < 0) {
    if (!init.genesis) throw fail('no-genesis', 'The store is empty and no genesis was given.', { expected: 'a genesis file' })
    const file = await readGenesis(init.genesis, primitives)
    const block = { height: 0, id: file.network, bytes: file.bytes }
    await store.commit({ block, attachments: [], rows: genesisState(file, primitives).rows, undo: null })
  }
  const first = await store.readBlock(0)
  const network = first.id
  if (store.rowsHeight < 0) await store.replay(0, genesisState(await readGenesis(first.bytes, primitives), primitives).rows, null)
  const ledger = createLedger(store, network, primitives, await loadPosition(store, network, primitives))
  await replay(ledger, init.onReplay)
  return ledger
}

async function loadPosition(store: Store, network: Uint8Array, primitives: Primitives): Promise<Position> {
  const base = createBase(store, primitives)
  const stateTree = await loadStateTree(store, network, primitives)
  const height = store.rowsHeight
  const { frontier } = loadHead(store, LOG_TREE)
  if (height === 0) {
    const { genesis } = await readGenesis((await store.readBlock(0)).bytes, primitives)
    return base.position({ height: 0, id: network, timeMs: genesis.timeMs }, frontier, stateTree, finalAtOnce(0))
  }
  const block = await store.readBlock(height)
  const { header } = decodeBlock(block.bytes)
  const root = frontierRoot(frontier, primitives.sha256)
  if (frontier.size !== header.size || !equalBytes(root, header.logRoot)) throw damaged('log root', bytesToHex(header.logRoot), bytesToHex(root))
  if (!equalBytes(stateRoot(stateTree), header.stateRoot)) throw damaged('state root', bytesToHex(header.stateRoot), bytesToHex(stateRoot(stateTree)))
  const { justifiedHeight, finalHeight } = readBlockRow(store, height) as BlockRow
  return base.position({ height, id: block.id, timeMs: header.timeMs }, frontier, stateTree, { justifiedHeight, finalHeight, tallies: decodeTallies(store.get(TALLIES_ROW_KEY)) })
}

function damaged(what: string, expected: string, found: string): TelltaleError {
  return fail('index-damaged', `The ${what} of the index does not match the last block; rebuild the index with \`telltale store repair\`.`, { expected, found })
}

function createLedger(store: Store, network: Uint8Array, primitives: Primitives, opened: Position): Ledger {
  const calls = createCalls(primitives)
  const base = createBase(store, primitives)
  const log = createLogReader(store, primitives)
  let position = base.position(opened, opened.log, opened.stateTree, opened.finality)

  // What may be said in the next block is asked for every transaction; what does not depend on it is kept until the position moves.
  let next: { parent: Position; context: Omit<CallContext, 'transaction' | 'id' | 'timeMs' | 'sender'> } | null = null
  const contextOf = (parent: Position, { transaction, id }: ReadTransaction, timeMs: number): CallContext => {
    if (next?.parent !== parent) {
      const state = createStateView(parent.state)
      const height = parent.height + 1
      next = { parent, context: { state, network, height, parameters: parametersAt(state.network(), height), hasTransaction: parent.has, append: () => undefined, primitives } }
    }
    return { ...next.context, timeMs, transaction, id, sender: next.context.state.identity(transaction.iss) }
  }
  const networkRow = (): ReturnType<ReturnType<typeof createStateView>['network']> => createStateView(position.state).network()

  const roots = ({ size, logRoot, stateRoot, setHash, transactions, votes }: Execution): BlockRoots => ({
    size,
    logRoot,
    stateRoot,
    setHash,
    bodyHash: bodyHash(transactions.map((read) => read.transaction.bytes), votes, primitives),
  })

  return {
    network,
    store,
    log,
    get position() {
      return position
    },
    parameters: (height) => parametersAt(networkRow(), height),
    authorities: (height) => setAt(networkRow(), height),
    read: (bytes) => readTransaction(bytes, calls, primitives),
    signatures: (read, parent = position) => requiredSignatures(contextOf(parent, read, parent.timeMs), read),
    check(read, timeMs, parent = position) {
      const context = contextOf(parent, read, timeMs)
      const account = accountOf(context)
      const used = parent.quota(account)
      const window = Math.floor(timeMs / context.parameters.quotaWindowMs)
      return judgeTransaction(context, read, used?.window === window ? used : null)
    },
    attachments: (read) => read.call.attachments?.(read.args) ?? [],
    execute: (parent, plan, onRefusal) => execute(parent, plan, network, primitives, onRefusal),
    roots,
    header: (parent, execution, sealer, turn, difficulty) => ({
      network: network.subarray(0, 16),
      height: execution.height,
      parent: parent.id,
      timeMs: execution.timeMs,
      ...roots(execution),
      sealer: sealerOf(sealer),
      turn,
      difficulty,
      nonce: NO_NONCE,
    }),
    async commit(execution, block, attachments, isFinal) {
      const rows = commitRows(position, execution, primitives)
      const undo = isFinal ? null : undoOf(rows, store)
      if (block.height <= store.height) await store.replay(block.height, rows, undo)
      else await store.commit({ block, attachments, rows, undo })
      base.absorb(execution)
      log.remember(position.log.size, execution.transactions.map((read) => read.leafHash))
      position = base.position({ height: execution.height, id: block.id, timeMs: execution.timeMs }, execution.log, execution.stateTree, execution.finality)
    },
    async revert() {
      await store.revert()
      base.forget()
      log.forget()
      const reopened = await loadPosition(store, network, primitives)
      position = base.position(reopened, reopened.log, reopened.stateTree, reopened.finality)
    },
  }
}

async function replay(ledger: Ledger, onReplay?: (height: number, target: number) => void): Promise<void> {
  const { store } = ledger
  for (let height = store.rowsHeight + 1; height <= store.height; height++) {
    const block = await store.readBlock(height)
    const { execution } = executeStored(ledger, block)
    await ledger.commit(execution, block, [], true)
    onReplay?.(height, store.height)
  }
}

/** What a block on top of `parent` that carries these votes makes of the branch: whether it is final at once, and up to where (`invalid-vote`). */
export function finalityOf(parent: Position, votes: Vote[]): { finality: Finality; finalHeight: number } {
  const network = createStateView(parent.state).network()
  const height = parent.height + 1
  if (isDecidedAlone(network, height) && votes.length === 0) return { finality: finalAtOnce(height), finalHeight: parent.height }
  const finality = countVotes({ height: parent.height, finality: parent.finality, network, ancestor: parent.ancestor }, votes)
  return { finality, finalHeight: finality.finalHeight }
}

/** The transactions of a block, in order (`invalid-transaction`). */
export function readBlock(ledger: Ledger, { header, transactions }: Block): ReadTransaction[] {
  return transactions.map((bytes) => {
    const read = ledger.read(bytes)
    if (!read.ok) throw fail('invalid-transaction', `Block ${header.height} holds a transaction that cannot be read (${read.verdict.code}).`, { expected: 'a readable transaction', found: read.verdict.message })
    return read.value
  })
}

/** Executes a block whose transactions were read, and compares every root with its header (`root-mismatch`, `invalid-transaction`, `invalid-vote`). */
export function executeBlock(ledger: Ledger, { header, votes }: Block, transactions: ReadTransaction[], parent: Position): Execution {
  const { height, timeMs } = header
  const checked = transactions.map((read): CheckedTransaction => ({ read, keys: null }))
  const execution = ledger.execute(parent, { height, timeMs, transactions: checked, votes, ...finalityOf(parent, votes) }, refuseBlock)
  const roots = ledger.roots(execution)
  for (const name of ['size', 'logRoot', 'stateRoot', 'setHash', 'bodyHash'] as const) {
    const [expected, found] = [header[name], roots[name]].map((value) => (typeof value === 'number' ? String(value) : bytesToHex(value)))
    if (expected !== found) throw fail('root-mismatch', `Block ${height} does not lead to the ${name} that its header states.`, { expected: expected as string, found: found as string })
  }
  return execution
}

/** Reads a stored block and executes it on top of the committed position (`previous-hash-mismatch` and the codes of `executeBlock`). */
export function executeStored(ledger: Ledger, stored: Pick<StoredBlock, 'bytes'>): { execution: Execution; header: BlockHeader } {
  const block = decodeBlock(stored.bytes)
  const { header } = block
  const parent = ledger.position
  if (header.height !== parent.height + 1 || !equalBytes(header.parent, parent.id)) {
    throw fail('previous-hash-mismatch', `Block ${header.height} does not follow block ${parent.height}.`, { expected: bytesToHex(parent.id), found: bytesToHex(header.parent) })
  }
  return { execution: executeBlock(ledger, block, readBlock(ledger, block), parent), header }
}
