import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import { bytesToHex, decodeTransaction, encodeSubmissions, hexToBytes, portable, transactionId } from '@telltale/core'
import type { SubmissionAnswer } from '@telltale/core'
import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { createGatewayServer } from '../src/http/server.ts'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import type { GatewayLimits } from '../src/limits.ts'
import { DEVICE, person, recordBy } from './people.ts'
import { openRig } from './rig.ts'
import type { Rig } from './rig.ts'

/** A gateway with its HTTP interface; `read` answers what devices ask of the ledger. */
async function withServer(options: { limits?: Partial<GatewayLimits>; answer?: Rig['answer']; lookupMs?: number }, work: (server: FastifyInstance, rig: Rig) => Promise<void>): Promise<void> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const rig = await openRig(options)
  const server = await createGatewayServer({ gateway: rig.gateway, questions: { state: async (key) => ({ key }), stream: async (device, name) => ({ device, name }), records: async (device, name, page) => ({ device, name, ...page }), links: async (setHash) => hexToBytes(setHash) }, limits, log: fastify().log, tls: null, isBehindProxy: false, isAnyHost: false })
  try {
    await work(server, rig)
  } finally {
    await server.close()
    await rig.gateway.stop()
  }
}

interface Answered {
  status: number
  body: { code?: string; results?: { id: string | null; status: string; error?: { code: string; status: number }; receipt?: string }[]; [member: string]: unknown }
}

async function post(server: FastifyInstance, payload: Uint8Array | string, type = 'application/cbor'): Promise<Answered> {
  const answer = await server.inject({ method: 'POST', url: '/v1/records', headers: { 'content-type': type }, payload: Buffer.from(payload) })
  return { status: answer.statusCode, body: answer.json() }
}

async function get(server: FastifyInstance, url: string): Promise<Answered> {
  const answer = await server.inject({ method: 'GET', url })
  return { status: answer.statusCode, body: answer.json() }
}

const never = async (): Promise<SubmissionAnswer> => ({ status: 'pending' })

