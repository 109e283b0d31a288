import { join } from 'node:path'
import type { Disk, DiskLock } from './disk.ts'
import { fail } from '@telltale/core'
import { TEMPORARY_SUFFIX, createDurably } from './file-steps.ts'
import { FORMAT_FILE, notAStore, readFormatFile, writeFormatFile } from './format-file.ts'
import type { StoreFormat } from './format-file.ts'
import { FRAME_HEAD_BYTES } from './frame.ts'
import { FORMAT_NUMBER } from './limits.ts'
import { LOG_NAMES, readSegmentFileName } from './segment-name.ts'
import { SIGNED_FILE, encodeSignedFile, readSignedFile } from './signed-file.ts'

/** Names in a store's directory. `rows.check` holds the rows that a check recomputes, while it runs. */
export const ROWS_FOLDER = 'rows'
export const CHECK_FOLDER = 'rows.check'
export const LOCK_FILE = 'lock'

const FILES: readonly string[] = [FORMAT_FILE, LOCK_FILE, SIGNED_FILE, `${FORMAT_FILE}${TEMPORARY_SUFFIX}`, `${SIGNED_FILE}${TEMPORARY_SUFFIX}`]
const FOLDERS: readonly string[] = [...LOG_NAMES, ROWS_FOLDER, CHECK_FOLDER]

/** Whether a name in a store's directory is one of ours. */
export function isStoreName(name: string): boolean {
  return FILES.includes(name) || FOLDERS.includes(name)
}

/** Takes the store for this process (`store-in-use`). */
export async function lockStore(disk: Disk, directory: string): Promise<DiskLock> {
  const lock = await disk.lock(join(directory, LOCK_FILE))
  if (lock !== null) return lock
  throw fail('store-in-use', `Another process uses the store in ${directory}. Stop it, or ask it over its API.`, { expected: 'a store that nobody uses', found: 'one in use' })
}

/** The directory's format, after it was made where that was asked for. Codes: `no-store`, `not-a-store`, `format-file-damaged`, `store-too-new`, `other-network`. */
export async function openLayout(disk: Disk, directory: string, options: { create: boolean; network: Uint8Array | null }): Promise<StoreFormat> {
  const found = await readFormatFile(disk, directory)
  if (found !== null) {
    refuseOtherNetwork(found.network, options.network)
    return raiseFormat(disk, directory, found)
  }
  await refuseForeign(disk, directory)
  if (!options.create) throw noStore(directory)
  return createLayout(disk, directory, options.network)
}

/** Before anything is written into an older store that its program would not understand. What it holds stays as it is: every older frame can be read. */
export async function raiseFormat(disk: Disk, directory: string, found: StoreFormat): Promise<StoreFormat> {
  if (found.number === FORMAT_NUMBER) return found
  const raised = { ...found, number: FORMAT_NUMBER }
  await writeFormatFile(disk, directory, raised)
  return raised
}

export function noStore(directory: string): ReturnType<typeof fail> {
  return fail('no-store', `There is no store in ${directory}. Make one with "telltale init", or name another directory.`, { expected: 'a store', found: 'none' })
}

/** Refuses a directory that does not look like a store at all (`no-store`, `not-a-store`); a damaged one passes. */
export async function refuseNoStore(disk: Disk, directory: string): Promise<void> {
  const names = (await disk.kindOf(directory)) === 'directory' ? await disk.list(directory) : []
  if (names.length === 0) throw noStore(directory)
  if (!names.includes(FORMAT_FILE) && !LOG_NAMES.some((log) => names.includes(log))) throw notAStore(`the file "${FORMAT_FILE}"`, names.slice(0, 5).join(', '))
}

function refuseOtherNetwork(held: Uint8Array | null, asked: Uint8Array | null): void {
  if (held === null || asked === null || Buffer.compare(held, asked) === 0) return
  const [expected, found] = [asked, held].map((bytes) => Buffer.from(bytes).toString('hex')) as [string, string]
  throw fail('other-network', 'This store belongs to another network. Name another directory.', { expected, found })
}

/** A directory without the file `format` may be empty or half made; anything else is not ours to write into. */
async function refuseForeign(disk: Disk, directory: string): Promise<void> {
  const foreign = (await disk.list(directory)).filter((name) => !isStoreName(name))
  if (foreign.length > 0) throw notAStore(`the file "${FORMAT_FILE}"`, foreign.slice(0, 5).join(', '))
  if ((await disk.kindOf(join(directory, SIGNED_FILE))) !== null && (await fileLength(disk, join(directory, SIGNED_FILE))) > 0) {
    const { state } = await readSignedFile(disk, directory).catch(() => ({ state: null }))
    if (state !== null) throw formatMissing(`a file "${SIGNED_FILE}" that says what was signed`)
  }
  for (const log of LOG_NAMES) {
    if ((await disk.kindOf(join(directory, log))) === null) continue
    for (const name of await disk.list(join(directory, log))) {
      const length = readSegmentFileName(name) === null ? 0 : await fileLength(disk, join(directory, log, name))
      if (length <= FRAME_HEAD_BYTES + START_BYTES_MAX) continue
      throw formatMissing(`${log}/${name} of ${length} bytes`)
    }
  }
}

function formatMissing(found: string): ReturnType<typeof fail> {
  return fail('format-file-damaged', `The file "${FORMAT_FILE}" is missing although the store is not new. Restore it with "telltale store repair".`, { expected: `the file "${FORMAT_FILE}"`, found })
}

/** A segment that holds no more than its start has never held anything else. */
const START_BYTES_MAX = 64

async function fileLength(disk: Disk, path: string): Promise<number> {
  const file = await disk.open(path, 'read')
  try {
    return await file.length()
  } finally {
    await file.close()
  }
}

/** 1. folders; 2. the file `signed`; 3. all of it synced; 4. the file `format`, which makes it a store. */
async function createLayout(disk: Disk, directory: string, network: Uint8Array | null): Promise<StoreFormat> {
  for (const log of LOG_NAMES) await disk.makeDirectory(join(directory, log))
  const signed = join(directory, SIGNED_FILE)
  if ((await disk.kindOf(signed)) !== null) await disk.remove(signed)
  await createDurably(disk, signed, encodeSignedFile({ sequence: 0, state: null, blockSequence: 0 }))
  const format = { number: FORMAT_NUMBER, network }
  await writeFormatFile(disk, directory, format)
  return format
}
