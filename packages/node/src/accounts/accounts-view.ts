import { statSync } from 'node:fs'
import { join } from 'node:path'
import { ACCOUNTS_FILE, readAccounts } from './accounts-file.ts'
import { NO_ACCOUNTS, accountsDamaged } from './accounts-format.ts'
import type { Accounts } from './accounts-format.ts'

/** The accounts of a data directory as they are now. */
export interface AccountsView {
  directory: string
  /** Refuses where the file is damaged, or gone while the node runs (`accounts-damaged`): neither opens a door that was shut. */
  read(): Accounts
}

/** Looks at the file before each answer, which takes microseconds, and reads it only where it was written meanwhile: a change holds at once. */
export function createAccountsView(directory: string): AccountsView {
  const path = join(directory, ACCOUNTS_FILE)
  let known: { stamp: string; accounts: Accounts } | null = null
  return {
    directory,
    read() {
      const stamp = stampOf(path)
      if (known?.stamp === stamp) return known.accounts
      const found = readAccounts(directory)
      if (!found && known && hasAny(known.accounts)) throw accountsDamaged('the file that was there')
      known = { stamp, accounts: found ?? NO_ACCOUNTS }
      return known.accounts
    },
  }
}

/** Whether anybody at all could be let in by them. */
export function hasAny({ accounts, tokens }: Accounts): boolean {
  return accounts.length > 0 || tokens.length > 0
}

/** Each change is another file that takes the place of the last; what cannot be looked at is read, so that the reason comes out. */
function stampOf(path: string): string {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
    return stats ? `${stats.ino}.${stats.size}.${stats.mtimeNs}.${stats.ctimeNs}` : ''
  } catch {
    return `unreadable ${Date.now()}`
  }
}
