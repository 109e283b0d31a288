import { basename } from 'node:path'
import { TelltaleError, fail } from '@telltale/core'
import type { Disk, DiskFile } from './disk.ts'

/** The same disk with coded errors: `disk-full`, `directory-read-only`, `file-missing`, `disk-failed`. */
export function createCodedDisk(disk: Disk): Disk {
  return {
    kindOf: (path) => coded(`look at ${path}`, () => disk.kindOf(path)),
    list: (path) => coded(`list ${path}`, () => disk.list(path)),
    makeDirectory: (path) => coded(`make the directory ${path}`, () => disk.makeDirectory(path)),
    open: async (path, mode) => createCodedFile(await coded(`open ${path}`, () => disk.open(path, mode)), path),
    rename: (from, to) => coded(`rename ${from} to ${basename(to)}`, () => disk.rename(from, to)),
    remove: (path) => coded(`remove ${path}`, () => disk.remove(path)),
    removeDirectory: (path) => coded(`remove ${path}`, () => disk.removeDirectory(path)),
    syncDirectory: (path) => coded(`sync ${path}`, () => disk.syncDirectory(path)),
    lock: (path) => coded(`lock ${path}`, () => disk.lock(path)),
  }
}

function createCodedFile(file: DiskFile, path: string): DiskFile {
  return {
    read: (buffer, position) => coded(`read ${path}`, () => file.read(buffer, position)),
    write: (parts, position) => coded(`write ${path}`, () => file.write(parts, position)),
    sync: () => coded(`sync ${path}`, () => file.sync()),
    truncate: (length) => coded(`cut ${path}`, () => file.truncate(length)),
    length: () => coded(`measure ${path}`, () => file.length()),
    close: () => coded(`close ${path}`, () => file.close()),
  }
}

async function coded<T>(action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw diskError(error, action)
  }
}

/** The coded error for an error of the operating system while doing `action`; a coded error stays as it is. */
export function diskError(error: unknown, action: string): TelltaleError {
  if (error instanceof TelltaleError) return error
  const number = (error as { code?: unknown }).code
  const found = typeof number === 'string' ? number : String(error)
  switch (number) {
    case 'ENOSPC':
    case 'EDQUOT':
      return fail('disk-full', `The disk is full: could not ${action}. Free some space and open the store again; nothing that was acknowledged is lost.`, { expected: 'free space', found, cause: error })
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return fail('directory-read-only', `The directory may not be written: could not ${action}. Give this user the right to write there.`, { expected: 'a directory that may be written', found, cause: error })
    case 'ENOENT':
      return fail('file-missing', `A file is missing: could not ${action}.`, { expected: 'a file', found, cause: error })
    default:
      return fail('disk-failed', `The disk failed: could not ${action} (${found}). Look at the system's log, then open the store again.`, { expected: 'a disk that answers', found, cause: error })
  }
}