suite('a gateway over HTTP', () => {
  test('answers under names of this machine only', async () => {
    await withServer({}, async (server) => {
      const health = (host: string) => server.inject({ method: 'GET', url: '/health', headers: { host } })
      for (const host of ['localhost:8463', '127.0.0.1:8463', '[::1]:8463']) assert.equal((await health(host)).statusCode, 200, host)
      for (const host of ['gateway.example', '127.0.0.1.example:8463', 'localhost@example']) {
        const answer = await health(host)
        assert.deepEqual([answer.statusCode, answer.json().code], [421, 'wrong-host'], host)
      }
    })
  })

  test('passes on the links to newer authorities as they are', async () => {
    await withServer({}, async (server) => {
      const hash = 'ab'.repeat(32)
      const answer = await server.inject({ method: 'GET', url: `/v1/checkpoint/links?set=${hash}` })
      assert.deepEqual([answer.statusCode, answer.headers['content-type'], answer.rawPayload.toString('hex')], [200, 'application/cbor', hash])
      for (const url of ['/v1/checkpoint/links', '/v1/checkpoint/links?set=ab']) assert.equal((await get(server, url)).body.code, 'malformed-request')
    })
  })

  test('takes records, says how they stand, and brings the receipt', async () => {
    await withServer({}, async (server, rig) => {
      const record = await recordBy(DEVICE, 0)
      const id = bytesToHex(transactionId(decodeTransaction(record.bytes), portable))
      const { status, body } = await post(server, encodeSubmissions([record]))
      assert.deepEqual([status, body.results], [202, [{ id, status: 'pending' }]])
      const waited = await get(server, `/v1/records?ids=${id}&waitMs=5000`)
      assert.deepEqual(waited.body.results?.map((one) => one.status), ['certified'])
      const single = await get(server, `/v1/records/${id}`)
      assert.deepEqual([single.status, single.body['status'], single.body['receipt']], [200, 'certified', waited.body.results?.[0]?.receipt])
      assert.equal((await post(server, encodeSubmissions([record]))).body.results?.[0]?.status, 'certified', 'sent again')
      assert.equal(rig.batches.length, 1, 'and not passed on again')
      const health = await get(server, '/health')
      assert.deepEqual([health.status, health.body['status'], health.body['waitingRecords']], [200, 'ok', 0])
    })
  })

  test('answers rubbish with a code and what it expected, and goes on', async () => {
    await withServer({ limits: { bodyBytesMax: 50_000, heldBytesMax: 80_000 }, answer: never }, async (server) => {
      const honest = encodeSubmissions([await recordBy(DEVICE, 0)])
      assert.equal((await post(server, honest)).status, 202)
      const item = (bytes: Uint8Array): Uint8Array => encodeSubmissions([{ bytes, attachments: [] }])
      const cases: [string, Uint8Array | string, string, number, string][] = [
        ['nothing', '', 'application/cbor', 400, 'malformed-cbor'],
        ['text', 'odometer=15590', 'application/cbor', 400, 'malformed-cbor'],
        ['random bytes', portable.sha256(honest), 'application/cbor', 400, 'malformed-cbor'],
        ['an empty list', encodeSubmissions([]), 'application/cbor', 400, 'wrong-shape'],
        ['101 items', encodeSubmissions(Array.from({ length: 101 }, () => ({ bytes: new Uint8Array(1), attachments: [] }))), 'application/cbor', 400, 'wrong-shape'],
        ['half of an honest body', honest.subarray(0, honest.length >> 1), 'application/cbor', 400, 'malformed-cbor'],
        ['something behind it', new Uint8Array([...honest, 0]), 'application/cbor', 400, 'malformed-cbor'],
        ['JSON', '{"odometer": 15590}', 'application/json', 415, 'unsupported-content'],
        ['no type', honest, '', 415, 'unsupported-content'],
        ['60 kB', new Uint8Array(60_000), 'application/cbor', 413, 'body-too-large'],
        ['a transaction of rubbish', item(new Uint8Array(30)), 'application/cbor', 400, 'malformed-cbor'],
        ['a device that nobody enrolled', encodeSubmissions([await recordBy(person('stranger'), 0)]), 'application/cbor', 403, 'unknown-device'],
        ['another network', encodeSubmissions([await recordBy(DEVICE, 0, { network: new Uint8Array(32) })]), 'application/cbor', 400, 'wrong-network'],
      ]
      for (const [what, payload, type, status, code] of cases) {
        const answer = await post(server, payload, type)
        assert.deepEqual([answer.status, answer.body.results?.[0]?.error?.code ?? answer.body.code], [status, code], what)
      }
      const questions: [string, string][] = [['/v1/records/xyz', 'malformed-request'], ['/v1/records?ids=1', 'malformed-request'], [`/v1/records/${'0'.repeat(64)}`, 'no-such-transaction'], ['/v1/streams/tt1nobody/odometer', 'malformed-request'], [`/v1/streams/${DEVICE.address}/ODO`, 'malformed-request'], ['/v1/state/zz', 'malformed-request'], [`/v1/streams/${DEVICE.address}/odometer/records?from=-1`, 'malformed-request'], ['/nowhere', 'no-such-route']]
      for (const [path, code] of questions) {
        const answer = await get(server, path)
        assert.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status}`)
        assert.equal(answer.body.code, code, path)
      }
      assert.deepEqual((await get(server, `/v1/streams/${DEVICE.address}/odometer/records?from=3&limit=2`)).body, { device: DEVICE.address, name: 'odometer', from: 3, limit: 2 })
      const { status, body } = await post(server, encodeSubmissions([await recordBy(DEVICE, 1), await recordBy(person('stranger'), 0)]))
      assert.deepEqual([status, body.results?.map((one) => one.status)], [202, ['pending', 'refused']], 'one bad item hides nothing')
    })
  })

  test('a device that floods is told so with 429, and so is an address', async () => {
    await withServer({ limits: { deviceRecordsAtOnce: 2, requestsPerSecond: 1 }, answer: never }, async (server) => {
      const statuses: number[] = []
      const codes: (string | undefined)[] = []
      for (let sequence = 0; sequence < 12; sequence++) {
        const { status, body } = await post(server, encodeSubmissions([await recordBy(DEVICE, sequence)]))
        statuses.push(status)
        codes.push(body.results?.[0]?.error?.code ?? body.code)
      }
      assert.deepEqual(statuses.slice(0, 3), [202, 202, 429])
      assert.equal(codes[2], 'device-too-fast')
      assert.deepEqual([statuses[11], codes[11]], [429, 'too-many-requests'])
    })
  })

  test('what somebody held who hung up before the answer is free again', async () => {
    const body = Buffer.from(encodeSubmissions([await recordBy(DEVICE, 0)]))
    await withServer({ limits: { heldBytesMax: 3 * body.length }, answer: never, lookupMs: 150 }, async (server) => {
      await server.listen({ host: '127.0.0.1', port: 0 })
      const { port } = server.server.address() as AddressInfo
      for (let i = 0; i < 3; i++) {
        const socket = connect(port, '127.0.0.1')
        await once(socket, 'connect')
        socket.write(Buffer.concat([Buffer.from(`POST /v1/records HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/cbor\r\ncontent-length: ${body.length}\r\n\r\n`), body]))
        await new Promise((resolve) => setTimeout(resolve, 40))
        socket.destroy()
      }
      await new Promise((resolve) => setTimeout(resolve, 300))
      assert.equal((await post(server, body)).status, 202)
    })
  })

  test('bodies that never end are not held without limit', async () => {
    await withServer({ limits: { bodyBytesMax: 50_000, heldBytesMax: 60_000 }, answer: never }, async (server) => {
      await server.listen({ host: '127.0.0.1', port: 0 })
      const { port } = server.server.address() as AddressInfo
      const start = (): { status: Promise<number>; write(bytes: number): void; destroy(): void } => {
        const sent = request({ host: '127.0.0.1', port, method: 'POST', path: '/v1/records', headers: { 'content-type': 'application/cbor', 'transfer-encoding': 'chunked' } })
        const status = new Promise<number>((resolve) => {
          sent.on('response', (response) => {
            response.resume()
            resolve(response.statusCode ?? 0)
          })
          sent.on('error', () => resolve(0))
        })
        return { status, write: (bytes) => void sent.write(Buffer.alloc(bytes)), destroy: () => sent.destroy() }
      }
      const first = start()
      first.write(40_000)
      await new Promise((resolve) => setTimeout(resolve, 200))
      const second = start()
      second.write(40_000)
      assert.equal(await second.status, 503)
      first.destroy()
      await new Promise((resolve) => setTimeout(resolve, 200))
      const third = start()
      third.write(60_000)
      assert.equal(await third.status, 413, 'what the first held is free again')
      const honest = await server.inject({ method: 'POST', url: '/v1/records', headers: { 'content-type': 'application/cbor' }, payload: Buffer.from(encodeSubmissions([await recordBy(DEVICE, 0)])) })
      assert.equal(honest.statusCode, 202)
    })
  })
})
