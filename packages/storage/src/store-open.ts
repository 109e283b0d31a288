import { join } from 'node:path'
import { TelltaleError, assert } from '@telltale/core'
import { createBufferedHome } from './buffered-rows.ts'
import { createCodedDisk } from './coded-disk.ts'
import type { Disk, DiskLock } from './disk.ts'
import { ROWS_FOLDER, lockStore, noStore, openLayout } from './layout.ts'
import { createLevelRowsHome } from './level-rows.ts'
import { ROWS_BUFFER_BYTES, SEGMENT_BYTES_MAX } from './limits.ts'
import { recover } from './recovery.ts'
import type { RecoveryParts, StoreState } from './recovery.ts'
import type { RowsHome } from './rows.ts'
import { openSegmentLog } from './segment-log.ts'
import { openSignedFile } from './signed-file.ts'
import type { StoreCore } from './store-core.ts'
import { createTaskQueue } from './task-queue.ts'

/** Something that was put right without being asked; nothing that was acknowledged is ever lost by it. */
export interface StoreNotice {
  /** `torn-tail-cut`, `statements-lost`, `rows-cleared`. */
  code: string
  message: string
}

export interface StoreOptions {
  directory: string
  /** Makes a store where the directory is empty or missing. */
  create: boolean
  /** Hash of the network's first genesis: noted in a new store, and compared with an old one's. */
  network?: Uint8Array
  /** A segment ends when it has reached this. */
  segmentBytesMax?: number
  /** Changes of rows are gathered until they have this many bytes. */
  rowsBufferBytes?: number
  disk: Disk
  /** Where the rows are kept; LevelDB where it is left out. */
  rows?: RowsHome
  onNotice?: (notice: StoreNotice) => void
}

/** Opens the files of a store and recovers its state; everything is let go again if that fails. */
export async function openStoreCore(options: StoreOptions): Promise<StoreCore> {
  const disk = createCodedDisk(options.disk)
  const { directory } = options
  if ((await disk.kindOf(directory)) === null) {
    if (!options.create) throw noStore(directory)
    await disk.makeDirectory(directory)
  }
  const isEmpty = (await disk.list(directory)).length === 0
  if (isEmpty && !options.create) throw noStore(directory)
  const lock = await lockStore(disk, directory)
  try {
    const { network } = await openLayout(disk, directory, { create: options.create, network: options.network ?? null })
    return await openLocked({ ...options, disk }, network, lock)
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function openLocked(options: StoreOptions, network: Uint8Array | null, lock: DiskLock): Promise<StoreCore> {
  const { disk, directory } = options
  const segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX
  const home = createBufferedHome(options.rows ?? createLevelRowsHome(disk), options.rowsBufferBytes ?? ROWS_BUFFER_BYTES)
  const opened: { close(): Promise<void> }[] = []
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part)
    return part
  }
  try {
    const signed = keep(await openSignedFile(disk, directory))
    const blocks = keep((await openSegmentLog(disk, directory, 'blocks', segmentBytesMax)).log)
    const { log, older } = await openSegmentLog(disk, directory, 'attachments', segmentBytesMax)
    const attachments = keep(log)
    const side = keep((await openSegmentLog(disk, directory, 'side', segmentBytesMax)).log)
    const say = options.onNotice ?? ((): void => undefined)
    const rows = await openRows(home, directory, say)
    const parts: RecoveryParts = { disk, rows, blocks, attachments, side, signed, older, say }
    // Rows may be opened anew while they are cleared: those of then are closed, not those of now.
    keep({ close: () => parts.rows.close() })
    const state = await recoverState(parts, home, directory)
    const queues = { queue: createTaskQueue(), sideQueue: createTaskQueue(), signedQueue: createTaskQueue() }
    return { directory, network, parts, state, home, lock, ...queues, failure: null, isClosed: false, drops: null, backup: null }
  } catch (error) {
    for (const part of opened.reverse()) await part.close().catch(() => undefined)
    throw error
  }
}

async function openRows(home: RowsHome, directory: string, say: (notice: StoreNotice) => void): Promise<RecoveryParts['rows']> {
  const path = join(directory, ROWS_FOLDER)
  return home.open(path, (message) => say({ code: 'rows-cleared', message: `Rows are rebuilt from the blocks: ${message}.` }))
}

/** Rows that are damaged or of other blocks are cleared once; they can all be rebuilt. */
async function recoverState(parts: RecoveryParts, home: RowsHome, directory: string): Promise<StoreState> {
  try {
    const state = await recover(parts)
    if (state !== null) return state
    parts.say({ code: 'rows-cleared', message: 'Rows are rebuilt from the blocks: they do not belong to them.' })
  } catch (error) {
    if (!(error instanceof TelltaleError) || !['row-damaged', 'wrong-shape', 'malformed-cbor'].includes(error.code)) throw error
    parts.say({ code: 'rows-cleared', message: `Rows are rebuilt from the blocks: ${error.message}` })
  }
  await removeRows(parts, home, directory)
  const state = await recover(parts)
  assert(state !== null, 'empty rows fit any blocks')
  return state
}

async function removeRows(parts: RecoveryParts, home: RowsHome, directory: string): Promise<void> {
  await parts.rows.close()
  await home.remove(join(directory, ROWS_FOLDER))
  parts.rows = await openRows(home, directory, parts.say)
}

/** Forgets all rows and makes the index of the logs anew. */
export async function resetRows(core: StoreCore): Promise<void> {
  const { parts, home, directory } = core
  await removeRows(parts, home, directory)
  const state = await recover(parts)
  assert(state !== null, 'empty rows fit any blocks')
  core.state = state
}

