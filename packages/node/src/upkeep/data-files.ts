import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { lstat, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { asArray, asExactly, decode, errorToVerdict, fail, TelltaleError } from '@telltale/core'
import type { StoreProblem } from '@telltale/storage'
import { ACCOUNTS_FILE, readAccounts } from '../accounts/accounts-file.ts'
import { storeDirectory } from '../home/home.ts'
import { GATEWAY_FOLDER } from '../home/new-directory.ts'
import { PROFILE_FILE, readProfile } from '../home/profile.ts'
import { createSecretsFile } from '../home/secrets.ts'
import { CONFIG_FILE } from '../service/settings.ts'
import { readKeyFileHead } from '../keys/key-file.ts'

/** Folders of a data directory beside its store: keys, secrets under which records are sealed, what devices remember, and what a gateway in the node took. */
const FOLDERS = ['keys', 'secrets', 'devices', GATEWAY_FOLDER] as const

/** Refuses a directory that holds neither a profile nor a store (`no-data`); one of the two may be what is to be mended. */
export function requireData(directory: string): void {
  if (existsSync(join(directory, PROFILE_FILE)) || existsSync(storeDirectory(directory))) return
  throw fail('no-data', `${directory} is not a data directory; make one with \`telltale init --data ${directory}\`.`, { expected: 'a data directory', found: directory })
}

/** Files of a data directory beside its store, with forward slashes; what was only being written is left out. */
export async function listDataFiles(directory: string): Promise<string[]> {
  const files: string[] = [PROFILE_FILE]
  for (const file of [CONFIG_FILE, ACCOUNTS_FILE]) if (existsSync(join(directory, file))) files.push(file)
  for (const folder of FOLDERS) files.push(...(await listFolder(directory, folder)))
  return files
}

async function listFolder(directory: string, folder: string): Promise<string[]> {
  let names: string[]
  try {
    names = (await readdir(join(directory, folder))).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const files: string[] = []
  for (const name of names) {
    const path = `${folder}/${name}`
    const found = await lstat(join(directory, path))
    if (found.isDirectory()) files.push(...(await listFolder(directory, path)))
    else if (found.isFile() && !/\.(?:tmp|new)$/.test(name)) files.push(path)
  }
  return files
}

/** Why a file of a data directory cannot be used, or null. Passwords are not needed: what is behind one is only looked at from outside. */
export async function fileProblem(directory: string, path: string): Promise<StoreProblem | null> {
  try {
    await readOne(directory, path)
    return null
  } catch (error) {
    const known = error instanceof TelltaleError ? error : fail('file-unreadable', `${path} cannot be read.`, { expected: 'a readable file', found: (error as NodeJS.ErrnoException).code ?? 'an error', cause: error })
    if (known.code === 'password-required') return null
    const { code, message, expected, found } = errorToVerdict(known)
    return { code, file: path, offset: 0, length: 0, what: 'file', expected: expected ?? 'a whole file', found: found ?? message }
  }
}

async function readOne(directory: string, path: string): Promise<void> {
  const full = join(directory, path)
  if (path === PROFILE_FILE) {
    if (!(await readProfile(directory))) throw fail('file-missing', `${PROFILE_FILE} is missing.`, { expected: PROFILE_FILE, found: 'no file' })
  } else if (path === ACCOUNTS_FILE) readAccounts(directory)
  else if (/^keys\/.*\.(?:key|seal)$/.test(path)) await readKeyFileHead(full)
  else if (/^secrets\/.*\.json$/.test(path)) await createSecretsFile(directory, path.slice('secrets/'.length, -'.json'.length), undefined).has('', 0)
  else if (path.endsWith('.state')) asExactly(asArray(decode(new Uint8Array(await readFile(full))), 'device state')[0], 'tt-device-state', 'device state')
  else await readFile(full)
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
