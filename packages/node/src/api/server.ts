import type { Server } from 'node:http'
import rateLimit from '@fastify/rate-limit'
import fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fail } from '@telltale/core'
import type { Primitives } from '@telltale/core'
import type { Chain } from '@telltale/consensus'
import { createCalls } from '@telltale/ledger'
import type { Ledger, LedgerReader } from '@telltale/ledger'
import { createSessions } from '../accounts/sessions.ts'
import type { PeerLink } from '../peers/authority-states.ts'
import { createStallDoctor } from '../peers/stall-doctor.ts'
import type { ApiContext, MiningDesk } from './context.ts'
import { describeRoutes } from './description.ts'
import { createEventFeed } from './events.ts'
import type { EventFeed } from './events.ts'
import { guardAccess } from './http/access.ts'
import type { Access } from './http/access.ts'
import { createCallers } from './http/callers.ts'
import type { Callers } from './http/callers.ts'
import { readBody } from './http/body-reader.ts'
import { createByteBudget } from './http/byte-budget.ts'
import type { ByteBudget } from './http/byte-budget.ts'
import { requireContent } from './http/content.ts'
import { answerClientError, answerErrors, answerFrameworkError } from './http/errors.ts'
import { refuseOtherMethods } from './http/methods.ts'
import { createValidator } from './http/validation.ts'
import { JSON_BYTES_MAX, PATH_PART_CHARACTERS_MAX, RATED_ADDRESSES_MAX, RATE_WINDOW_MS } from './limits.ts'
import type { ApiLimits } from './limits.ts'
import { createMetrics } from './metrics.ts'
import { addPages } from './pages.ts'
import { addResources } from './resources.ts'
import type { Listeners } from './resources/events.ts'
import { Problem } from './schema.ts'
import { createSubmissions } from './submissions.ts'

/** Adds further routes to a node's server, before it listens; they may stand on what the API stands on. */
export type Mount = (server: FastifyInstance, context: ApiContext) => Promise<void> | void

export interface ApiInit {
  ledger: Ledger
  reader: LedgerReader
  chain: Chain
  /** Its engine and its connections; null for a node that is alone. */
  peers: PeerLink | null
  /** Left out by a node that is alone. */
  mining?: MiningDesk | null
  primitives: Primitives
  clock: { nowMs(): number }
  log: FastifyBaseLogger
  version: string
  isDemo: boolean
  access: Access
  limits: ApiLimits
  /** Certificate and key of this node, PEM; null where it speaks plain HTTP. */
  tls: { cert: Buffer; key: Buffer } | null
  /** Whether one proxy stands before it, whose word on addresses counts. */
  isBehindProxy: boolean
  mounts: Mount[]
  /** Folder of pages to serve, or null. */
  pages: string | null
}

/** The node's HTTP interface. Once stopped it cannot be started again. */
export interface ApiServer {
  server: FastifyInstance
  /** Tells everybody that the node stops; listeners are let go. */
  announceStop(): void
}

/** Builds the server; it does not listen yet. */
export async function createApiServer(init: ApiInit): Promise<ApiServer> {
  const { ledger, chain, limits, peers, primitives, access, clock, log } = init
  const server = createHttpServer(init)
  const budget = createByteBudget(limits.heldBytesMax, limits.heldBytesOfOneMax)
  const listeners: Listeners = { count: 0, most: limits.listenersMax }
  const stopping = new AbortController()
  const feed: EventFeed = createEventFeed({ ledger, chain, primitives }, () => submissions)
  const submissions = createSubmissions({ ledger, reader: init.reader, chain, onRefused: () => feed.wake() })
  const unsubscribe = chain.onCertified(() => feed.wake())
  server.addHook('onClose', async () => unsubscribe())
  const sinceMs = init.clock.nowMs()
  const stall = createStallDoctor({ ...init, sinceMs })
  const metrics = createMetrics(() => ({
    height: () => chain.heights.newest,
    finalHeight: () => chain.heights.final,
    size: () => ledger.position.log.size,
    certifiedHeight: () => chain.head?.checkpoint.height ?? 0,
    pending: () => submissions.pendingCount,
    pool: () => chain.pool(),
    peers,
    nowMs: init.clock.nowMs,
    stall,
    listeners: () => listeners.count,
    workTries: () => init.mining?.status().tries ?? 0,
    heldBytes: () => budget.used,
    connections: async () => new Promise((resolve) => server.server.getConnections((_, count) => resolve(count ?? 0))),
  }))
  const callNames = new Map([...createCalls(primitives).values()].map(({ number, name }) => [number, name]))
  const sessions = createSessions(clock)
  const callers = createCallers({ access, sessions, clock })
  const context: ApiContext = { ...init, mining: init.mining ?? null, sinceMs, stall, submissions, callers, metrics, stopping: stopping.signal, callNames }

  answerErrors(server)
  requireContent(server)
  holdBytes(server, limits, budget)
  await protect(server, init, callers)
  observe(server, context)
  await describeRoutes(server, init.version)
  server.addSchema(Problem)
  const refuseRest = refuseOtherMethods(server)
  addResources(server, context, { feed, listeners, access, sessions, log })
  for (const mount of init.mounts) await server.register(async (inner) => mount(inner, context))
  await addPages(server, init.pages)
  refuseRest()
  await server.ready()
  return {
    server,
    announceStop: () => stopping.abort(),
  }
}

