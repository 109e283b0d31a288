import { errorOfProblem } from '@telltale/client'
import type { Problem } from '@telltale/client'
import { fail } from '@telltale/core'
import type { TelltaleError } from '@telltale/core'
import { deskKey } from './desk-key.ts'

/** How long an answer of the node may take before it counts as lost. */
const ANSWER_MS = 20_000

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send(path, { headers: { accept: 'application/json' } }, signal)).json() as Promise<T>
}

export async function postJson<T>(path: string, body: unknown, signal?: AbortSignal, answerMs?: number): Promise<T> {
  return (await send(path, jsonBody(body), signal, answerMs)).json() as Promise<T>
}

export async function postForBytes(path: string, body: unknown, signal?: AbortSignal): Promise<Uint8Array> {
  return new Uint8Array(await (await send(path, jsonBody(body), signal)).arrayBuffer())
}

function jsonBody(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** Asks the node that served this page (`node-unreachable`, `unexpected-answer`, and the codes of the node); `answerMs` null: as long as it takes. */
export async function send(path: string, init: RequestInit, signal?: AbortSignal, answerMs: number | null = ANSWER_MS): Promise<Response> {
  const limits = [...(signal ? [signal] : []), ...(answerMs === null ? [] : [AbortSignal.timeout(answerMs)])]
  let response: Response
  try {
    response = await fetch(path, { ...init, headers: headersFor(path, init), signal: AbortSignal.any(limits) })
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw fail('node-unreachable', 'The node does not answer; see whether it runs, and try again.', { expected: 'an answer', found: 'none', cause })
  }
  if (response.ok) return response
  throw await readProblem(response)
}

/** Only what belongs to the owner of the node brings the key; what changes something says that no page from elsewhere sent it. */
function headersFor(path: string, { method, headers: given }: RequestInit): Headers {
  const headers = new Headers(given)
  if (method !== undefined) headers.set('x-telltale-page', '1')
  const key = path.startsWith('/v1/desk') ? deskKey() : null
  if (key !== null) headers.set('x-telltale-desk', key)
  return headers
}

async function readProblem(response: Response): Promise<TelltaleError> {
  try {
    const problem = (await response.json()) as Partial<Problem>
    return errorOfProblem({ ...problem, code: problem.code ?? 'unexpected-answer', detail: problem.detail ?? problem.title ?? response.statusText })
  } catch (cause) {
    return fail('unexpected-answer', 'The node answered something that this page cannot read; reload the page, it may be older than the node.', { expected: 'an answer of this API', found: `status ${response.status}`, cause })
  }
}
