import { dirname } from 'node:path'
import { fail } from '@telltale/core'
import type { Disk, DiskFile } from './disk.ts'

/** Writes all parts from `position` on, also where the disk takes them in pieces. Not synced. */
export async function writeFully(file: DiskFile, parts: readonly Uint8Array[], position: number): Promise<void> {
  let rest = parts.filter((part) => part.length > 0)
  let at = position
  while (rest.length > 0) {
    const written = await file.write(rest, at)
    if (written <= 0) throw fail('disk-failed', 'The disk took no bytes and named no reason.', { expected: 'at least one byte written', found: String(written) })
    at += written
    rest = withoutFirst(rest, written)
  }
}

function withoutFirst(parts: readonly Uint8Array[], count: number): Uint8Array[] {
  let skip = count
  const rest: Uint8Array[] = []
  for (const part of parts) {
    if (skip >= part.length) {
      skip -= part.length
      continue
    }
    rest.push(skip === 0 ? part : part.subarray(skip))
    skip = 0
  }
  return rest
}

/** Reads `length` bytes from `position` on; fewer only where the file ends. */
export async function readUpTo(file: DiskFile, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  return bytes.subarray(0, await readInto(file, bytes, position))
}

/** Fills `bytes` from `position` on and returns how many were there. */
export async function readInto(file: DiskFile, bytes: Uint8Array, position: number): Promise<number> {
  let have = 0
  while (have < bytes.length) {
    const count = await file.read(bytes.subarray(have), position + have)
    if (count <= 0) break
    have += count
  }
  return have
}

/** A whole file. */
export async function readWhole(disk: Disk, path: string): Promise<Uint8Array> {
  return withFile(disk, path, 'read', async (file) => readUpTo(file, 0, await file.length()))
}

/** Opens, runs, closes. */
export async function withFile<T>(disk: Disk, path: string, mode: 'read' | 'change' | 'create', run: (file: DiskFile) => Promise<T>): Promise<T> {
  const file = await disk.open(path, mode)
  try {
    return await run(file)
  } finally {
    await file.close()
  }
}

/** A new file that survives a loss of power: written, synced, its directory synced. */
export async function createDurably(disk: Disk, path: string, parts: readonly Uint8Array[]): Promise<void> {
  await writeNew(disk, path, parts)
  await disk.syncDirectory(dirname(path))
}

/**
 * Puts new contents in the place of a file so that, whatever happens, either the old or the new are there: a temporary file is written
 * and synced, renamed over the old one, and the directory synced.
 */
export async function replaceDurably(disk: Disk, path: string, parts: readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}${TEMPORARY_SUFFIX}`
  if ((await disk.kindOf(temporary)) !== null) await disk.remove(temporary)
  await writeNew(disk, temporary, parts)
  await disk.rename(temporary, path)
  await disk.syncDirectory(dirname(path))
}

/** Files with this ending were being written when the process ended; they are removed when the store opens. */
export const TEMPORARY_SUFFIX = '.new'

async function writeNew(disk: Disk, path: string, parts: readonly Uint8Array[]): Promise<void> {
  await withFile(disk, path, 'create', async (file) => {
    await writeFully(file, parts, 0)
    await file.sync()
  })
}
