import type { FastifyInstance } from 'fastify'
import { fail } from '@telltale/core'

interface BodySchema {
  body?: unknown
  /** Content types of the body, where it is not JSON. */
  consumes?: string[]
}

/** Routes read only bodies of the kind that they describe, as they are (`unsupported-content`): nothing is unpacked, because a small body could become a large one. */
export function requireContent(server: FastifyInstance): void {
  server.removeContentTypeParser('text/plain')
  server.addHook('preParsing', async ({ headers, routeOptions }, _, payload) => {
    const schema = (routeOptions.schema ?? {}) as BodySchema
    if (schema.body === undefined && schema.consumes === undefined) return payload
    const wanted = schema.consumes ?? ['application/json']
    const found = (headers['content-type'] ?? 'none').split(';', 1)[0]!.trim().toLowerCase()
    const encoding = headers['content-encoding'] ?? 'identity'
    if (!wanted.includes(found)) throw fail('unsupported-content', 'This route does not read bodies of this kind.', { expected: wanted.join(', '), found: found.slice(0, 80) })
    if (encoding !== 'identity') throw fail('unsupported-content', 'Bodies are read as they are; do not pack them.', { expected: 'no content-encoding', found: encoding.slice(0, 80) })
    return payload
  })
}
