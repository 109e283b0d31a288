import { TelltaleError, fail, judge, problemToError } from '@telltale/core'

/** What a node answered: a status that is no error, and the body. */
export interface NodeAnswer {
  status: number
  type: string
  body: Uint8Array
}

export interface NodeAddress {
  /** Of the node, without a slash at its end: `http://127.0.0.1:8362`. */
  url: string
  /** Bearer token, where the node asks for one. */
  token: string | null
}

export interface NodeRequest {
  path: string
  method?: 'GET' | 'POST'
  body?: Uint8Array
  accept?: string
  signal?: AbortSignal
}

/** An answer to a hundred submissions has a receipt of about 1 kB for each; a record with its transaction is far smaller. */
const ANSWER_BYTES_MAX = 8_388_608
/** A node that makes a block for a whole batch takes a second at most; one that does not answer is asked again. */
const REQUEST_MS_MAX = 30_000
/** Statuses that say that the request itself will not do, whoever sends it and whenever. */
const REFUSED = new Set([400, 405, 411, 413, 414, 415, 431])

/**
 * Asks a node. Errors: `node-unreachable` where nobody answers, `upstream-refused` where it will not read the request, `unexpected-answer`, and the codes of
 * the node itself for whatever else it does not do.
 */
export async function askNode({ url, token }: NodeAddress, { path, method = 'GET', body, accept = 'application/json', signal }: NodeRequest): Promise<NodeAnswer> {
  const headers = { accept, ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(body ? { 'content-type': 'application/cbor' } : {}) }
  const limit = AbortSignal.timeout(REQUEST_MS_MAX)
  let answer: NodeAnswer
  try {
    const response = await fetch(url + path, { method, headers, redirect: 'error', signal: signal ? AbortSignal.any([signal, limit]) : limit, ...(body ? { body: body as Uint8Array<ArrayBuffer> } : {}) })
    answer = { status: response.status, type: response.headers.get('content-type') ?? '', body: await readLimited(response) }
  } catch (cause) {
    if (cause instanceof TelltaleError) throw cause
    throw fail('node-unreachable', `The node at ${url} does not answer.`, { expected: 'a node that runs', found: reasonOf(cause), cause })
  }
  if (answer.status < 400) return answer
  const error = problemOf(answer)
  if (!REFUSED.has(answer.status)) throw error
  throw fail('upstream-refused', `The node at ${url} will not read this request: ${error.message}`, { expected: error.expected ?? 'a request that it reads', found: error.code, cause: error })
}

/** A JSON answer (`unexpected-answer`). */
export function readJson({ body }: NodeAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch (cause) {
    throw fail('unexpected-answer', 'Whoever answered is no node that can be understood. Check the address, and that both are of one version.', { expected: 'JSON', found: `${body.length} other bytes`, cause })
  }
}

function problemOf(answer: NodeAnswer): TelltaleError {
  const read = judge(() => problemToError(readJson(answer)))
  return read.ok ? read.value : fail('unexpected-answer', `Whoever answered is no node that can be understood (HTTP ${answer.status}).`, { expected: 'a problem of a node', found: `HTTP ${answer.status}` })
}

async function readLimited(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > ANSWER_BYTES_MAX) throw fail('unexpected-answer', 'The answer is larger than any of a node.', { expected: `at most ${ANSWER_BYTES_MAX} bytes`, found: 'more' })
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}

function reasonOf(cause: unknown): string {
  const { code, name } = (cause as { cause?: { code?: string; name?: string } }).cause ?? {}
  return code ?? name ?? (cause as Error).name
}
