import assert from 'node:assert/strict'
import type { FastifyBaseLogger } from 'fastify'
import { NO_PREVIOUS, decodeTransaction, encode, recordArgsToCbor, signTransaction, transactionId } from '@telltale/core'
import { startService } from '../../src/service/service.ts'
import type { Service } from '../../src/service/service.ts'
import { resolveSettings } from '../../src/service/settings.ts'
import type { Settings } from '../../src/service/settings.ts'
import type { Mount } from '../../src/api/server.ts'
import { streamHeadOf } from '../../src/home/records.ts'
import { openCar, withDirectory } from '../home/scratch-home.ts'
import type { Car } from '../home/scratch-home.ts'

/** A node with a car that answers on a port of its own. */
export interface RunningNode extends Car {
  service: Service
  url: string
}

export interface NodeOptions {
  settings?: Partial<Settings>
  mounts?: Mount[]
  pages?: string | null
  log?: FastifyBaseLogger
}

export async function withNode(work: (node: RunningNode) => Promise<void>, { settings = {}, mounts = [], pages = null, log }: NodeOptions = {}): Promise<void> {
  await withDirectory(async (directory) => {
    const car = await openCar(directory)
    try {
      const usual = await resolveSettings({ flags: { listen: '127.0.0.1:0', 'log-level': 'silent' }, environment: {}, directory })
      const service = await startService({ home: car.home, settings: { ...usual.settings, ...settings }, isUsualPort: false, isDemo: false, mounts, pages, ...(log ? { log } : {}) })
      try {
        await work({ ...car, service, url: service.url })
      } finally {
        await service.stop()
      }
    } finally {
      await car.home.close()
    }
  })
}

export interface SignedRecord {
  bytes: Uint8Array
  attachments: Uint8Array[]
  id: Uint8Array
}

/** Open records of the car that follow each other, signed and not sent. */
export async function signRecords({ home, device }: Car, count: number): Promise<SignedRecord[]> {
  const { ledger, primitives } = home
  const head = streamHeadOf(home, device.address, 'odometer')
  let previous = head?.head ?? NO_PREVIOUS
  const first = head?.count ?? 0
  const signed: SignedRecord[] = []
  for (let sequence = first; sequence < first + count; sequence++) {
    const body = encode([`body ${sequence}`, SECRET_READING])
    const args = recordArgsToCbor({ previous, boot: new Uint8Array(6), content: { kind: 'sealed', epoch: 0 }, body: { sha256: primitives.sha256(body), length: body.length }, cites: null })
    const bytes = await signTransaction({ network: ledger.network.subarray(0, 16), iss: device.address, sub: 'odometer', call: 16, sequence, args }, device.signer)
    previous = transactionId(decodeTransaction(bytes), primitives)
    signed.push({ bytes, attachments: [body], id: previous })
  }
  return signed
}

/** What stands in every body of these records, to look for it where it must not be. */
export const SECRET_READING = 'reading-that-nobody-may-see'

export interface Answer {
  status: number
  headers: Headers
  json: Record<string, unknown>
}

export async function getJson(node: { url: string }, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return readAnswer(await fetch(node.url + path, { headers }))
}

export async function postCbor(node: { url: string }, path: string, body: Uint8Array): Promise<Answer> {
  return readAnswer(await fetch(node.url + path, { method: 'POST', headers: { 'content-type': 'application/cbor' }, body: new Uint8Array(body) }))
}

export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }
}

export interface ResultDocument {
  id: string | null
  status: string
  index?: number
  height?: number
  receipt?: string
  refusal?: string
  error?: { code: string; status: number; expected?: string; found?: string }
}

/** Submits and answers with what became of each. */
export async function submit(node: { url: string }, items: { bytes: Uint8Array; attachments: Uint8Array[] }[], query = ''): Promise<ResultDocument[]> {
  const { status, json } = await postCbor(node, `/v1/transactions${query}`, encode(items.map(({ bytes, attachments }) => [bytes, attachments])))
  assert.equal(status, 200, JSON.stringify(json))
  return json['results'] as ResultDocument[]
}

/** Expects a problem of this status and code, in the form that the description promises. */
export function assertProblem({ status, headers, json }: Answer, expected: { status: number; code: string }): void {
  assert.deepEqual({ status, code: json['code'] }, expected, JSON.stringify(json))
  assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
  assert.equal(json['type'], `/codes/${expected.code}`)
  assert.equal(json['status'], status)
  assert.ok(String(json['title']).length > 2 && String(json['detail']).length > 10)
}
