import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { TelltaleError, fail } from '@telltale/core'
import { writeDurably } from '../keys/durable-file.ts'
import { NO_ACCOUNTS, accountsDamaged, accountsFromText, accountsToText } from './accounts-format.ts'
import type { Accounts } from './accounts-format.ts'
import { ACCOUNTS_FILE_BYTES_MAX } from './limits.ts'

export const ACCOUNTS_FILE = 'accounts.json'

const LOCK_SUFFIX = '.lock'
const LOCK_ATTEMPTS = 250
const LOCK_WAIT_MS = 20
/** A change takes milliseconds: whoever holds the lock for longer was killed. */
const LOCK_STALE_MS = 10_000

/** What stands in the accounts file of a data directory; null where there is none (`accounts-damaged`). Synchronous, so that no request is judged by half a change. */
export function readAccounts(directory: string): Accounts | null {
  let file: number | null = null
  try {
    file = openSync(join(directory, ACCOUNTS_FILE), 'r')
    if (fstatSync(file).size > ACCOUNTS_FILE_BYTES_MAX) throw accountsDamaged(`at most ${ACCOUNTS_FILE_BYTES_MAX} bytes`)
    return accountsFromText(readFileSync(file, 'utf8'))
  } catch (cause) {
    if (cause instanceof TelltaleError) throw cause
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return null
    throw accountsDamaged('a readable file', cause)
  } finally {
    if (file !== null) closeSync(file)
  }
}

/**
 * Changes the accounts of a data directory: whole or not at all, on the disk when it resolves, and one after the other, whoever else changes them, a running node
 * included (`accounts-damaged`, `accounts-in-use`, and whatever `change` throws, after which nothing was written).
 */
export async function changeAccounts(directory: string, change: (now: Accounts) => Accounts): Promise<Accounts> {
  const path = join(directory, ACCOUNTS_FILE)
  await takeLock(path + LOCK_SUFFIX)
  try {
    const next = change(readAccounts(directory) ?? NO_ACCOUNTS)
    await writeDurably(path, Buffer.from(accountsToText(next)), { mode: 0o600, replace: true })
    return next
  } finally {
    await rm(path + LOCK_SUFFIX, { force: true })
  }
}

async function takeLock(path: string): Promise<void> {
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
    try {
      await (await open(path, 'wx', 0o600)).close()
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    if (await isStale(path)) await rm(path, { force: true })
    else await wait(LOCK_WAIT_MS)
  }
  throw fail('accounts-in-use', 'The accounts are being changed by others all the time; try again.', { expected: `no file ${path}`, found: 'one that somebody holds' })
}

async function isStale(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > LOCK_STALE_MS
  } catch {
    // Let go of meanwhile.
    return false
  }
}
