import { TelltaleError, bytesToHex, encodeSubmissions, fail } from '@telltale/core'
import type { Submission } from '@telltale/core'
import { misfitOf } from './answer-form.ts'
import { readEvents } from './events.ts'
import type { NodeEvent } from './events.ts'
import { ANSWER_FORMS } from './generated/answer-forms.ts'
import { OPERATIONS } from './generated/operations.ts'
import type { Operations, Problem } from './generated/operations.ts'
import { readStateEntry } from './state-entry.ts'
import type { StateEntry } from './state-entry.ts'

export type OperationName = keyof Operations

/** What an operation is given: only what it takes, and an empty part may be left out. */
export type Input<Name extends OperationName> = Part<'path', Operations[Name]['path']> & Part<'query', Operations[Name]['query']> & (Operations[Name]['body'] extends undefined ? unknown : { body: Operations[Name]['body'] }) & { signal?: AbortSignal }
type Part<Key extends string, Fields> = Partial<Fields> extends Fields ? { [K in Key]?: Fields } : { [K in Key]: Fields }

export type Answer<Name extends OperationName> = Operations[Name]['gives']
export type SubmissionResult = Answer<'submitTransactions'>['results'][number]

export interface ClientOptions {
  /** Where the node answers: `http://127.0.0.1:8362`, or empty for the place that the page came from. */
  url: string
  /** Bearer token, where the node asks for one. */
  token?: string
  /** How long an answer may take, unless a call says otherwise. */
  timeoutMs?: number
}

/** A node over HTTP. Whatever it refuses is thrown with the code that it gave; `node-unreachable` and `unexpected-answer` are this client's own. */
export interface Client {
  readonly url: string
  call<Name extends OperationName>(name: Name, input: Input<Name>): Promise<Answer<Name>>
  /** Logs in; from then on this client asks as that account, until `logOut`. In a browser the cookie is the browser's, and holds for the whole page. */
  logIn(name: string, password: string): Promise<Answer<'logIn'>>
  logOut(): Promise<void>
  /** How the node stands, also where that is not well. */
  health(): Promise<Answer<'getHealth'>>
  /** The newest certified checkpoint with its authorities, as the file that `verify --checkpoint` reads. */
  pin(): Promise<Uint8Array>
  /** What stands under a key of the state of a network, or that nothing does, with the proof of either checked (`state-not-proved`). */
  state(network: Uint8Array, key: Uint8Array): Promise<StateEntry>
  /** Submits 1 to 100 transactions with their attachments; each has its own result, in the same order. */
  submit(items: Submission[], options?: { wait?: 'certified' | 'accepted'; receipts?: boolean }): Promise<SubmissionResult[]>
  /** What happens, from a cursor on or from now on, until the signal fires or the line breaks; the id of the last event is where to go on. */
  events(options: { cursor?: string; signal: AbortSignal }): AsyncGenerator<NodeEvent>
}

const TIMEOUT_MS = 30_000
/** As docs/api.md names them. */
const SESSION_COOKIE = /^(?:__Host-telltale|telltale-\d+)=/

export function createClient({ url, token, timeoutMs = TIMEOUT_MS }: ClientOptions): Client {
  const base = url.replace(/\/+$/, '')
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const session = createSession()

  const send = async (path: string, { accepts, ...init }: { method: string; accepts?: number; headers?: Record<string, string>; body?: string | Uint8Array<ArrayBuffer>; signal: AbortSignal }): Promise<Response> => {
    let response: Response
    try {
      response = await fetch(base + path, { ...init, headers: { ...headers, ...session.headers(init.method), ...init.headers } })
    } catch (cause) {
      throw fail('node-unreachable', `The node at ${base === '' ? 'this address' : base} does not answer.`, { expected: 'a running node', found: reasonOf(cause), cause })
    }
    if (!response.ok && response.status !== accepts) throw await problemOf(response)
    session.take(response)
    return response
  }
  const within = (signal: AbortSignal | undefined): AbortSignal => (signal ? AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) : AbortSignal.timeout(timeoutMs))

  const client: Client = {
    url: base,
    async call(name, input) {
      const { method, path, gives } = OPERATIONS[name]
      const { path: parts = {}, query = {}, body, signal } = input as { path?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown; signal?: AbortSignal }
      const response = await send(fillPath(path, parts) + queryText(query), { method, ...(body === undefined ? {} : bodyOf(body)), signal: within(signal) })
      return readAnswer(response, name, gives)
    },
    logIn: (name, password) => client.call('logIn', { body: { name, password } }),
    async logOut() {
      await client.call('logOut', {})
    },
    async health() {
      const response = await send(OPERATIONS.getHealth.path, { method: 'GET', accepts: 503, signal: within(undefined) })
      return (await readAnswer(response, 'getHealth', 'json')) as Answer<'getHealth'>
    },
    async pin() {
      const response = await send(OPERATIONS.getCheckpoint.path, { method: 'GET', headers: { accept: 'application/cbor' }, signal: within(undefined) })
      return new Uint8Array(await response.arrayBuffer())
    },
    state: async (network, key) => readStateEntry(await client.call('getState', { path: { key: bytesToHex(key) } }), network, key),
    async submit(items, query = {}) {
      const { results } = await client.call('submitTransactions', { query, body: encodeSubmissions(items) })
      if (results.length !== items.length) throw fail('unexpected-answer', 'The node answered another number of transactions than were sent.', { expected: String(items.length), found: String(results.length) })
      return results
    },
    async *events({ cursor, signal }) {
      const response = await send(OPERATIONS.listenToEvents.path + queryText(cursor === undefined ? {} : { cursor }), { method: 'GET', signal })
      if (response.body) yield* readEvents(response.body, signal)
    },
  }
  return client
}

