import type { Server } from 'node:http'
import rateLimit from '@fastify/rate-limit'
import fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyError, FastifyInstance } from 'fastify'
import { SUBMISSIONS_MAX, TelltaleError, decodeSubmissions, fail, isAddress, isName } from '@telltale/core'
import type { Gateway, Standing } from '../gateway.ts'
import type { GatewayLimits } from '../limits.ts'
import type { NodeAnswer } from '../node-link/request.ts'
import { standingToJson, statusOf } from './answer.ts'
import { readBodies } from './body.ts'
import { createGatewayMetrics } from './metrics.ts'
import { isForLater, problemOf } from './problem.ts'

export interface GatewayServerInit {
  gateway: Gateway
  /** Answers questions about the ledger that devices ask through the gateway. */
  read(path: string): Promise<NodeAnswer>
  limits: GatewayLimits
  log: FastifyBaseLogger
  tls: { cert: Buffer; key: Buffer } | null
  /** Whether one proxy stands before it, whose word on addresses counts. */
  isBehindProxy: boolean
}

const RATE_WINDOW_MS = 10_000
const ADDRESSES_MAX = 20_000
const HEAD_MS = 10_000
const REQUEST_MS = 60_000
/** How long whoever asks after records may be kept waiting for an outcome. */
const WAIT_MS_MAX = 20_000
const HASH = /^[0-9a-f]{64}$/
const STATE_KEY = /^(?:[0-9a-f]{2}){2,256}$/
const WHOLE_NUMBER = /^(?:0|[1-9][0-9]{0,15})$/

/** The gateway's HTTP interface; it does not listen yet. Stop the gateway itself after it is closed. */
export async function createGatewayServer(init: GatewayServerInit): Promise<FastifyInstance> {
  const { limits, tls, log, isBehindProxy } = init
  const options = {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.bodyBytesMax,
    connectionTimeout: REQUEST_MS,
    requestTimeout: REQUEST_MS,
    return503OnClosing: false,
    trustProxy: isBehindProxy ? (_: string, hop: number) => hop === 0 : false,
    routerOptions: { maxParamLength: 600 },
  }
  const http = { headersTimeout: HEAD_MS, connectionsCheckingInterval: 1000 }
  const server: FastifyInstance = tls ? fastify({ ...options, https: { ...http, ...tls } }) : fastify({ ...options, http })
  const { server: bare } = server as { server: Server }
  bare.maxConnections = limits.connectionsMax
  answerErrors(server)
  readBodies(server, limits)
  await server.register(rateLimit, {
    max: limits.requestsPerSecond * (RATE_WINDOW_MS / 1000),
    timeWindow: RATE_WINDOW_MS,
    cache: ADDRESSES_MAX,
    errorResponseBuilder: (_, { after }) => fail('too-many-requests', `Too many requests from this address; try again in ${after}.`, { expected: `at most ${limits.requestsPerSecond} a second`, found: 'more' }),
  })
  addRecords(server, init)
  addQuestions(server, init)
  server.setNotFoundHandler({ preHandler: server.rateLimit() }, async (request) => {
    throw fail('no-such-route', 'There is nothing at this address; docs/gateway.md lists what there is.', { expected: 'POST /v1/records', found: `${request.method} ${request.url.split('?', 1)[0]!.slice(0, 80)}` })
  })
  await server.ready()
  return server
}

