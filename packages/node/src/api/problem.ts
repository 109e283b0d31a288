import { STATUS_CODES } from 'node:http'
import type { TelltaleError } from '@telltale/core'
import type { Problem } from './schema.ts'

/** How the codes of this API answer over HTTP; whatever else is refused was badly asked (400), whatever fails here is 500. */
const STATUS: Record<string, number> = {
  'already-approved': 409,
  'already-certified': 409,
  'already-decided': 409,
  'already-granted': 409,
  'folder-exists': 409,
  'import-running': 409,
  'log-in-needed': 401,
  'no-keys': 404,
  'no-seal-key': 409,
  'no-standing-grant': 409,
  'no-such-upload': 404,
  'nothing-to-forge': 409,
  'open-stream': 409,
  'sign-in-needed': 401,
  'stale-instruction': 409,
  'unknown-cheat': 404,
  'backup-running': 409,
  'body-dropped': 404,
  'body-too-large': 413,
  'busy': 503,
  'commit-failed': 503,
  'cursor-from-the-future': 409,
  'directory-not-empty': 409,
  'disk-full': 503,
  'method-not-allowed': 405,
  'node-alone': 409,
  'no-such-attachment': 404,
  'no-work-asked': 409,
  'stale-work': 409,
  'no-such-block': 404,
  'no-such-record': 404,
  'no-such-route': 404,
  'no-such-transaction': 404,
  'not-allowed': 403,
  'not-certified-yet': 409,
  'nothing-certified': 404,
  'pool-full': 503,
  'request-too-slow': 408,
  'role-needed': 403,
  'size-out-of-range': 404,
  'stopping': 503,
  'token-needed': 401,
  'too-many-attempts': 429,
  'too-many-listeners': 503,
  'too-many-requests': 429,
  'unknown-asset': 404,
  'unknown-device': 404,
  'unknown-identity': 404,
  'unknown-proposal': 404,
  'unknown-set': 404,
  'unknown-stream': 404,
  'unsupported-content': 415,
  'wrong-host': 421,
  'wrong-log-in': 401,
  'wrong-origin': 403,
}

/** Codes that say that this node's own files or disk failed: nothing that whoever asked could do better. */
const OWN = /^(?:accounts-damaged|accounts-in-use|internal-error|disk-failed|index-damaged|row-damaged|segment-damaged|store-closed|store-failed|verification-failed)$/

function statusOf(code: string): number {
  return STATUS[code] ?? (OWN.test(code) ? 500 : 400)
}

/** RFC 9457 problem of a coded error. */
export function problemOf({ code, message, expected, found }: TelltaleError): Problem {
  const status = statusOf(code)
  return { type: `/codes/${code}`, title: STATUS_CODES[status] ?? 'Error', status, detail: message, code, ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) }
}
