import { STATUS_CODES } from 'node:http'
import type { TelltaleError } from '@telltale/core'

/** How the codes of a gateway answer over HTTP; whatever else is refused was badly asked (400). */
const STATUS: Record<string, number> = {
  'body-too-large': 413,
  'busy': 503,
  'device-outbox-full': 429,
  'device-too-fast': 429,
  'internal-error': 500,
  'unexpected-answer': 502,
  'no-such-route': 404,
  'no-such-transaction': 404,
  'outbox-failed': 503,
  'outbox-full': 503,
  'stopping': 503,
  'too-many-requests': 429,
  'unknown-device': 403,
  'unsupported-content': 415,
  'upstream-refused': 400,
  'node-unreachable': 503,
  // What the node says whose guest a gateway is.
  'token-needed': 401,
  'log-in-needed': 401,
  'role-needed': 403,
  'accounts-damaged': 500,
  'wrong-host': 421,
}
/** Statuses after which the same may be sent again. */
const LATER = new Set([429, 502, 503])

/** RFC 9457. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  expected?: string
  found?: string
}

export function problemOf({ code, message, expected, found }: TelltaleError): Problem {
  const status = STATUS[code] ?? 400
  return { type: `/codes/${code}`, title: STATUS_CODES[status] ?? 'Error', status, detail: message, code, ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) }
}

export function isForLater(status: number): boolean {
  return LATER.has(status)
}
