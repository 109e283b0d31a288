import { mkdir, readdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fail } from '@telltale/core'
import type { TelltaleError } from '@telltale/core'
import { PROFILE_FILE } from './profile.ts'

/** Folder of a data directory that holds the store. */
export const STORE_FOLDER = 'store'
/** What a gateway in the node took, and what was refused of it. */
export const GATEWAY_FOLDER = 'gateway'

/** Folders that appear only once a network is in use. */
const LATER_FOLDERS = ['devices', 'secrets', GATEWAY_FOLDER]

/** Refuses a directory in which no data directory can be made (`already-initialised`, `directory-not-empty`, `not-a-directory`). What an interrupted attempt left is no obstacle. */
export async function requireNewDirectory(directory: string): Promise<void> {
  let names: string[]
  try {
    names = await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error
    throw fail('not-a-directory', `${directory} is a file, not a directory; name another.`, { expected: 'a new or empty directory', found: 'a file', cause: error })
  }
  if (names.includes(PROFILE_FILE)) throw fail('already-initialised', `${directory} holds a network already.`, { expected: 'a new or empty directory', found: PROFILE_FILE })
  if (names.includes(STORE_FOLDER) && names.some((name) => LATER_FOLDERS.includes(name))) throw lostProfile(directory)
  const foreign = names.filter((name) => name !== 'keys' && name !== STORE_FOLDER)
  if (foreign.length > 0) throw fail('directory-not-empty', `${directory} holds other files; choose an empty directory.`, { expected: 'an empty directory', found: foreign.slice(0, 3).join(', ') })
}

/** A network that was in use must not be begun again over its own store. */
export function lostProfile(directory: string): TelltaleError {
  return fail('data-unreadable', `${directory} has lost its file ${PROFILE_FILE}. Bring it back with \`telltale store restore BACKUP --data ${directory}\`.`, { expected: PROFILE_FILE, found: 'none' })
}

/** Makes a directory that only its owner may enter, and those above it. One by one: the recursive way of Node never ends in /proc. */
export async function makeDirectory(path: string): Promise<void> {
  const missing: string[] = []
  for (let above = resolve(path); !(await isThere(above)); above = dirname(above)) missing.unshift(above)
  for (const directory of missing) await mkdir(directory, { mode: 0o700 })
}

async function isThere(path: string): Promise<boolean> {
  try {
    await readdir(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
