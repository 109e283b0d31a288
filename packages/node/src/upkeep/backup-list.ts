import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToHex, fail, hexToBytes } from '@telltale/core'
import { writeDurably } from '../keys/durable-file.ts'
import { hashOf } from './data-files.ts'

/** `telltale-backup.json`, written last: what a backup of a data directory holds beside its store. A directory without it is no backup. */
export interface BackupList {
  network: Uint8Array
  /** Height of the last block. */
  height: number
  files: { path: string; bytes: number; sha256: string }[]
}

const FILE = 'telltale-backup.json'
/** Folder of a backup that holds the copy of the store. */
export const BACKUP_STORE = 'store'

export async function writeBackupList(backup: string, { network, height, files }: BackupList): Promise<void> {
  const json = { version: 1, network: bytesToHex(network), height, files }
  await writeDurably(join(backup, FILE), Buffer.from(`${JSON.stringify(json, null, 2)}\n`), { mode: 0o600, replace: true })
}

/** Reads the list and holds every file against it (`not-a-backup`, `backup-damaged`). The store has a list of its own. */
export async function readBackupList(backup: string): Promise<BackupList> {
  const list = parseList(await readText(backup), backup)
  for (const { path, bytes, sha256 } of list.files) {
    const content = await readFile(join(backup, path)).catch(() => null)
    if (!content) throw damaged(backup, path, `${bytes} bytes`, 'no file')
    const found = hashOf(content)
    if (found !== sha256) throw damaged(backup, path, sha256, found)
  }
  return list
}

async function readText(backup: string): Promise<string> {
  try {
    return await readFile(join(backup, FILE), 'utf8')
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    throw fail('not-a-backup', `${backup} is not a finished backup: ${FILE} is missing. Name a directory that \`telltale store backup\` has written.`, { expected: FILE, found: 'none', cause: error })
  }
}

function parseList(text: string, backup: string): BackupList {
  const json = tryParse(text)
  const isList = json?.version === 1 && /^[0-9a-f]{64}$/.test(json.network ?? '') && Number.isInteger(json.height) && Array.isArray(json.files) && json.files.every(isEntry)
  if (!isList) throw damaged(backup, FILE, 'a list of files, version 1', text.slice(0, 60))
  return { network: hexToBytes(json.network as string), height: json.height as number, files: json.files as BackupList['files'] }
}

interface ListJson {
  version?: number
  network?: string
  height?: number
  files?: unknown[]
}

function tryParse(text: string): ListJson | null {
  try {
    return JSON.parse(text) as ListJson | null
  } catch {
    // No JSON: refused with everything else that is no list.
    return null
  }
}

function isEntry(value: unknown): boolean {
  const { path, bytes, sha256 } = value as Record<string, unknown>
  return typeof path === 'string' && isPlainPath(path) && Number.isInteger(bytes) && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)
}

/** A path that stays in the directory: a backup may come from elsewhere. */
function isPlainPath(path: string): boolean {
  return /^(?:[A-Za-z0-9][A-Za-z0-9._-]*\/)*[A-Za-z0-9][A-Za-z0-9._-]*$/.test(path)
}

function damaged(backup: string, file: string, expected: string, found: string): Error {
  return fail('backup-damaged', `The backup ${backup} is damaged in ${file}: expected ${expected}, found ${found}. Use another backup.`, { expected, found })
}