/** The cookie of a session where no browser keeps it, and the header by which a node knows that no other page made a browser send it. */
function createSession(): { headers(method: string): Record<string, string>; take(response: Response): void } {
  let cookie: string | null = null
  return {
    headers: (method) => ({ ...(cookie === null ? {} : { cookie }), ...(method === 'GET' ? {} : { 'x-telltale-page': '1' }) }),
    take({ headers }) {
      // Browsers show this to no script.
      const pair = headers.getSetCookie().map((text) => text.split(';', 1)[0]!).find((text) => SESSION_COOKIE.test(text))
      if (pair !== undefined) cookie = pair.endsWith('=') ? null : pair
    },
  }
}

function fillPath(path: string, parts: Record<string, unknown>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parts[name])))
}

function queryText(query: Record<string, unknown>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`
}

function bodyOf(body: unknown): { headers: Record<string, string>; body: string | Uint8Array<ArrayBuffer> } {
  if (body instanceof Uint8Array) return { headers: { 'content-type': 'application/cbor' }, body: body as Uint8Array<ArrayBuffer> }
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** The answer, if it has the form that the description says (`unexpected-answer`). */
async function readAnswer(response: Response, name: OperationName, gives: 'json' | 'bytes' | 'text'): Promise<unknown> {
  if (gives === 'bytes') return new Uint8Array(await response.arrayBuffer())
  const text = await response.text()
  if (gives === 'text') return text
  const value = parse(text)
  if (value === undefined) throw fail('unexpected-answer', 'The answer is not JSON: this is no Telltale node, or something stands between.', { expected: 'JSON', found: text.slice(0, 40) })
  const misfit = misfitOf(value, ANSWER_FORMS[name] ?? 'anything')
  if (misfit !== null) throw fail('unexpected-answer', 'The answer is not what a node of this version says: this is another program, or of another version.', { expected: `${name} as /openapi.json describes it`, found: `another form at ${misfit.slice(0, 80)}` })
  return value
}

/** The refusal of a node as a coded error. */
async function problemOf(response: Response): Promise<TelltaleError> {
  const problem = parse(await response.text().catch(() => '')) as Partial<Problem> | undefined
  if (typeof problem?.code !== 'string' || typeof problem.detail !== 'string') return fail('unexpected-answer', `The answer is ${response.status} without a code: this is no Telltale node, or something stands between.`, { expected: 'a problem with a code', found: String(response.status) })
  return errorOfProblem({ ...problem, code: problem.code, detail: problem.detail })
}

/** A problem as a coded error. */
export function errorOfProblem({ code, detail, expected, found }: Pick<Problem, 'code' | 'detail'> & { expected?: unknown; found?: unknown }): TelltaleError {
  return new TelltaleError(code, detail, { ...(typeof expected === 'string' ? { expected } : {}), ...(typeof found === 'string' ? { found } : {}) })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The caller says what was expected.
    return undefined
  }
}

function reasonOf(cause: unknown): string {
  const { name, cause: inner } = cause as { name?: string; cause?: { code?: string } }
  return name === 'TimeoutError' ? 'no answer in time' : (inner?.code ?? 'no connection')
}
