import { existsSync } from 'node:fs'
import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TelltaleError, bytesToHex, equalBytes, fail } from '@telltale/core'
import { createLedgerReader, openLedger } from '@telltale/ledger'
import type { SignedState } from '@telltale/ledger'
import { createNodeDisk, createStore, readSignedFile, restoreStore } from '@telltale/storage'
import { createNodePrimitives } from '../crypto/node-primitives.ts'
import { storeDirectory } from '../home/home.ts'
import { PROFILE_FILE, readProfile, writeProfile } from '../home/profile.ts'
import type { Profile } from '../home/profile.ts'
import { BACKUP_STORE, readBackupList } from './backup-list.ts'
import { copyTo } from './data-backup.ts'
import { fileProblem } from './data-files.ts'

export interface DataRestore {
  height: number
  /** Where the store that stood there lies now; null where there was none. */
  replaced: string | null
  /** Files beside the store that came from the backup; what was there and whole was kept. */
  files: string[]
  /** `whole`: the store holds all that its authority signed, as far as is known here. `behind`: it signed more. `unknown`: what it signed cannot be read any more. */
  signed: 'whole' | 'behind' | 'unknown'
  /** Whether other authorities can say what this one signed: then it asks them when it starts. */
  asksOthers: boolean
}

type Replaying = (height: number, target: number) => void

/** What a store in place says that its authority signed; `unknown` where it cannot be read, null where there is no store. */
type SignedBefore = { state: SignedState | null } | 'unknown' | null

/**
 * Puts a backup into a new directory, or in the place of a store of the same network: 1. the backup is held against its lists; 2. the new store is made beside
 * the old one; 3. what the old one signed is written into it, never less; 4. other files that are missing or damaged come from the backup; 5. the stores
 * change places, the old one is kept. Codes: `not-a-backup`, `backup-damaged`, `other-network`, `directory-not-empty`, `store-in-use`.
 */
export async function restoreData(backup: string, directory: string, onReplay?: Replaying): Promise<DataRestore> {
  const list = await readBackupList(backup)
  const found = await findProfile(directory, list.network)
  const place = storeDirectory(directory)
  const before = await readSignedBefore(place)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const fresh = `${place}.restored`
  await rm(fresh, { recursive: true, force: true })
  const { height } = await restoreStore(join(backup, BACKUP_STORE), fresh)
  const { signed, asksOthers } = await carrySigned(fresh, before, onReplay)
  const files = await restoreFiles(backup, directory, list.files.map((file) => file.path), found)
  const replaced = before === null ? null : await freeName(place)
  if (replaced !== null) await rename(place, replaced)
  await rename(fresh, place)
  await syncDirectory(directory)
  return { height, replaced, files, signed, asksOthers }
}

/** The profile that is in place, null where it is missing or damaged; refuses directories of others. */
async function findProfile(directory: string, network: Uint8Array): Promise<Profile | null> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    if (error.code === 'ENOTDIR') throw fail('not-a-directory', `${directory} is a file, not a directory; name another.`, { expected: 'a new directory, or the one that was backed up', found: 'a file', cause: error })
    throw error
  })
  const isOurs = names.includes(PROFILE_FILE) || names.every((name) => /^(?:keys|secrets|devices|store(?:\..*)?|(?:accounts|config)\.json)$/.test(name))
  if (!isOurs) throw fail('directory-not-empty', `${directory} holds something else than data of Telltale. Name a new directory, or the one that was backed up.`, { expected: 'a new directory', found: names.slice(0, 3).join(', ') })
  try {
    const profile = await readProfile(directory)
    if (profile && !equalBytes(profile.network, network)) throw fail('other-network', `${directory} belongs to another network than the backup. Name another directory.`, { expected: bytesToHex(network), found: bytesToHex(profile.network) })
    return profile
  } catch (error) {
    if (error instanceof TelltaleError && error.code === 'malformed-profile') return null
    throw error
  }
}

