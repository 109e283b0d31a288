import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { fail } from '@telltale/core'
import { readCursor } from '../events.ts'
import type { Cursor, EventFeed } from '../events.ts'
import { forReaders } from '../http/access.ts'
import type { Resource, TypedServer } from '../routes.ts'
import type { ApiContext } from '../context.ts'
import { answers, shape } from '../schema.ts'

/** A comment that keeps the line open through proxies. */
const HEARTBEAT_MS = 15_000

export interface Listeners {
  count: number
  readonly most: number
}

export function events(feed: EventFeed, listeners: Listeners): Resource {
  return (server: TypedServer, { stopping, callers }: ApiContext) => {
    server.get(
      '/v1/events',
      {
        config: forReaders,
        schema: {
          operationId: 'listenToEvents',
          tags: ['events'],
          summary: 'What happens, as it happens; goes on after a cursor',
          description: 'Events `record`, `block` and `refused`. The id of an event is its cursor: give it as `cursor` or `Last-Event-ID` to go on behind it. Refusals stand in no block and have none.',
          querystring: shape({ cursor: Type.Optional(Type.String({ maxLength: 40, description: 'H or H.N; only what comes if left out' })) }),
          response: answers({ 200: { description: 'a stream that does not end', content: { 'text/event-stream': { schema: Type.String() } } } }, [409]),
        },
      },
      async (request, reply) => {
        const last = request.headers['last-event-id']
        const given = request.query.cursor ?? (typeof last === 'string' && last !== '' ? last : undefined)
        const cursor = given === undefined ? feed.now() : readCursor(given)
        feed.requireReached(cursor)
        if (listeners.count >= listeners.most) throw fail('too-many-listeners', 'As many as may are listening already; try again later.', { expected: `at most ${listeners.most}`, found: String(listeners.count) })
        const gone = new AbortController()
        listeners.count += 1
        reply.raw.once('close', () => {
          listeners.count -= 1
          gone.abort()
        })
        const signal = AbortSignal.any([gone.signal, stopping])
        return reply.type('text/event-stream').header('cache-control', 'no-store').header('x-accel-buffering', 'no').send(Readable.from(textOf(feed, cursor, { signal, mayHear: () => !callers.isGuarded() || callers.stillHolds(request) }), { objectMode: false }))
      },
    )
  }
}

interface Hearing {
  signal: AbortSignal
  /** Whether whoever listens still may: a session ends, a token is revoked. */
  mayHear(): boolean
}

/** Pulled by whoever reads, a block at a time: a slow reader is waited for, and nothing piles up. */
async function* textOf(feed: EventFeed, from: Cursor, { signal, mayHear }: Hearing): AsyncGenerator<string | Buffer> {
  let cursor = from
  let refused = feed.refusedCount
  yield ': welcome\n\n'
  while (!signal.aborted && mayHear()) {
    const next = await feed.next(cursor)
    if (next) {
      cursor = next.cursor
      if (next.bytes.length > 0) yield next.bytes
      continue
    }
    const told = feed.refusedSince(refused)
    refused = told.number
    if (told.bytes.length > 0) {
      yield told.bytes
      continue
    }
    const startedMs = performance.now()
    await feed.wait(HEARTBEAT_MS, signal)
    if (performance.now() - startedMs >= HEARTBEAT_MS && !signal.aborted) yield ': still here\n\n'
  }
}
