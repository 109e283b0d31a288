import { setTimeout as delay } from 'node:timers/promises'
import { RefusedError, TelltaleError, answersFromJson, asUint, bytesToHex, checkReceipt, decode, decodeLinks, decodeTransaction, encode, encodeSubmissions, fail, followLinks, hexToBytes, problemToError, setHash, transactionId } from '@telltale/core'
import type { AuthoritySet, Primitives, Submission, SubmissionAnswer } from '@telltale/core'
import type { Submitter } from './components.ts'

export interface HttpLinkInit {
  /** Of a gateway or a node, without a slash at its end. */
  url: string
  /** A gateway keeps what it took and passes it on; a node certifies it itself. */
  kind: 'gateway' | 'node'
  /** Bearer token, where the node asks for one. */
  token: string | null
  network: Uint8Array
  /** The authorities that the device believes: those of its pin. The link follows from them to newer ones where links prove these, for as long as it lives. */
  authorities(): AuthoritySet
  primitives: Primitives
  /** How long a record may stay with a gateway before the device stops waiting for now; it keeps it, and asks again with the next flush. */
  patienceMs?: number
}

/** Records and bytes of one request: less than any gateway or node takes. */
const BATCH_MAX = 100
const BATCH_BYTES_MAX = 8_388_608
const PATIENCE_MS = 30_000
const REQUEST_MS_MAX = 60_000
/** How long a gateway is asked to hold its answer until there is an outcome. */
const POLL_MS_MAX = 10_000
/** And how long the device waits before it asks: one that answers at once is not asked without end. */
const POLL_MS_MIN = 20
const ANSWER_BYTES_MAX = 8_388_608
const KIND_COUNTER = 4

/** With authorities that change where links prove it. */
interface FollowingInit extends HttpLinkInit {
  /** Looks for newer authorities than these (`unknown-set`, `not-certified-yet`, the codes of `followLinks`, and what whoever is asked says). */
  follow(): Promise<void>
}

interface Waiting {
  submission: Submission
  resolve(): void
  reject(error: unknown): void
}

/**
 * The way of a device to the ledger over HTTP. It believes nobody on the way: a record counts as certified for a receipt of its authorities alone, and as refused
 * for good only where the device finds the refusal signed. Errors: `ledger-unreachable`, `not-certified-yet`, `not-certified` for a receipt that proves nothing,
 * `unexpected-answer`, and whatever code the gateway or node gives.
 */
export function createHttpLink(given: HttpLinkInit): Submitter {
  const init: FollowingInit = { ...given, ...followNewer(given) }
  let queue: Waiting[] = []
  let last: Promise<void> = Promise.resolve()
  const flush = async (): Promise<void> => {
    const all = queue
    queue = []
    for (const batch of batches(all)) await sendBatch(init, batch)
  }
  const read = (path: string): Promise<unknown> => ask(init, path)
  return {
    submit: ({ bytes, attachments }) =>
      new Promise<void>((resolve, reject) => {
        queue.push({ submission: { bytes, attachments }, resolve, reject })
        // What is submitted in one go travels together, in order.
        if (queue.length === 1) last = last.then(() => new Promise((next) => setImmediate(() => void flush().finally(next))))
      }),
    async streamHead(device, stream) {
      const found = await orNull('unknown-stream', read(`/v1/streams/${device}/${stream}`))
      if (found === null) return null
      const { count, head, epoch } = found as Record<string, unknown>
      return { count: asUint(count as number, 'count'), head: hexOf(head, 32), epoch: asUint(epoch as number, 'epoch') }
    },
    async recordAt(device, stream, sequence) {
      const found = await orNull('no-such-record', read(`/v1/streams/${device}/${stream}/records?from=${sequence}&limit=1`))
      const [record] = ((found as { records?: Record<string, unknown>[] } | null)?.records ?? [])
      return record?.['sequence'] === sequence ? hexOf(record['transaction']) : null
    },
    async counter(iss, sub) {
      const { value } = (await read(`/v1/state/${bytesToHex(encode([KIND_COUNTER, iss, sub]))}`)) as Record<string, unknown>
      return value === null ? 0 : asUint(decode(hexOf(value)), 'counter')
    },
  }
}

