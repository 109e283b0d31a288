import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '@telltale/core'
import { STORE_LOCK_FILE, createNodeDisk } from '@telltale/storage'
import type { DiskLock } from '@telltale/storage'
import { STORE_FOLDER, makeDirectory } from './new-directory.ts'

const LOCK_FILE = 'keys.lock'

/**
 * Takes the keys and devices of a directory for this process, until it is released or the process ends: two that sign for one stream would fork it. In a data
 * directory it is the lock of its store, so that neither a node nor another command works there meanwhile (`keys-in-use`).
 */
export async function lockKeys(directory: string): Promise<DiskLock> {
  await makeDirectory(directory)
  const store = join(directory, STORE_FOLDER)
  const lock = await createNodeDisk().lock(existsSync(store) ? join(store, STORE_LOCK_FILE) : join(directory, LOCK_FILE))
  if (lock) return lock
  throw fail('keys-in-use', `Another process works with the keys and devices in ${directory}, a node for instance. Stop it first, or keep them in a directory of their own.`, { expected: 'a directory that nobody uses', found: 'one in use' })
}
