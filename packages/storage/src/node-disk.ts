import { writevSync } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Disk, DiskFile, DiskLock } from './disk.ts'

/** The disk of this machine. */
export function createNodeDisk(): Disk {
  return {
    kindOf,
    list: (path) => readdir(path),
    makeDirectory,
    open: async (path, mode) => createNodeFile(await open(path, { read: 'r', change: 'r+', create: 'wx+' }[mode])),
    rename: (from, to) => rename(from, to),
    remove: (path) => unlink(path),
    removeDirectory: (path) => rm(path, { recursive: true, force: true }),
    syncDirectory,
    lock,
  }
}

async function kindOf(path: string): Promise<'file' | 'directory' | null> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'file'
  } catch (error) {
    if (errorNumber(error) === 'ENOENT') return null
    throw error
  }
}

async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return
  // Each new directory is a name in the one above it, which must be durable too.
  for (let made = resolve(path); made !== dirname(resolve(first)); made = dirname(made)) await syncDirectory(dirname(made))
}

function createNodeFile(handle: FileHandle): DiskFile {
  return {
    read: async (buffer, position) => (await handle.read(buffer, 0, buffer.length, position)).bytesRead,
    write: async (parts, position) => {
      const bytes = parts.reduce((sum, part) => sum + part.length, 0)
      // A few pages go to the system's cache in less time than another thread takes to wake up.
      return bytes <= WRITTEN_AT_ONCE_BYTES_MAX ? writevSync(handle.fd, [...parts], position) : (await handle.writev([...parts], position)).bytesWritten
    },
    // fdatasync writes the length too when it has changed: without it the bytes could not be read again (POSIX, fdatasync).
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    length: async () => (await handle.stat()).size,
    close: () => handle.close(),
  }
}

/** Windows has no such call and orders its directory changes itself. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * An exclusive SQLite transaction on an empty file is the one lock in Node that the kernel itself releases (fcntl, LockFileEx): it holds
 * between processes and within one, and a process that was killed leaves nothing that could block the next. Nothing is ever written to the file.
 */
async function lock(path: string): Promise<DiskLock | null> {
  const handle = await open(path, 'a')
  await handle.close()
  // SQLite opens a file that it may not write for reading, and would then report a refused lock as a write.
  await access(path, 2)
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('PRAGMA journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return null
    throw error
  }
  return {
    release: async () => database.close(),
  }
}

const WRITTEN_AT_ONCE_BYTES_MAX = 65_536
const SQLITE_BUSY = 5

function errorNumber(error: unknown): string | undefined {
  return (error as { code?: string }).code
}
