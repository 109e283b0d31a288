import { randomBytes } from 'node:crypto'
import { bytesToHex } from '@telltale/core'
import { hashToken } from './account-changes.ts'
import type { Account, Accounts } from './accounts-format.ts'

/** Somebody who logged in, and when that ends at the latest. */
export interface LoggedIn {
  account: Account
  endsMs: number
}

/** Who is logged in, in memory: a restart logs everybody out. Only hashes of what their browsers bring are kept. */
export interface Sessions {
  open(account: Account): LoggedIn & { token: string }
  /** Whose token it is, as the accounts stand now; null where it ended. `isUse` starts the time without use anew. */
  find(token: string, accounts: Accounts, isUse: boolean): LoggedIn | null
  end(token: string): void
}

/** A page that is left open is shut after this long without a request, and every session after half a day. */
export const SESSION_IDLE_MS = 3_600_000
export const SESSION_MS = 43_200_000
/** Of one account: a laptop, a phone, and some that were never logged out. Beyond them the oldest ends. */
const SESSIONS_OF_ONE_MAX = 20

interface Session {
  name: string
  /** The salt of the password that it began with: a new password, or another account of that name, has another. */
  salt: string
  sinceMs: number
  lastMs: number
}

export function createSessions(clock: { nowMs(): number }): Sessions {
  const sessions = new Map<string, Session>()
  const isOver = ({ sinceMs, lastMs }: Session): boolean => clock.nowMs() >= Math.min(sinceMs + SESSION_MS, lastMs + SESSION_IDLE_MS)
  const makeRoom = (name: string): void => {
    for (const [hash, session] of sessions) if (isOver(session)) sessions.delete(hash)
    const own = [...sessions].filter(([, session]) => session.name === name)
    for (const [hash] of own.slice(0, Math.max(0, own.length + 1 - SESSIONS_OF_ONE_MAX))) sessions.delete(hash)
  }
  return {
    open(account) {
      makeRoom(account.name)
      const token = randomBytes(32).toString('base64url')
      const nowMs = clock.nowMs()
      sessions.set(hashToken(token), { name: account.name, salt: saltOf(account), sinceMs: nowMs, lastMs: nowMs })
      return { account, token, endsMs: nowMs + SESSION_MS }
    },
    find(token, { accounts }, isUse) {
      const hash = hashToken(token)
      const session = sessions.get(hash)
      if (!session) return null
      const account = accounts.find(({ name }) => name === session.name)
      if (!account || saltOf(account) !== session.salt || isOver(session)) {
        sessions.delete(hash)
        return null
      }
      if (isUse) session.lastMs = clock.nowMs()
      return { account, endsMs: session.sinceMs + SESSION_MS }
    },
    end: (token) => void sessions.delete(hashToken(token)),
  }
}

function saltOf({ password }: Account): string {
  return bytesToHex(password.argon2id.salt)
}
