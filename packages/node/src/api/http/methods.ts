import type { FastifyInstance, HTTPMethods } from 'fastify'
import { fail } from '@telltale/core'
import { forAnybody } from './access.ts'

const ALL: HTTPMethods[] = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']

/** Every route answers 405 with the methods that it knows to all others (`method-not-allowed`). Call it before the routes are added. */
export function refuseOtherMethods(server: FastifyInstance): () => void {
  const known = new Map<string, Set<string>>()
  server.addHook('onRoute', ({ url, method }) => {
    const methods = known.get(url) ?? new Set<string>()
    for (const one of [method].flat()) methods.add(one)
    known.set(url, methods)
  })
  return () => {
    for (const [url, methods] of known) {
      const allowed = [...methods].sort().join(', ')
      const others = ALL.filter((method) => !methods.has(method))
      if (url.includes('*') || others.length === 0) continue
      server.route({
        method: others,
        url,
        config: forAnybody,
        schema: { hide: true },
        // The body is not read: nobody wants it.
        preParsing: async (request, reply) => {
          reply.header('allow', allowed)
          throw fail('method-not-allowed', `${request.method} is not a method of this route.`, { expected: allowed, found: request.method })
        },
        handler: async () => undefined,
      })
    }
  }
}
