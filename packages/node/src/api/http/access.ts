import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fail } from '@telltale/core'
import { guardHost } from '@telltale/gateway'
import type { AccountsView } from '../../accounts/accounts-view.ts'
import { mayAs } from '../../accounts/role.ts'
import type { Role } from '../../accounts/role.ts'
import type { Callers } from './callers.ts'

export interface Access {
  /** Bearer token of an operator, from --token-file; null where there is none. */
  token: string | null
  /** Whether others than this machine can connect. Otherwise only names of this machine are answered, so that a page elsewhere cannot have its own name lead here. */
  isAnyHost: boolean
  /** People and machines that may ask; null where nobody has an account. */
  accounts: AccountsView | null
}

/** Who may use a route where the node asks who somebody is; declared beside the route, as `config`. */
export type RouteAccess = 'anybody' | Role

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess
  }
}

export const forAnybody = { access: 'anybody' } as const
export const forReaders = { access: 'reader' } as const
export const forOperators = { access: 'operator' } as const

/** A route of the API that forgot to say who may use it is for nobody else; the pages hold no data, and what is mounted elsewhere has its own lock. */
const API = /^\/(?:v1(?:\/|$)|metrics$)/

/** The rule of a route, by what it declares. */
export function accessOf(url: string, declared: RouteAccess | undefined): RouteAccess {
  return declared ?? (API.test(url) ? 'admin' : 'anybody')
}

/** Refuses requests for another host (the codes of `guardHost`), those of nobody (`token-needed`, `log-in-needed`), and those of somebody who may not (`role-needed`). */
export function guardAccess(server: FastifyInstance, callers: Callers, isAnyHost: boolean): void {
  if (!isAnyHost) guardHost(server, 'node')
  server.addHook('onRequest', async (request, reply) => {
    const needed = ruleOf(request)
    if (needed === 'anybody' || !callers.isGuarded()) return
    reply.header('www-authenticate', 'Bearer realm="telltale"')
    const caller = callers.of(request) ?? refuseNobody(callers)
    reply.removeHeader('www-authenticate')
    if (mayAs(caller.role, needed)) return
    throw fail('role-needed', `This is for the role ${needed}; yours is ${caller.role}. \`telltale accounts role\` gives another.`, { expected: needed, found: caller.role })
  })
}

/** Where no route answers, a reader is told so, and nobody else. */
function ruleOf({ routeOptions, url }: FastifyRequest): RouteAccess {
  if (routeOptions.url === undefined) return API.test(url.split('?', 1)[0]!) ? 'reader' : 'anybody'
  return accessOf(routeOptions.url, routeOptions.config.access)
}

function refuseNobody(callers: Callers): never {
  if (callers.hasAccounts()) throw fail('log-in-needed', 'This node asks who you are: log in on its pages, or send Authorization: Bearer TOKEN.', { expected: 'a session, or a token of this node', found: 'neither' })
  throw fail('token-needed', 'This node asks for a token: send Authorization: Bearer TOKEN.', { expected: 'a token of this node', found: 'no token' })
}
