import type { FastifyBaseLogger } from 'fastify'
import { fail } from '@telltale/core'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { createLogIn } from '../../accounts/log-in.ts'
import { ACCOUNT_PASSWORD_CHARACTERS_MAX } from '../../accounts/limits.ts'
import { ROLES } from '../../accounts/role.ts'
import { SESSION_MS } from '../../accounts/sessions.ts'
import type { Sessions } from '../../accounts/sessions.ts'
import type { ApiContext } from '../context.ts'
import { forAnybody } from '../http/access.ts'
import type { Access } from '../http/access.ts'
import { toCaller } from '../http/callers.ts'
import type { Caller } from '../http/callers.ts'
import { readSessionCookie, requireOwnPage, writeSessionCookie } from '../http/session-cookie.ts'
import type { Resource, TypedServer } from '../routes.ts'
import { Ms, answers, nullable, shape } from '../schema.ts'

const Session = shape({
  hasAccounts: Type.Boolean({ description: 'whether people log in at this node' }),
  isGuarded: Type.Boolean({ description: 'whether it asks who somebody is; where not, whoever can connect may' }),
  kind: nullable(Type.Enum(['account', 'token'])),
  name: nullable(Type.String({ description: 'of the account or the token' })),
  role: nullable(Type.Enum([...ROLES])),
  endsMs: nullable(Ms),
})

const Credentials = shape({ name: Type.String({ maxLength: 200 }), password: Type.String({ maxLength: ACCOUNT_PASSWORD_CHARACTERS_MAX }) })

export interface SessionInit {
  access: Access
  sessions: Sessions
  log: FastifyBaseLogger
}

/** Logging in and out, and who one is. */
export function session({ access: { accounts, isAnyHost: isPublic }, sessions, log }: SessionInit): Resource {
  return (server: TypedServer, context: ApiContext) => {
    const { callers, clock } = context
    const logIn = accounts && createLogIn({ accounts, clock, onTrouble: (error) => log.warn({ err: error }, 'the time of a log-in could not be noted') })
    const answer = (caller: Caller | null): Static<typeof Session> => ({ hasAccounts: callers.hasAccounts(), isGuarded: callers.isGuarded(), kind: caller?.kind ?? null, name: caller?.name ?? null, role: caller?.role ?? null, endsMs: caller?.endsMs ?? null })

    server.get(
      '/v1/session',
      { config: forAnybody, schema: { operationId: 'getSession', tags: ['session'], summary: 'Who one is at this node', response: answers({ 200: Session }) } },
      async (request, reply) => {
        reply.header('cache-control', 'no-store')
        return answer(callers.stillHolds(request) ? callers.of(request) : null)
      },
    )

    server.post(
      '/v1/session',
      {
        config: forAnybody,
        schema: {
          operationId: 'logIn',
          tags: ['session'],
          summary: 'Log in: the answer sets the cookie of a session',
          description: 'HttpOnly, SameSite=Strict, and Secure off loopback. After an hour without a request, or 12 hours in all, one logs in again. Whatever changes something then also has to bring the header X-Telltale-Page.',
          body: Credentials,
          response: answers({ 200: Session }, [415]),
        },
      },
      async (request, reply) => {
        if (!logIn) throw fail('wrong-log-in', 'Nobody has an account at this node.', { expected: 'an account', found: 'none' })
        const wanted = { ...request.body, address: request.ip }
        const leftMs = logIn.leftMs(wanted)
        if (leftMs > 0) reply.header('retry-after', String(Math.ceil(leftMs / 1000)))
        const account = await logIn.check(wanted)
        const before = readSessionCookie(request, isPublic)
        if (before !== null) sessions.end(before)
        const opened = sessions.open(account)
        writeSessionCookie(request, reply, { token: opened.token, maxAgeMs: SESSION_MS, isPublic })
        return answer(toCaller(opened))
      },
    )

    server.delete(
      '/v1/session',
      { config: forAnybody, schema: { operationId: 'logOut', tags: ['session'], summary: 'Log out: the session ends, and its cookie goes', response: answers({ 200: Session }) } },
      async (request, reply) => {
        const token = readSessionCookie(request, isPublic)
        if (token !== null) {
          requireOwnPage(request)
          sessions.end(token)
        }
        writeSessionCookie(request, reply, { token: null, maxAgeMs: 0, isPublic })
        return answer(null)
      },
    )
  }
}
