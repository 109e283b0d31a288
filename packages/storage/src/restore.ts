import { join, dirname, resolve } from 'node:path'
import { bytesToHex, equalBytes, fail } from '@telltale/core'
import type { SignedState } from '@telltale/ledger'
import { MANIFEST_FILE, backupDamaged, readManifest } from './backup-manifest.ts'
import type { BackupManifest } from './backup-manifest.ts'
import { createCodedDisk } from './coded-disk.ts'
import type { Disk } from './disk.ts'
import { copyFile, hashFile } from './file-copy.ts'
import { readWhole } from './file-steps.ts'
import { FORMAT_FILE, writeFormatFile } from './format-file.ts'
import { isStoreName, lockStore } from './layout.ts'
import { createNodeDisk } from './node-disk.ts'
import { LOG_NAMES } from './segment-name.ts'
import { readSignedFile, refuseLowerSigned } from './signed-file.ts'

export interface RestoreReport {
  height: number
  /** Where the store that stood in the target lies now; null where there was none. */
  replaced: string | null
}

/**
 * Makes a store out of a backup: 1. every file of the backup is held against its hash; 2. a store in the target must not have signed more
 * than the backup knows; 3. the new store is made beside the target, `.restoring`, synced; 4. the old one is renamed to `.replaced-1` and kept;
 * 5. the new one takes its name. A process that ends between 4 and 5 leaves both under those names. Rows are rebuilt when it is opened.
 * Codes: `not-a-backup`, `backup-damaged`, `would-lower-signed-state`, `directory-not-empty`, `store-in-use`.
 */
export async function restoreStore(backup: string, target: string, options: { disk?: Disk } = {}): Promise<RestoreReport> {
  const disk = createCodedDisk(options.disk ?? createNodeDisk())
  const manifest = await verifyBackup(disk, backup)
  const { state } = await readSignedFile(disk, backup)
  const place = resolve(target)
  const isOccupied = (await disk.kindOf(place)) !== null && (await disk.list(place)).length > 0
  if (isOccupied) await refuseLowering(disk, place, state)
  const fresh = `${place}.restoring`
  await disk.removeDirectory(fresh)
  for (const log of LOG_NAMES) await disk.makeDirectory(join(fresh, log))
  for (const { path, length } of manifest.files) await copyFile(disk, join(backup, path), join(fresh, path), length)
  for (const log of LOG_NAMES) await disk.syncDirectory(join(fresh, log))
  await writeFormatFile(disk, fresh, { number: manifest.format, network: manifest.network })
  const replaced = isOccupied ? await freeName(disk, place) : null
  if (replaced === null) await disk.removeDirectory(place)
  else await disk.rename(place, replaced)
  await disk.rename(fresh, place)
  await disk.syncDirectory(dirname(place))
  return { height: manifest.height, replaced }
}

/** The manifest, once every file has the length and the hash that it names (`not-a-backup`, `backup-damaged`). */
export async function verifyBackup(disk: Disk, backup: string): Promise<BackupManifest> {
  const path = join(backup, MANIFEST_FILE)
  if ((await disk.kindOf(path)) !== 'file') {
    throw fail('not-a-backup', `${backup} holds no finished backup: the file "${MANIFEST_FILE}" is missing.`, { expected: `the file "${MANIFEST_FILE}"`, found: 'none' })
  }
  const manifest = readManifest(await readWhole(disk, path))
  for (const file of manifest.files) {
    if ((await disk.kindOf(join(backup, file.path))) !== 'file') throw backupDamaged(file.path, `${file.length} bytes`, 'no file')
    const { sha256, length } = await hashFile(disk, join(backup, file.path))
    if (length !== file.length) throw backupDamaged(file.path, `${file.length} bytes`, `${length} bytes`)
    if (!equalBytes(sha256, file.sha256)) throw backupDamaged(file.path, bytesToHex(file.sha256), bytesToHex(sha256))
  }
  return manifest
}

/** A store may be replaced only by one that knows at least what it signed; what it signed must be readable for that. */
async function refuseLowering(disk: Disk, target: string, signed: SignedState | null): Promise<void> {
  const names = await disk.list(target)
  const foreign = names.filter((name) => !isStoreName(name))
  if (foreign.length > 0 || !names.includes(FORMAT_FILE)) {
    throw fail('directory-not-empty', `${target} holds something else than a store. Name an empty directory.`, { expected: 'an empty directory or a store', found: names.slice(0, 5).join(', ') })
  }
  const lock = await lockStore(disk, target)
  try {
    const slot = await readSignedFile(disk, target).catch((error: unknown) => {
      throw fail('would-lower-signed-state', 'What the store in the target signed cannot be read, so nothing shows that the backup knows it too. Restore into an empty directory.', { expected: 'a readable signed state', found: 'a damaged one', cause: error })
    })
    refuseLowerSigned(slot.state, signed)
  } finally {
    await lock.release()
  }
}

async function freeName(disk: Disk, place: string): Promise<string> {
  for (let number = 1; ; number++) if ((await disk.kindOf(`${place}.replaced-${number}`)) === null) return `${place}.replaced-${number}`
}
