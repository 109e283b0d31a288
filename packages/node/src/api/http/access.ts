import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { fail } from '@telltale/core'

export interface Access {
  /** Bearer token that every request to /v1 and /metrics has to bring; null on loopback, where whoever can connect is on this machine. */
  token: string | null
  /** Whether requests may name any host. Otherwise only names of this machine, so that a page elsewhere cannot have its own name lead here. */
  isAnyHost: boolean
}

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i
/** All else anybody may see: whether the node lives, how it is spoken to, and the pages, which hold no data. At a gateway each record is signed instead. */
const GUARDED = /^\/(?:v1(?:\/|$)|(?:gateway\/)?metrics$)/

/** Refuses requests for another host (`wrong-host`) and those without the token (`token-needed`). */
export function guardAccess(server: FastifyInstance, { token, isAnyHost }: Access): void {
  const wanted = token === null ? null : digest(token)
  server.addHook('onRequest', async (request, reply) => {
    if (!isAnyHost && !LOOPBACK_HOST.test(request.headers.host ?? '')) throw fail('wrong-host', 'This node answers only under names of this machine.', { expected: 'localhost or 127.0.0.1', found: (request.headers.host ?? 'none').slice(0, 80) })
    if (wanted === null || !GUARDED.test(request.routeOptions.url ?? request.url)) return
    const [kind, given = ''] = (request.headers.authorization ?? '').split(' ', 2)
    if (kind?.toLowerCase() === 'bearer' && timingSafeEqual(digest(given), wanted)) return
    reply.header('www-authenticate', 'Bearer realm="telltale"')
    throw fail('token-needed', 'This node asks for a token: send Authorization: Bearer TOKEN.', { expected: 'the token of this node', found: given === '' ? 'no token' : 'another token' })
  })
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
