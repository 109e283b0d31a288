import { bytesToHex, fail } from '@telltale/core'
import type { TelltaleError } from '@telltale/core'
import { ARGON2_LANES_MAX, ARGON2_MEMORY_KIB_MAX, ARGON2_PASSES_MAX } from '../keys/secret-box.ts'
import { createStrictJson } from '../keys/strict-json.ts'
import { ACCOUNTS_MAX, TOKENS_MAX } from './limits.ts'
import type { PasswordHash } from './password-hash.ts'
import { isRole } from './role.ts'
import type { Role } from './role.ts'

/** A person who may log in. */
export interface Account {
  name: string
  role: Role
  createdMs: number
  lastLogInMs: number | null
  password: PasswordHash
}

/** A machine that may ask: only the hash of what it brings is kept. */
export interface MachineToken {
  name: string
  role: Role
  createdMs: number
  expiresMs: number
  /** SHA-256 of the text of the token, hexadecimal: it is random, so that nothing slower is needed. */
  sha256: string
}

/**
 * `accounts.json` of a data directory, version 1: one JSON object of exactly `version` (1), `accounts` and `tokens`, as above; `password` is
 * `{"argon2id": {"m": KiB, "t": passes, "p": lanes, "salt": hex}, "hash": hex}`.
 */
export interface Accounts {
  accounts: Account[]
  tokens: MachineToken[]
}

export const NO_ACCOUNTS: Accounts = { accounts: [], tokens: [] }

const json = createStrictJson(accountsDamaged)

const NAME = /^[a-z0-9][a-z0-9._@+-]{0,63}$/

/** A name as it is kept: people write it as they like. */
export function toAccountName(text: string): string {
  return text.trim().toLowerCase()
}

/** Refuses what cannot be a name (`malformed-name`). */
export function requireAccountName(text: string): string {
  const name = toAccountName(text)
  if (NAME.test(name)) return name
  throw fail('malformed-name', 'A name is 1 to 64 letters, digits, dots, dashes, underscores, plus or at signs, and begins with a letter or digit.', { expected: 'a name such as anna or anna@example.org', found: text.slice(0, 80) })
}

export function accountsToText({ accounts, tokens }: Accounts): string {
  return `${JSON.stringify({ version: 1, accounts: accounts.map(accountToJson), tokens }, null, 2)}\n`
}

function accountToJson({ password: { argon2id, hash }, ...account }: Account): unknown {
  const { memoryKiB, passes, lanes, salt } = argon2id
  return { ...account, password: { argon2id: { m: memoryKiB, t: passes, p: lanes, salt: bytesToHex(salt) }, hash: bytesToHex(hash) } }
}

/** Reads the text of the file (`accounts-damaged`). Nothing in it is made up for: half a file must not let in whoever the other half kept out. */
export function accountsFromText(text: string): Accounts {
  const file = json.object(json.parse(text), ['version', 'accounts', 'tokens'])
  if (file['version'] !== 1) throw accountsDamaged('version 1')
  const accounts = json.list(file['accounts'], ACCOUNTS_MAX).map(readAccount)
  const tokens = json.list(file['tokens'], TOKENS_MAX).map(readToken)
  for (const list of [accounts, tokens]) if (new Set(list.map(({ name }) => name)).size !== list.length) throw accountsDamaged('each name once')
  return { accounts, tokens }
}

function readAccount(value: unknown): Account {
  const item = json.object(value, ['name', 'role', 'createdMs', 'lastLogInMs', 'password'])
  const password = json.object(item['password'], ['argon2id', 'hash'])
  const { m, t, p, salt } = json.object(password['argon2id'], ['m', 't', 'p', 'salt'])
  const lanes = json.count(p, 1, ARGON2_LANES_MAX)
  return {
    ...readHead(item),
    lastLogInMs: item['lastLogInMs'] === null ? null : asMs(item['lastLogInMs']),
    password: {
      // RFC 9106, 3.1: at least 8 KiB a lane.
      argon2id: { memoryKiB: json.count(m, 8 * lanes, ARGON2_MEMORY_KIB_MAX), passes: json.count(t, 1, ARGON2_PASSES_MAX), lanes, salt: json.hex(salt, 'salt', 16) },
      hash: json.hex(password['hash'], 'hash', 32),
    },
  }
}

function readToken(value: unknown): MachineToken {
  const item = json.object(value, ['name', 'role', 'createdMs', 'expiresMs', 'sha256'])
  return { ...readHead(item), expiresMs: asMs(item['expiresMs']), sha256: bytesToHex(json.hex(item['sha256'], 'hash of a token', 32)) }
}

function readHead({ name, role, createdMs }: Record<string, unknown>): { name: string; role: Role; createdMs: number } {
  if (typeof name !== 'string' || !NAME.test(name)) throw accountsDamaged('names')
  if (!isRole(role)) throw accountsDamaged('a known role')
  return { name, role, createdMs: asMs(createdMs) }
}

function asMs(value: unknown): number {
  return json.count(value, 0, Number.MAX_SAFE_INTEGER)
}

/** Says what should be there, never what is. */
export function accountsDamaged(expected: string, cause?: unknown): TelltaleError {
  return fail('accounts-damaged', `The file accounts.json of the data directory cannot be used: expected ${expected}. Nobody is let in until it is brought back from a backup, or removed and the accounts are made anew.`, { expected, found: 'something else', ...(cause === undefined ? {} : { cause }) })
}