function createHttpServer({ limits, log, tls, isBehindProxy }: ApiInit): FastifyInstance {
  const http = { headersTimeout: limits.headMs, connectionsCheckingInterval: 1000, highWaterMark: 65_536 }
  const options = {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: JSON_BYTES_MAX,
    connectionTimeout: limits.idleMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    return503OnClosing: false,
    // Only the proxy itself is believed, and of what it says only the address that it saw.
    trustProxy: isBehindProxy ? (_: string, hop: number) => hop === 0 : false,
    routerOptions: { maxParamLength: PATH_PART_CHARACTERS_MAX },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: FastifyError, _: FastifyRequest, reply: FastifyReply) => answerFrameworkError(error, reply),
    exposeHeadRoutes: true,
  }
  const server: FastifyInstance = tls ? (fastify({ ...options, https: { ...http, ...tls } })) : fastify({ ...options, http })
  const { server: bare } = server as { server: Server }
  bare.maxConnections = limits.connectionsMax
  server.setValidatorCompiler(createValidator)
  return server
}

/** Bodies are paid for as they arrive and answers before they leave; both are given back when the answer is gone. */
function holdBytes(server: FastifyInstance, { bodyBytesMax }: ApiLimits, budget: ByteBudget): void {
  server.decorateRequest('heldBytes', 0)
  server.addContentTypeParser('application/cbor', async (request: FastifyRequest, payload: FastifyRequest['raw']) => readBody(request, payload, bodyBytesMax, budget))
  server.addHook('onSend', async (request, reply, payload) => {
    // Nobody is there any more: nothing is kept, and nothing would be given back.
    if (reply.raw.destroyed) return payload
    const bytes = typeof payload === 'string' || payload instanceof Uint8Array ? payload.length : 0
    // The little that a refusal takes is always there.
    if (bytes < 4096) return payload
    budget.take(request.ip, bytes)
    request.heldBytes += bytes
    return payload
  })
  // The only event that comes however a request ends; a client that goes in the middle of its body is never answered.
  server.addHook('onRequest', async (request, reply) => {
    // Once the connection is gone nobody can say where it came from.
    const { ip } = request
    reply.raw.once('close', () => {
      if (request.heldBytes === 0) return
      budget.give(ip, request.heldBytes)
      request.heldBytes = 0
    })
  })
}

const API_HEADS = { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; frame-ancestors 'none'", 'cross-origin-resource-policy': 'same-origin', 'referrer-policy': 'no-referrer' }
const TLS_HEADS = { 'strict-transport-security': 'max-age=31536000' }

async function protect(server: FastifyInstance, { access, limits, tls }: ApiInit, callers: Callers): Promise<void> {
  // Answers of the API are never pages; whoever takes one for a page may do nothing with it.
  server.addHook('onRequest', async (_, reply) => void reply.headers(tls === null ? API_HEADS : { ...API_HEADS, ...TLS_HEADS }))
  await server.register(rateLimit, {
    max: limits.requestsPerSecond * (RATE_WINDOW_MS / 1000),
    timeWindow: RATE_WINDOW_MS,
    cache: RATED_ADDRESSES_MAX,
    addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    errorResponseBuilder: (_, { after }) => fail('too-many-requests', `Too many requests from this address; try again in ${after}.`, { expected: `at most ${limits.requestsPerSecond} a second`, found: 'more' }),
  })
  guardAccess(server, callers, access.isAnyHost)
}

/** Counts requests, and logs them where somebody wants to see each: by route, never by what stands in their path, head or body. */
function observe(server: FastifyInstance, { metrics }: ApiContext): void {
  server.addHook('onResponse', async (request: FastifyRequest, reply: FastifyReply) => {
    const route = request.routeOptions.url ?? 'none'
    const { method } = request
    metrics.requests.inc({ route, method, status: reply.statusCode })
    metrics.requestSeconds.observe({ route }, reply.elapsedTime / 1000)
    request.log.debug({ method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime * 1000) / 1000 }, 'answered')
  })
}
