import type { FastifyInstance } from 'fastify'
import { fail } from '@telltale/core'

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/** Refuses requests under names of other machines (`wrong-host`): a page of somebody else's, whose name leads here, must not ask in the reader's place. */
export function guardHost(server: FastifyInstance, who: string): void {
  server.addHook('onRequest', async ({ headers: { host } }) => {
    if (!LOOPBACK_HOST.test(host ?? '')) throw fail('wrong-host', `This ${who} answers only under names of this machine.`, { expected: 'localhost or 127.0.0.1', found: (host ?? 'none').slice(0, 80) })
  })
}
