import { resolve } from 'node:path'
import { TelltaleError, fail } from '@telltale/core'
import type { SideKind, SignedState, Store } from '@telltale/ledger'
import { dropAttachment, dropOld, readAttachment } from './attachment-drop.ts'
import { attachmentKey } from './attachment-frame.ts'
import { commit, readBlockAt, replay, revert } from './commit.ts'
import type { LogEnd } from './segment-log.ts'
import { findAttachment, putLogsRow, readDroppedUpTo } from './log-index.ts'
import { ROWS } from './rows.ts'
import type { SegmentName } from './segment-name.ts'
import { appendSide, readSide } from './side-log.ts'
import { refuseLowerSigned } from './signed-file.ts'
import type { SignedSlot } from './signed-file.ts'
import { resetRows } from './store-open.ts'
import { changing, refuseUnusable } from './store-core.ts'
import type { StoreCore } from './store-core.ts'

/** A store on disk. */
export interface DiskStore extends Store {
  readonly directory: string
  /** Hash of the network's first genesis, where it was given when the store was made. */
  readonly network: Uint8Array | null
  /** What a backup copies, while the store goes on; attachments are not erased until `release`. */
  capture(): Promise<StoreCapture>
}

/** Up to where each log is durable, and what was signed by then. */
export interface StoreCapture {
  blocks: LogEnd
  attachments: LogEnd
  side: LogEnd
  height: number
  /** Files of the attachments; the other logs have no generations. */
  attachmentSegments: SegmentName[]
  signed: SignedSlot
  release(): void
}

/** The store over what `openStoreCore` has opened. */
export function createDiskStore(core: StoreCore): DiskStore {
  const { queue } = core
  const usable = (): StoreCore => {
    refuseUnusable(core)
    return core
  }
  const inTurn = <T>(run: (core: StoreCore) => Promise<T>): Promise<T> => queue.run(async () => run(usable()))
  return {
    directory: resolve(core.directory),
    network: core.network,
    get height() {
      return core.state.logs.height
    },
    get rowsHeight() {
      return core.state.rowsHeight
    },
    get signed() {
      return copySigned(core.parts.signed.slot.state)
    },
    get: (key) => usable().parts.rows.get(ROWS.ledger, key),
    scan: (prefix, from) => usable().parts.rows.scan(ROWS.ledger, prefix, from),
    commit: (block) => inTurn(() => commit(core, block)),
    replay: (height, rows, undo) => inTurn(() => replay(core, height, rows, undo)),
    revert: () => inTurn(revert),
    // Recovery reads and cuts the statements too: none may be kept meanwhile.
    clearRows: () => inTurn(() => core.sideQueue.run(() => changing(core, 'clear the rows', () => resetRows(core)))),
    readBlock: async (height) => {
      const { block } = await readBlockAt(usable(), height)
      return { height: block.height, id: block.id.slice(), bytes: block.bytes }
    },
    readAttachment: async (hash) => readAttachment(usable(), hash),
    hasAttachment: (hash) => findAttachment(usable().parts.rows, attachmentKey(hash)) !== null,
    dropAttachment: async (hash) => dropAttachment(usable(), hash),
    get droppedUpTo() {
      return readDroppedUpTo(usable().parts.rows)
    },
    dropOld: async (upTo, choose) => dropOld(usable(), upTo, choose),
    keep: (kind, bytes) => core.sideQueue.run(async () => keep(usable(), kind, bytes)),
    kept: (kind) => readSide(usable().parts, kind),
    writeSigned: (state, options) => core.signedQueue.run(async () => writeSigned(usable(), state, options?.acceptLoss === true)),
    capture: () => inTurn(capture),
    close: () => close(core),
  }
}

function copySigned(state: SignedState | null): SignedState | null {
  return state === null ? null : { ...state, sealedId: state.sealedId.slice(), logRoot: state.logRoot.slice() }
}

async function keep(core: StoreCore, kind: SideKind, bytes: Uint8Array): Promise<void> {
  const witness = { blockSequence: core.state.logs.blocks.sequence - 1, signedSequence: core.parts.signed.slot.sequence }
  await changing(core, 'keep a statement', () => appendSide(core.parts, kind, bytes, witness))
}

async function writeSigned(core: StoreCore, state: SignedState, isLossAccepted: boolean): Promise<void> {
  const { signed } = core.parts
  if (!isLossAccepted) refuseLowerSigned(signed.slot.state, state)
  const copy = copySigned(state) as SignedState
  await changing(core, 'write what was signed', () => signed.write(copy, core.state.logs.blocks.sequence - 1))
}

async function capture(core: StoreCore): Promise<StoreCapture> {
  if (core.backup !== null) throw fail('backup-running', 'Another backup of this store is being made. Wait until it is done.', { expected: 'no backup', found: 'one under way' })
  let release = (): void => undefined
  const finished = new Promise<void>((done) => {
    release = done
  })
  core.backup = finished
  const free = (): void => {
    core.backup = null
    release()
  }
  try {
    // The statements first: they are witnesses for blocks and signed state, which must not be older than they are.
    const side = await core.sideQueue.run(async () => {
      const { end } = core.parts.side
      await changing(core, 'sync the statements', () => core.parts.side.sync())
      return end
    })
    const { blocks, attachments, height } = core.state.logs
    return { blocks, attachments, side, height, attachmentSegments: core.parts.attachments.segments(), signed: core.parts.signed.slot, release: free }
  } catch (error) {
    free()
    throw error
  }
}

/** Waits for what was begun, makes the statements and the index durable, and lets the store go. A failed store is only let go. */
async function close(core: StoreCore): Promise<void> {
  if (core.isClosed) return
  await Promise.all([core.queue.idle(), core.sideQueue.idle(), core.signedQueue.idle()])
  core.isClosed = true
  const { parts } = core
  const errors: unknown[] = []
  const attempt = async (step: () => Promise<void>): Promise<void> => {
    await step().catch((error: unknown) => errors.push(error))
  }
  if (core.failure === null) {
    await attempt(async () => {
      await parts.side.sync()
      await parts.signed.settle()
      const batch = parts.rows.batch()
      putLogsRow(batch, { ...core.state.logs, side: parts.side.end, signedSequence: parts.signed.slot.sequence })
      await batch.write({ isSynced: true })
    })
  }
  for (const part of [parts.rows, parts.blocks, parts.attachments, parts.side, parts.signed]) await attempt(() => part.close())
  await attempt(() => core.lock.release())
  const [error] = errors
  if (error !== undefined) throw error instanceof TelltaleError ? error : fail('disk-failed', 'The store could not be closed properly; open it again to recover.', { cause: error })
}
