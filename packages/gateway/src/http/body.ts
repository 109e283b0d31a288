import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fail } from '@telltale/core'
import type { GatewayLimits } from '../limits.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Bytes of its body, held until it is answered. */
    bodyBytes: number
  }
}

/**
 * Reads bodies of application/cbor piece by piece, each paid for as it arrives, from what all requests together may hold: a length that is only announced
 * takes nothing (`body-too-large`, `busy`).
 */
export function readBodies(server: FastifyInstance, { bodyBytesMax, heldBytesMax }: GatewayLimits): void {
  let held = 0
  server.decorateRequest('bodyBytes', 0)
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/cbor', { bodyLimit: bodyBytesMax }, async (request: FastifyRequest, payload: FastifyRequest['raw']) => {
    const parts: Buffer[] = []
    for await (const part of payload as AsyncIterable<Buffer>) {
      if (request.bodyBytes + part.length > bodyBytesMax) throw fail('body-too-large', 'The body is too large; send it in several requests.', { expected: `at most ${bodyBytesMax} bytes`, found: 'more' })
      if (held + part.length > heldBytesMax) throw fail('busy', 'The gateway holds as many bytes of requests as it may; send again in a moment.', { expected: `at most ${heldBytesMax} bytes for all together`, found: 'more' })
      held += part.length
      request.bodyBytes += part.length
      parts.push(part)
    }
    return Buffer.concat(parts)
  })
  // The only event that comes however a request ends; a client that hangs up once it has sent everything is never answered.
  server.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => {
      held -= request.bodyBytes
      request.bodyBytes = 0
    })
  })
}