async function readSignedBefore(place: string): Promise<SignedBefore> {
  if (!existsSync(place)) return null
  await refuseInUse(place)
  try {
    return { state: (await readSignedFile(createNodeDisk(), place)).state }
  } catch (error) {
    if (error instanceof TelltaleError) return 'unknown'
    throw error
  }
}

/** A store that another process uses must not be taken away from it (`store-in-use`). */
async function refuseInUse(place: string): Promise<void> {
  const lock = await createNodeDisk().lock(join(place, 'lock'))
  if (lock === null) throw fail('store-in-use', `Another process uses the store in ${place}. Stop it first.`, { expected: 'a store that nobody uses', found: 'one in use' })
  await lock.release()
}

/**
 * Writes what was signed into the restored store, whose blocks are replayed for that. Where it is not known any more, or the backup tells another history, the
 * store is left without it: its authority stops and says so.
 */
async function carrySigned(fresh: string, before: SignedBefore, onReplay?: Replaying): Promise<Pick<DataRestore, 'signed' | 'asksOthers'>> {
  if (before === null) return { signed: 'whole', asksOthers: false }
  const carried = await compareSigned(fresh, before === 'unknown' ? null : before.state, onReplay)
  if (carried.signed === 'unknown') await rm(join(fresh, 'signed'), { force: true })
  return carried
}

async function compareSigned(fresh: string, before: SignedState | null, onReplay?: Replaying): Promise<Pick<DataRestore, 'signed' | 'asksOthers'>> {
  const primitives = createNodePrimitives()
  const store = await createStore({ directory: fresh, create: false })
  try {
    const ledger = await openLedger({ store, primitives, ...(onReplay ? { onReplay } : {}) })
    const asksOthers = ledger.authorities(ledger.position.height + 1).length > 1
    if (before === null) return { signed: 'unknown', asksOthers }
    const { signed: held } = store
    if (before.size <= ledger.position.log.size && before.sealedHeight <= ledger.position.height) {
      const isSame = before.size === 0 || equalBytes(await createLedgerReader(ledger, primitives).logRoot(before.size), before.logRoot)
      if (!isSame) return { signed: 'unknown', asksOthers }
      // Votes run ahead of what is final.
      if (held && (before.voted?.targetHeight ?? 0) > (held.voted?.targetHeight ?? 0)) await store.writeSigned({ ...held, ...(before.voted ? { voted: before.voted } : {}) })
      return { signed: 'whole', asksOthers }
    }
    const sealedHeight = Math.max(before.sealedHeight, held?.sealedHeight ?? 0)
    const issuedAtSeconds = Math.max(before.issuedAtSeconds, held?.issuedAtSeconds ?? 0)
    await store.writeSigned({ ...before, sealedHeight, issuedAtSeconds })
    return { signed: 'behind', asksOthers }
  } finally {
    await store.close()
  }
}

/** What is there and whole stays: it is newer. The profile gets what only the backup knows. */
async function restoreFiles(backup: string, directory: string, paths: string[], found: Profile | null): Promise<string[]> {
  const restored: string[] = []
  for (const path of paths) {
    if (path === PROFILE_FILE && found) continue
    const problem = existsSync(join(directory, path)) ? await fileProblem(directory, path) : 'missing'
    if (problem === null) continue
    await copyTo(directory, path, await readFile(join(backup, path)))
    restored.push(path)
  }
  const kept = await readProfile(backup)
  if (found && kept) {
    const assets = [...found.assets, ...kept.assets.filter((asset) => !found.assets.some((other) => other.id === asset.id))]
    const devices = [...found.devices, ...kept.devices.filter((device) => !found.devices.some((other) => other.address === device.address))]
    await writeProfile(directory, { ...found, assets, devices })
  }
  return restored
}

async function freeName(place: string): Promise<string> {
  for (let number = 1; ; number++) if (!existsSync(`${place}.replaced-${number}`)) return `${place}.replaced-${number}`
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
