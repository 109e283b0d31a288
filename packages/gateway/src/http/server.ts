import type { Server } from 'node:http'
import fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { guardHost } from './loopback-host.ts'
import { addGatewayRoutes } from './routes.ts'
import type { GatewayRoutesInit } from './routes.ts'

export interface GatewayServerInit extends Omit<GatewayRoutesInit, 'isGuest'> {
  log: FastifyBaseLogger
  tls: { cert: Buffer; key: Buffer } | null
  /** Whether one proxy stands before it, whose word on addresses counts. */
  isBehindProxy: boolean
  /** Whether it listens for other machines too; else it answers under names of this one only. */
  isAnyHost: boolean
}

const HEAD_MS = 10_000
const REQUEST_MS = 60_000

/** A server of the gateway's own; it does not listen yet. Stop the gateway itself after it is closed. */
export async function createGatewayServer(init: GatewayServerInit): Promise<FastifyInstance> {
  const { limits, tls, log, isBehindProxy, isAnyHost } = init
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
  server.addHook('onResponse', async (request, reply) => {
    // By route, never by what stands in path, head or body.
    log.debug({ method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered')
  })
  if (!isAnyHost) guardHost(server, 'gateway')
  await addGatewayRoutes(server, { ...init, isGuest: false })
  await server.ready()
  return server
}
