import type { FastifyReply, FastifyRequest } from 'fastify'
import { fail } from '@telltale/core'

/** The header without which a cookie lets nobody change anything: no page of another origin can make a browser send it unless the node agrees, and it never does. */
const PAGE_HEADER = 'x-telltale-page'

const TOKEN = /^[A-Za-z0-9_-]{43}$/
const READING = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Off loopback the name binds the cookie to TLS and to this very host (RFC 6265bis, 4.1.3.2). On loopback there is no TLS, and browsers send the cookies of a machine
 * to all its ports: the name then holds the port, so that two nodes on one machine do not log each other's people out.
 */
function nameOf({ socket }: FastifyRequest, isPublic: boolean): string {
  return isPublic ? '__Host-telltale' : `telltale-${socket.localPort ?? 0}`
}

/** The token of the session cookie; null where there is none. */
export function readSessionCookie(request: FastifyRequest, isPublic: boolean): string | null {
  const start = `${nameOf(request, isPublic)}=`
  const found = (request.headers.cookie ?? '').split(';').map((part) => part.trim()).find((part) => part.startsWith(start))
  const token = found?.slice(start.length) ?? ''
  return TOKEN.test(token) ? token : null
}

/** Hands the cookie out; a token of null takes it back. */
export function writeSessionCookie(request: FastifyRequest, reply: FastifyReply, { token, maxAgeMs, isPublic }: { token: string | null; maxAgeMs: number; isPublic: boolean }): void {
  const parts = [`${nameOf(request, isPublic)}=${token ?? ''}`, 'Path=/', 'HttpOnly', 'SameSite=Strict', `Max-Age=${token === null ? 0 : Math.floor(maxAgeMs / 1000)}`]
  void reply.header('set-cookie', [...parts, ...(isPublic ? ['Secure'] : [])].join('; ')).header('cache-control', 'no-store')
}

/** Refuses what another page makes a browser send along with our cookie (`wrong-origin`): another port of this machine counts as the same site, so SameSite alone does not. */
export function requireOwnPage({ method, headers }: FastifyRequest): void {
  if (READING.has(method)) return
  const site = headers['sec-fetch-site']
  if (headers[PAGE_HEADER] !== undefined && (site === undefined || site === 'same-origin' || site === 'none')) return
  throw fail('wrong-origin', `With a session cookie only the pages of this node change anything: they send ${PAGE_HEADER}.`, { expected: `the header ${PAGE_HEADER}, from a page of this node`, found: headers[PAGE_HEADER] === undefined ? 'no such header' : 'another page' })
}
