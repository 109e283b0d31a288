import { randomBytes } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fail } from '@telltale/core'

/**
 * Writes a small file so that after a crash it is there whole or not at all:
 * 1. create a temporary file beside it (O_EXCL, the given mode), write, fsync: the bytes are on disk;
 * 2. rename it over `path`, or, where nothing may be replaced, link it there (link fails where the name exists) and remove the temporary name;
 * 3. fsync the directory: the name is on disk.
 * Codes: `file-exists` unless `replace`; errors of the file system are passed on.
 */
export async function writeDurably(path: string, bytes: Uint8Array, options: { mode: number; replace: boolean }): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx', options.mode)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    if (options.replace) await rename(temporary, path)
    else await placeNew(temporary, path, options.mode)
  } finally {
    await rm(temporary, { force: true })
  }
  await syncDirectory(dirname(path))
}

async function placeNew(temporary: string, path: string, mode: number): Promise<void> {
  try {
    try {
      await link(temporary, path)
    } catch (error) {
      if (!NO_HARD_LINKS.has(codeOf(error))) throw error
      // exFAT and some mounts have no hard links: reserve the name instead. A crash between these two lines leaves an empty file.
      await (await open(path, 'wx', mode)).close()
      await rename(temporary, path)
    }
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw cause
    throw fail('file-exists', `${path} exists already and was left as it is.`, { expected: 'a new file', found: 'an existing one', cause })
  }
}

const NO_HARD_LINKS = new Set<string | undefined>(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open directories; NTFS journals names by itself.
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
