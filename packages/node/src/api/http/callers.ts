import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { fail } from '@telltale/core'
import { hashToken } from '../../accounts/account-changes.ts'
import { NO_ACCOUNTS } from '../../accounts/accounts-format.ts'
import type { Accounts } from '../../accounts/accounts-format.ts'
import type { Role } from '../../accounts/role.ts'
import type { LoggedIn, Sessions } from '../../accounts/sessions.ts'
import type { Access } from './access.ts'
import { readSessionCookie, requireOwnPage } from './session-cookie.ts'

/** Who asks. */
export interface Caller {
  kind: 'account' | 'token'
  /** Of the account or the token; null for the token of --token-file. */
  name: string | null
  role: Role
  /** When that ends; null where it does not. */
  endsMs: number | null
}

/** Whom a node knows, and whether it asks at all. */
export interface Callers {
  /** Off loopback, with a token file, and where there are accounts; else whoever can connect is on this machine, and may. */
  isGuarded(): boolean
  hasAccounts(): boolean
  /** Who asks; null where they bring nothing (`token-needed`, `log-in-needed`, `wrong-origin`, `accounts-damaged`). */
  of(request: FastifyRequest): Caller | null
  /** Whether whoever asked then still may as `caller` says; for answers that take long. */
  stillHolds(request: FastifyRequest): boolean
}

export interface CallersInit {
  access: Access
  sessions: Sessions
  clock: { nowMs(): number }
}

export function createCallers({ access, sessions, clock }: CallersInit): Callers {
  const { token, isAnyHost } = access
  const wanted = token === null ? null : digest(token)
  const read = (): Accounts => access.accounts?.read() ?? NO_ACCOUNTS
  const find = (request: FastifyRequest, isUse: boolean): Caller | null => {
    const { authorization } = request.headers
    if (authorization !== undefined) return ofBearer(authorization, { wanted, accounts: read(), nowMs: clock.nowMs() })
    const cookie = readSessionCookie(request, isAnyHost)
    if (cookie === null) return null
    requireOwnPage(request)
    const found = sessions.find(cookie, read(), isUse)
    if (!found) throw fail('log-in-needed', 'You are logged out: log in again.', { expected: 'a session that has not ended', found: 'one that ended' })
    return toCaller(found)
  }
  return {
    isGuarded: () => isAnyHost || token !== null || read().accounts.length > 0,
    hasAccounts: () => read().accounts.length > 0,
    of: (request) => find(request, true),
    stillHolds(request) {
      try {
        return find(request, false) !== null
      } catch {
        // Whatever the reason is: nothing more is told.
        return false
      }
    },
  }
}

export function toCaller({ account: { name, role }, endsMs }: LoggedIn): Caller {
  return { kind: 'account', name, role, endsMs }
}

function ofBearer(authorization: string, { wanted, accounts: { tokens }, nowMs }: { wanted: Buffer | null; accounts: Accounts; nowMs: number }): Caller {
  const [kind, given = ''] = authorization.split(' ', 2)
  const isBearer = kind?.toLowerCase() === 'bearer' && given !== ''
  if (isBearer && wanted && timingSafeEqual(digest(given), wanted)) return { kind: 'token', name: null, role: 'operator', endsMs: null }
  // A random token's hash tells nobody who compares hashes anything.
  const sha256 = isBearer ? hashToken(given) : ''
  const found = tokens.find((item) => item.sha256 === sha256)
  if (found && nowMs < found.expiresMs) return { kind: 'token', name: found.name, role: found.role, endsMs: found.expiresMs }
  throw fail('token-needed', 'This node asks for a token: send Authorization: Bearer TOKEN.', { expected: 'a token of this node', found: found ? 'a token that has expired' : isBearer ? 'another token' : 'no token' })
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
