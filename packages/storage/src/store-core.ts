import { TelltaleError, fail } from '@telltale/core'
import type { DiskLock } from './disk.ts'
import { diskError } from './coded-disk.ts'
import type { RecoveryParts, StoreState } from './recovery.ts'
import type { RowsHome } from './rows.ts'
import type { TaskQueue } from './task-queue.ts'

/** What the operations of an open store share. Only tasks of `queue` change `state` and `rows`. */
export interface StoreCore {
  directory: string
  network: Uint8Array | null
  parts: RecoveryParts
  state: StoreState
  home: RowsHome
  lock: DiskLock
  queue: TaskQueue
  /** Statements and the signed state have files of their own, and do not wait for blocks. */
  sideQueue: TaskQueue
  signedQueue: TaskQueue
  /** Why nothing works any more, until the store is opened again. */
  failure: TelltaleError | null
  isClosed: boolean
  drops: PendingDrops | null
  /** Resolves when the backup that is being made is done; null where none is. */
  backup: Promise<void> | null
}

/** Attachments whose dropping was asked for and has not begun. */
export interface PendingDrops {
  keys: Uint8Array[]
  done: Promise<void>
}

/** Refuses calls on a store that is closed or failed (`store-closed`, `store-failed`). */
export function refuseUnusable(core: Pick<StoreCore, 'failure' | 'isClosed'>): void {
  if (core.isClosed) throw fail('store-closed', 'The store was closed. Open it again.', { expected: 'an open store', found: 'a closed one' })
  if (core.failure === null) return
  const { code, message } = core.failure
  throw fail('store-failed', `The store stopped after an error and must be opened again; nothing that was acknowledged is lost. The error was: ${message}`, { expected: 'a store without errors', found: code, cause: core.failure })
}

/** Runs steps that change files. If one fails, what reached the disk is unknown: the store refuses everything until it is opened again. */
export async function changing<T>(core: StoreCore, action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const failure = error instanceof TelltaleError ? error : diskError(error, action)
    core.failure ??= failure
    throw failure
  }
}