function* batches(all: Waiting[]): Generator<Waiting[]> {
  let batch: Waiting[] = []
  let bytes = 0
  for (const entry of all) {
    const { submission } = entry
    const size = submission.attachments.reduce((sum, attachment) => sum + attachment.length, submission.bytes.length)
    if (batch.length === BATCH_MAX || (batch.length > 0 && bytes + size > BATCH_BYTES_MAX)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(entry)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

/** Sends a batch and tells each of it what became of it; never rejects. */
async function sendBatch(init: FollowingInit, batch: Waiting[]): Promise<void> {
  const path = init.kind === 'gateway' ? '/v1/records' : '/v1/transactions?wait=certified'
  try {
    const answered = await ask(init, path, encodeSubmissions(batch.map(({ submission }) => submission)))
    let open = await settle(init, batch, answersFromJson(answered, batch.length))
    const untilMs = performance.now() + (init.patienceMs ?? PATIENCE_MS)
    while (open.length > 0 && init.kind === 'gateway' && performance.now() < untilMs) {
      await delay(POLL_MS_MIN)
      open = await lookAgain(init, open, untilMs)
    }
    for (const { reject } of open) reject(fail('not-certified-yet', 'The record is under way and not certified yet; the device keeps it and asks again.', { expected: 'a certified record', found: 'one that waits' }))
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}

async function lookAgain(init: FollowingInit, open: Waiting[], untilMs: number): Promise<Waiting[]> {
  const ids = open.map(({ submission }) => bytesToHex(transactionId(decodeTransaction(submission.bytes), init.primitives)))
  const waitMs = Math.max(0, Math.min(POLL_MS_MAX, Math.ceil(untilMs - performance.now())))
  return settle(init, open, answersFromJson(await ask(init, `/v1/records?ids=${ids.join(',')}&waitMs=${waitMs}`), open.length))
}

/** Tells those that have an outcome; returns the others. */
async function settle(init: FollowingInit, batch: Waiting[], answers: SubmissionAnswer[]): Promise<Waiting[]> {
  const open: Waiting[] = []
  for (const [i, entry] of batch.entries()) {
    const answer = answers[i] as SubmissionAnswer
    if (answer.status === 'pending') open.push(entry)
    else if (answer.status === 'certified') await requireCertified(init, entry.submission, answer.receipt).then(entry.resolve, entry.reject)
    else if (answer.status === 'refused' && answer.refusal) entry.reject(new RefusedError(answer.error, answer.refusal))
    else entry.reject(withoutProof(answer.error))
  }
  return open
}

async function requireCertified({ network, authorities, follow, primitives }: FollowingInit, { bytes }: Submission, receipt: Uint8Array | null): Promise<void> {
  if (!receipt) throw fail('not-certified', 'Whoever answered says that the record is certified and brings no receipt.', { expected: 'a receipt', found: 'none' })
  const check = async (): Promise<unknown> => checkReceipt(receipt, bytes, { network, set: authorities() }, primitives)
  try {
    await check()
  } catch (error) {
    if (!(error instanceof TelltaleError) || error.code !== 'set-mismatch') throw error
    await follow()
    await check()
  }
}

/** The authorities of a pin, and after `follow` those to whom links led. Whoever follows at the same time waits for the same. */
function followNewer(init: HttpLinkInit): Pick<FollowingInit, 'authorities' | 'follow'> {
  const { network, primitives } = init
  let newer: AuthoritySet | null = null
  let following: Promise<void> | null = null
  const authorities = (): AuthoritySet => newer ?? init.authorities()
  const step = async (): Promise<void> => {
    const set = authorities()
    newer = await followLinks(set, decodeLinks(await askBytes(init, `/v1/checkpoint/links?set=${bytesToHex(setHash(set, primitives))}`)), network, primitives)
  }
  return { authorities, follow: () => (following ??= step().finally(() => (following = null))) }
}

/** To the outbox of a device `already-included` means certified: without a receipt nobody may say so. */
function withoutProof(error: TelltaleError): TelltaleError {
  return error.code === 'already-included' ? fail('not-certified', 'Whoever answered says that the ledger holds the record and brings no receipt.', { expected: 'a receipt', found: 'none' }) : error
}

async function orNull(code: string, answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof TelltaleError && error.code === code) return null
    throw error
  }
}

/** The JSON that is answered; a submission is answered with a status that says whether anything was taken, and results in each case. */
async function ask(init: HttpLinkInit, path: string, body?: Uint8Array): Promise<unknown> {
  const { status, bytes } = await request(init, path, 'application/json', body)
  const value = parse(textOf(bytes), status)
  const isAnswer = status < 400 || (body !== undefined && typeof value === 'object' && value !== null && 'results' in value)
  if (isAnswer) return value
  throw problemToError(value)
}

async function askBytes(init: HttpLinkInit, path: string): Promise<Uint8Array> {
  const { status, bytes } = await request(init, path, 'application/cbor')
  if (status < 400) return bytes
  throw problemToError(parse(textOf(bytes), status))
}

async function request({ url, token }: HttpLinkInit, path: string, accept: string, body?: Uint8Array): Promise<{ status: number; bytes: Uint8Array }> {
  const headers = { accept, ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(body ? { 'content-type': 'application/cbor' } : {}) }
  try {
    const response = await fetch(url + path, { headers, redirect: 'error', signal: AbortSignal.timeout(REQUEST_MS_MAX), ...(body ? { method: 'POST', body: body as Uint8Array<ArrayBuffer> } : {}) })
    return { status: response.status, bytes: await readLimited(response) }
  } catch (cause) {
    if (cause instanceof TelltaleError) throw cause
    throw fail('ledger-unreachable', `${url} does not answer; the device keeps what it signed.`, { expected: 'a gateway or a node that runs', found: ((cause as Error).cause as { code?: string } | undefined)?.code ?? (cause as Error).name, cause })
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}

function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw fail('unexpected-answer', 'Whoever answered is no node and no gateway that can be understood.', { expected: 'JSON', found: `HTTP ${status}`, cause })
  }
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

function hexOf(value: unknown, length?: number): Uint8Array {
  if (typeof value !== 'string' || (length !== undefined && value.length !== 2 * length)) throw fail('unexpected-answer', 'Whoever answered is no node and no gateway that can be understood.', { expected: 'hexadecimal text', found: typeof value })
  return hexToBytes(value)
}
