import { addAccount } from '../../src/accounts/account-changes.ts'
import type { Account } from '../../src/accounts/accounts-format.ts'
import type { Role } from '../../src/accounts/role.ts'

/** The least that argon2 takes: what real hashing costs is tried where the command adds an account. */
export const CHEAP = { memoryKiB: 8, passes: 1, lanes: 1 }
export const PASSWORD = 'correct horse battery'

export function addCheap(directory: string, name: string, role: Role, password = PASSWORD): Promise<Account> {
  return addAccount(directory, { name, role, password, nowMs: Date.now(), cost: CHEAP })
}
