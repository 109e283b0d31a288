import rateLimit from '@fastify/rate-limit'
import type { FastifyError, FastifyInstance } from 'fastify'
import { SUBMISSIONS_MAX, TelltaleError, decodeSubmissions, fail, isAddress, isName } from '@telltale/core'
import type { Questions } from '../components.ts'
import type { Gateway, Standing } from '../gateway.ts'
import type { GatewayLimits } from '../limits.ts'
import { standingToJson, statusOf } from './answer.ts'
import { readBodies } from './body.ts'
import { createGatewayMetrics } from './metrics.ts'
import { isForLater, problemOf } from './problem.ts'

export interface GatewayRoutesInit {
  gateway: Gateway
  questions: Questions
  limits: GatewayLimits
  /** Whether the server is somebody else's, who gives the figures of the process. */
  isGuest: boolean
}

const RATE_WINDOW_MS = 10_000
const ADDRESSES_MAX = 20_000
/** How long whoever asks after records may be kept waiting for an outcome. */
const WAIT_MS_MAX = 20_000
const HASH = /^[0-9a-f]{64}$/
const STATE_KEY = /^(?:[0-9a-f]{2}){2,256}$/
const WHOLE_NUMBER = /^(?:0|[1-9][0-9]{0,15})$/

/** Adds everything that a gateway answers over HTTP, with its limits: to a server of its own, or to a scope of another with a prefix. */
export async function addGatewayRoutes(server: FastifyInstance, init: GatewayRoutesInit): Promise<void> {
  const { limits } = init
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
}

/** What devices send, and how it stands. */
function addRecords(server: FastifyInstance, { gateway, isGuest }: GatewayRoutesInit): void {
  const metrics = createGatewayMetrics(gateway, !isGuest)
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
}

/** What a device asks of the ledger before it can sign. */
function addQuestions(server: FastifyInstance, { questions }: GatewayRoutesInit): void {
  server.get<{ Params: { key: string } }>('/v1/state/:key', async ({ params: { key } }) => {
    if (!STATE_KEY.test(key)) throw malformed('a key of the state in hexadecimal', key)
    return questions.state(key)
  })
  server.get<{ Params: StreamName }>('/v1/streams/:device/:name', async ({ params }) => {
    requireStreamName(params)
    return questions.stream(params.device, params.name)
  })
  server.get<{ Params: StreamName; Querystring: Record<string, string | undefined> }>('/v1/streams/:device/:name/records', async ({ params, query }) => {
    const { from = '0', limit = '1' } = query
    if (!WHOLE_NUMBER.test(from) || !WHOLE_NUMBER.test(limit)) throw malformed('whole numbers from and limit', `${from}, ${limit}`)
    requireStreamName(params)
    return questions.records(params.device, params.name, { from: Number(from), limit: Number(limit) })
  })
  server.get<{ Querystring: Record<string, string | undefined> }>('/v1/checkpoint/links', async ({ query: { set = '' } }, reply) => {
    if (!HASH.test(set)) throw malformed('the hash of a set of authorities in hexadecimal', set)
    return reply.type('application/cbor').send(Buffer.from(await questions.links(set)))
  })
}

interface StreamName {
  device: string
  name: string
}

function requireStreamName({ device, name }: StreamName): void {
  if (!isAddress(device, 'tt') || !isName(name)) throw malformed('an address and the name of a stream', `${device}/${name}`)
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
