import { createHash, randomBytes } from 'node:crypto'
import { fail } from '@telltale/core'
import { changeAccounts } from './accounts-file.ts'
import { requireAccountName, toAccountName } from './accounts-format.ts'
import type { Account, Accounts, MachineToken } from './accounts-format.ts'
import { ACCOUNTS_MAX, ACCOUNT_PASSWORD_CHARACTERS_MAX, ACCOUNT_PASSWORD_CHARACTERS_MIN, TOKENS_MAX, TOKEN_DAYS_MAX } from './limits.ts'
import { hashPassword } from './password-hash.ts'
import type { PasswordCost } from './password-hash.ts'
import type { Role } from './role.ts'

const DAY_MS = 86_400_000
/** Lets people and scanners of secrets see what it is. */
const TOKEN_PREFIX = 'telltale_'

export interface NewAccount {
  name: string
  password: string
  role: Role
  nowMs: number
  /** What hashing costs; that of key files if left out. */
  cost?: PasswordCost
}

/** Adds an account (`malformed-name`, `password-too-short`, `password-too-long`, `account-exists`, `too-many-accounts`, and the codes of `changeAccounts`). */
export async function addAccount(directory: string, { name: given, password, role, nowMs, cost }: NewAccount): Promise<Account> {
  const name = requireAccountName(given)
  requireAccountPassword(password)
  const account = { name, role, createdMs: nowMs, lastLogInMs: null, password: await hashPassword(password, cost) }
  await changeAccounts(directory, ({ accounts, tokens }) => {
    if (accounts.some((item) => item.name === name)) throw fail('account-exists', `There is an account ${name} already.`, { expected: 'a new name', found: name })
    requireRoom(accounts, ACCOUNTS_MAX)
    return { accounts: [...accounts, account], tokens }
  })
  return account
}

/** Removes an account; whoever is logged in with it is out (`unknown-account`). Answers with how many are left. */
export async function removeAccount(directory: string, name: string): Promise<number> {
  const { accounts } = await changeAccounts(directory, (now) => {
    const gone = requireAccount(now, name)
    return { ...now, accounts: now.accounts.filter((item) => item !== gone) }
  })
  return accounts.length
}

/** Sets a new password; it ends every session of the account (`unknown-account`, `password-too-short`, `password-too-long`). */
export async function setAccountPassword(directory: string, name: string, password: string, cost?: PasswordCost): Promise<void> {
  requireAccountPassword(password)
  const hash = await hashPassword(password, cost)
  await changeAccounts(directory, (now) => withAccount(now, name, { password: hash }))
}

/** Sets another role; it holds from the next request on (`unknown-account`). */
export async function setAccountRole(directory: string, name: string, role: Role): Promise<void> {
  await changeAccounts(directory, (now) => withAccount(now, name, { role }))
}

/** Notes that somebody logged in. */
export async function noteLogIn(directory: string, name: string, nowMs: number): Promise<void> {
  await changeAccounts(directory, (now) => withAccount(now, name, { lastLogInMs: nowMs }))
}

/** Makes a token for a machine; its text is in the answer and nowhere else (`malformed-name`, `option-out-of-range`, `token-exists`, `too-many-accounts`). */
export async function addToken(directory: string, { name: given, role, days, nowMs }: { name: string; role: Role; days: number; nowMs: number }): Promise<{ token: MachineToken; text: string }> {
  const name = requireAccountName(given)
  if (!Number.isInteger(days) || days < 1 || days > TOKEN_DAYS_MAX) throw fail('option-out-of-range', `A token is valid for 1 to ${TOKEN_DAYS_MAX} days.`, { expected: `1 to ${TOKEN_DAYS_MAX}`, found: String(days) })
  const text = TOKEN_PREFIX + randomBytes(32).toString('base64url')
  const token = { name, role, createdMs: nowMs, expiresMs: nowMs + days * DAY_MS, sha256: hashToken(text) }
  await changeAccounts(directory, ({ accounts, tokens }) => {
    if (tokens.some((item) => item.name === name)) throw fail('token-exists', `There is a token ${name} already; revoke it first, or choose another name.`, { expected: 'a new name', found: name })
    requireRoom(tokens, TOKENS_MAX)
    return { accounts, tokens: [...tokens, token] }
  })
  return { token, text }
}

/** From the next request on it is no token any more (`unknown-token`). */
export async function revokeToken(directory: string, given: string): Promise<void> {
  const name = toAccountName(given)
  await changeAccounts(directory, ({ accounts, tokens }) => {
    if (!tokens.some((item) => item.name === name)) throw fail('unknown-token', `There is no token ${given.slice(0, 80)}.`, { expected: 'a name that `telltale tokens list` shows', found: given.slice(0, 80) })
    return { accounts, tokens: tokens.filter((item) => item.name !== name) }
  })
}

export function hashToken(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Refuses a password that is too easily guessed, or too long to be one (`password-too-short`, `password-too-long`). */
export function requireAccountPassword({ length }: string): void {
  if (length < ACCOUNT_PASSWORD_CHARACTERS_MIN) throw fail('password-too-short', `The password of an account has at least ${ACCOUNT_PASSWORD_CHARACTERS_MIN} characters; a few words in a row are easy to remember.`, { expected: `${ACCOUNT_PASSWORD_CHARACTERS_MIN} characters or more`, found: String(length) })
  if (length > ACCOUNT_PASSWORD_CHARACTERS_MAX) throw fail('password-too-long', `The password of an account has at most ${ACCOUNT_PASSWORD_CHARACTERS_MAX} characters.`, { expected: `at most ${ACCOUNT_PASSWORD_CHARACTERS_MAX} characters`, found: String(length) })
}

function withAccount(now: Accounts, name: string, change: Partial<Account>): Accounts {
  const account = requireAccount(now, name)
  return { ...now, accounts: now.accounts.map((item) => (item === account ? { ...item, ...change } : item)) }
}

function requireAccount({ accounts }: Accounts, given: string): Account {
  const account = accounts.find(({ name }) => name === toAccountName(given))
  if (account) return account
  throw fail('unknown-account', `There is no account ${given.slice(0, 80)}.`, { expected: 'a name that `telltale accounts list` shows', found: given.slice(0, 80) })
}

function requireRoom({ length }: unknown[], most: number): void {
  if (length >= most) throw fail('too-many-accounts', `A node keeps at most ${most} accounts, and as many tokens; remove some.`, { expected: `at most ${most}`, found: String(length) })
}
