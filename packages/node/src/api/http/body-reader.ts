import type { FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { fail } from '@telltale/core'
import type { ByteBudget } from './byte-budget.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Bytes of the budget that this request holds until it is answered. */
    heldBytes: number
  }
}

/** Reads a body piece by piece, each paid from the budget as it arrives: a length that is only announced takes nothing (`body-too-large`, `busy`). */
export async function readBody(request: FastifyRequest, payload: IncomingMessage, most: number, budget: ByteBudget): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > most) throw tooLarge(most, announced)
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of payload as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > most) throw tooLarge(most, length)
    budget.take(piece.length)
    request.heldBytes += piece.length
    pieces.push(piece)
  }
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
}

function tooLarge(most: number, found: number): Error {
  return fail('body-too-large', `The body is too large; send it in several requests.`, { expected: `at most ${most} bytes`, found: String(found) })
}
