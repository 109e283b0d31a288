import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import staticFiles from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { fail } from '@telltale/core'

const INDEX = 'index.html'
/** Files whose name changes with their content. */
const HASHED = /[\\/]assets[\\/][^\\/]+-[\w-]{8}\.\w+(?:\.\w+)?$/
/** What belongs to the API is never answered with a page. */
const API_PATH = /^\/(?:v1|gateway|health|metrics|openapi\.json)(?:[/?]|$)/

/** Everything of a page comes from here, and nothing else may show it within itself. Styles may stand in elements: libraries of components put them there. */
const PAGE_HEADS = {
  'content-security-policy': "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'geolocation=(), microphone=(), payment=()',
}

/** Serves pages where there are any; an address inside them leads to the first page, which knows its own addresses. Everything else is `no-such-route`. */
export async function addPages(server: FastifyInstance, folder: string | null): Promise<void> {
  const root = folder === null ? null : resolve(folder)
  const hasPages = root !== null && existsSync(join(root, INDEX))
  if (hasPages) {
    await server.register(staticFiles, {
      root,
      wildcard: false,
      index: INDEX,
      dotfiles: 'ignore',
      // Where a build wrote compressed files beside the others, they are what travels.
      preCompressed: existsSync(join(root, `${INDEX}.br`)),
      cacheControl: false,
      setHeaders: (reply, path) => void reply.headers({ ...PAGE_HEADS, 'cache-control': HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache' }),
    })
  }
  server.setNotFoundHandler({ preHandler: server.rateLimit() }, async (request, reply) => {
    const wantsPage = (request.method === 'GET' || request.method === 'HEAD') && !API_PATH.test(request.url) && (request.headers.accept ?? '').includes('text/html')
    if (hasPages && wantsPage) return reply.sendFile(INDEX)
    throw fail('no-such-route', 'There is nothing at this address; /openapi.json lists what there is.', { expected: 'a path of /openapi.json', found: `${request.method} ${request.url.split('?', 1)[0]!.slice(0, 80)}` })
  })
}
