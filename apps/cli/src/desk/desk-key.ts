import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { fail } from '@telltale/core'

export interface DeskKey {
  /** What stands in the link that is printed. */
  text: string
  /** Refuses a request that does not bring it (`sign-in-needed`). */
  require(request: FastifyRequest): void
}

const DESK_HEADER = 'x-telltale-desk'

/**
 * A key for as long as the node runs. It travels in the fragment of a link, which browsers keep to themselves, and then in a header, which no other page can make
 * a browser send: a cookie would go to every program that listens on this machine under another port.
 */
export function createDeskKey(): DeskKey {
  const secret = randomBytes(24)
  const text = secret.toString('base64url')
  const wanted = Buffer.from(text)
  return {
    text,
    require({ headers }) {
      const given = Buffer.from(String(headers[DESK_HEADER] ?? ''))
      if (given.length === wanted.length && timingSafeEqual(given, wanted)) return
      throw fail('sign-in-needed', 'This belongs to whoever runs the node. Open the link that it printed when it started; `telltale status` prints it again.', { expected: 'the key of the link', found: given.length === 0 ? 'none' : 'another key' })
    },
  }
}
