import { mkdir, readFile, readdir } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { fail } from '@telltale/core'
import { backupStore, createStore } from '@telltale/storage'
import type { DiskStore } from '@telltale/storage'
import { storeDirectory } from '../home/home.ts'
import { GATEWAY_FOLDER } from '../home/new-directory.ts'
import { readProfile } from '../home/profile.ts'
import { writeDurably } from '../keys/durable-file.ts'
import { BACKUP_STORE, writeBackupList } from './backup-list.ts'
import type { BackupList } from './backup-list.ts'
import { hashOf, listDataFiles } from './data-files.ts'

export interface DataBackup {
  height: number
  files: number
  bytes: number
}

/**
 * Copies a data directory, keys included, into an empty or missing one: 1. the store, verified whole; 2. all other files, while the store is held, so that no
 * device goes on meanwhile; 3. the list of files, which makes it a backup. No key and no password is needed. Codes: `no-data`, `directory-not-empty`,
 * `store-in-use`, `segment-damaged` and those of the disk.
 */
export async function backupData(directory: string, target: string, onProgress: (bytes: number) => void = () => undefined): Promise<DataBackup> {
  const profile = await readProfile(directory)
  if (!profile) throw fail('no-data', `${directory} is not a data directory.`, { expected: 'a data directory', found: directory })
  await requireEmptyTarget(directory, target)
  const store = await createStore({ directory: storeDirectory(directory), create: false, network: profile.network })
  try {
    return await backupOpened({ directory, network: profile.network, store }, target, onProgress)
  } finally {
    await store.close()
  }
}

interface OpenedData {
  directory: string
  network: Uint8Array
  store: DiskStore
}

/**
 * The same for a directory that is in use. Files of devices are copied after the store, so that none is older than what the ledger holds of it: a device that forgot would
 * sign twice for one place. Those of a gateway are copied before it: what its outbox no longer holds is in the store, and what it still holds is sent once more.
 */
export async function backupOpened({ directory, network, store }: OpenedData, target: string, onProgress: (bytes: number) => void = () => undefined): Promise<DataBackup> {
  await requireEmptyTarget(directory, target)
  await mkdir(target, { recursive: true, mode: 0o700 })
  const files: BackupList['files'] = []
  const copyFiles = async (isWanted: (path: string) => boolean): Promise<void> => {
    for (const path of (await listDataFiles(directory)).filter(isWanted)) {
      const content = await readFile(join(directory, path))
      await copyTo(target, path, content)
      files.push({ path, bytes: content.length, sha256: hashOf(content) })
    }
  }
  const isOfGateway = (path: string): boolean => path.startsWith(`${GATEWAY_FOLDER}/`)
  await copyFiles(isOfGateway)
  const copied = await backupStore(store, join(target, BACKUP_STORE), { onProgress })
  await copyFiles((path) => !isOfGateway(path))
  await writeBackupList(target, { network, height: copied.height, files })
  return { height: copied.height, files: copied.files + files.length, bytes: copied.bytes + files.reduce((sum, file) => sum + file.bytes, 0) }
}

/** Writes a file of a data directory, which only its owner may read. */
export async function copyTo(directory: string, path: string, content: Uint8Array): Promise<void> {
  const full = join(directory, path)
  await mkdir(dirname(full), { recursive: true, mode: 0o700 })
  await writeDurably(full, content, { mode: 0o600, replace: true })
}

async function requireEmptyTarget(directory: string, target: string): Promise<void> {
  if (`${resolve(target)}${sep}`.startsWith(`${resolve(directory)}${sep}`)) throw fail('directory-not-empty', `${target} lies in the directory that is backed up; choose a place outside, best on another disk.`, { expected: `a place outside ${directory}`, found: target })
  const names = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    if (error.code === 'ENOTDIR') throw fail('not-a-directory', `${target} is a file. Name an empty directory, or one that does not exist.`, { expected: 'an empty directory', found: 'a file', cause: error })
    throw error
  })
  if (names.length > 0) throw fail('directory-not-empty', `${target} is not empty. Name an empty directory, or one that does not exist.`, { expected: 'an empty directory', found: names.slice(0, 3).join(', ') })
}
