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

/**
 * Reads a body piece by piece, each paid from the budget as it arrives: a length that is only announced takes nothing (`body-too-large`, `busy`). What is refused is let run
 * out unread, so that the answer reaches a client that is still sending; the time limit of requests ends that.
 */
export async function readBody(request: FastifyRequest, payload: IncomingMessage, most: number, budget: ByteBudget): Promise<Buffer> {
  const { ip } = request
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > most) throw tooLarge(most, announced)
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let length = 0
    const take = (piece: Buffer): void => {
      length += piece.length
      try {
        if (length > most) throw tooLarge(most, length)
        budget.take(ip, piece.length)
        request.heldBytes += piece.length
        pieces.push(piece)
      } catch (error) {
        payload.off('data', take).resume()
        reject(error)
      }
    }
    const broken = (): void => reject(fail('malformed-request', 'The request ended before its end.', { expected: 'a whole body', found: `${length} bytes` }))
    payload.on('data', take)
    payload.once('end', () => {
      payload.off('error', broken).off('close', broken)
      resolve(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces))
    })
    payload.once('error', broken)
    payload.once('close', broken)
  })
}

function tooLarge(most: number, found: number): Error {
  return fail('body-too-large', `The body is too large; send it in several requests.`, { expected: `at most ${most} bytes`, found: String(found) })
}