/** What devices send, and how it stands. */
function addRecords(server: FastifyInstance, { gateway, log }: GatewayServerInit): void {
  const metrics = createGatewayMetrics(gateway)
  server.post('/v1/records', async ({ body }, reply) => {
    const standings = await gateway.take(decodeSubmissions(bytesOf(body)))
    for (const standing of standings) metrics.records.inc({ result: standing.status === 'not-taken' ? standing.error.code : standing.status })
    const status = statusOf(standings)
    if (isForLater(status)) reply.header('retry-after', '1')
    return reply.code(status).send({ results: standings.map(standingToJson) })
  })
  server.get<{ Querystring: { ids?: string; waitMs?: string } }>('/v1/records', async ({ query: { ids = '', waitMs = '0' } }) => {
    const asked = ids.split(',')
    if (asked.length > SUBMISSIONS_MAX || !asked.every((id) => HASH.test(id))) throw malformed(`1 to ${SUBMISSIONS_MAX} ids of records in hexadecimal`, ids)
    if (!WHOLE_NUMBER.test(waitMs) || Number(waitMs) > WAIT_MS_MAX) throw malformed(`at most ${WAIT_MS_MAX} ms to wait`, waitMs)
    await gateway.settled(asked, Number(waitMs))
    const standings = await Promise.all(asked.map(async (id): Promise<Standing> => (await gateway.standing(id)) ?? { id, status: 'not-taken', error: noSuchRecord(id) }))
    return { results: standings.map(standingToJson) }
  })
  server.get<{ Params: { id: string } }>('/v1/records/:id', async ({ params: { id } }) => {
    if (!HASH.test(id)) throw malformed('the id of a record in hexadecimal', id)
    const standing = await gateway.standing(id)
    if (!standing) throw noSuchRecord(id)
    return standingToJson(standing)
  })
  server.get('/health', async (_, reply) => {
    const { health } = gateway
    // One that only waits for its node takes records all the same.
    return reply.code(health.status === 'ok' || health.status === 'waiting' ? 200 : 503).send(health)
  })
  server.get('/metrics', async (_, reply) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()))
  server.addHook('onResponse', async (request, reply) => {
    // By route, never by what stands in path, head or body.
    log.debug({ method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered')
  })
}

/** What a device asks of the ledger before it can sign: passed on to the node as it is. */
function addQuestions(server: FastifyInstance, { read }: GatewayServerInit): void {
  const passOn = async (path: string): Promise<unknown> => JSON.parse(new TextDecoder().decode((await read(path)).body))
  server.get<{ Params: { key: string } }>('/v1/state/:key', async ({ params: { key } }) => {
    if (!STATE_KEY.test(key)) throw malformed('a key of the state in hexadecimal', key)
    return passOn(`/v1/state/${key}`)
  })
  server.get<{ Params: { device: string; name: string } }>('/v1/streams/:device/:name', async ({ params }) => passOn(streamPath(params)))
  server.get<{ Params: { device: string; name: string }; Querystring: Record<string, string | undefined> }>('/v1/streams/:device/:name/records', async ({ params, query }) => {
    const { from = '0', limit = '1' } = query
    if (!WHOLE_NUMBER.test(from) || !WHOLE_NUMBER.test(limit)) throw malformed('whole numbers from and limit', `${from}, ${limit}`)
    return passOn(`${streamPath(params)}/records?from=${from}&limit=${limit}`)
  })
}

function streamPath({ device, name }: { device: string; name: string }): string {
  if (!isAddress(device, 'tt') || !isName(name)) throw malformed('an address and the name of a stream', `${device}/${name}`)
  return `/v1/streams/${device}/${name}`
}

function bytesOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? new Uint8Array(body.buffer, body.byteOffset, body.length) : new Uint8Array(0)
}

function noSuchRecord(id: string): TelltaleError {
  return fail('no-such-transaction', 'Neither this gateway nor its node knows such a record.', { expected: 'the id of a record that was sent here', found: id })
}

function malformed(expected: string, found: string): TelltaleError {
  return fail('malformed-request', `This route expects ${expected}.`, { expected, found: found.slice(0, 80) })
}

/** Every failure becomes a problem with a code; whatever is our own fault is logged and says nothing more. */
function answerErrors(server: FastifyInstance): void {
  server.setErrorHandler(async (error: FastifyError, request, reply) => {
    const coded = codedOf(error)
    if (coded.code === 'internal-error') request.log.error({ err: error }, 'failed')
    const problem = problemOf(coded)
    if (isForLater(problem.status) && !reply.hasHeader('retry-after')) reply.header('retry-after', '1')
    if (problem.status === 413) reply.header('connection', 'close')
    return reply.code(problem.status).type('application/problem+json').serializer(JSON.stringify).send(problem)
  })
}

function codedOf(error: FastifyError | TelltaleError): TelltaleError {
  if (error instanceof TelltaleError) return error
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return fail('body-too-large', 'The body is too large; send it in several requests.')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return fail('unsupported-content', 'This route does not read bodies of this kind.', { expected: 'application/cbor' })
    default:
      if (error.statusCode !== undefined && error.statusCode < 500) return fail('malformed-request', 'The request cannot be read.', { cause: error })
      return fail('internal-error', 'The gateway failed; its log says more.', { cause: error })
  }
}
