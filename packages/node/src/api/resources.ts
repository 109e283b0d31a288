import { Type } from 'typebox'
import type { ApiContext } from './context.ts'
import type { EventFeed } from './events.ts'
import { forAnybody, forReaders } from './http/access.ts'
import { agreement } from './resources/agreement.ts'
import { assets } from './resources/assets.ts'
import { attachments } from './resources/attachments.ts'
import { blocks } from './resources/blocks.ts'
import { certificates } from './resources/certificates.ts'
import { devices } from './resources/devices.ts'
import { events } from './resources/events.ts'
import type { Listeners } from './resources/events.ts'
import { health } from './resources/health.ts'
import { identities } from './resources/identities.ts'
import { network } from './resources/network.ts'
import { peers } from './resources/peers.ts'
import { proofs } from './resources/proofs.ts'
import { proposals } from './resources/proposals.ts'
import { session } from './resources/session.ts'
import type { SessionInit } from './resources/session.ts'
import { streams } from './resources/streams.ts'
import { transactions } from './resources/transactions.ts'
import { work } from './resources/work.ts'
import type { TypedServer } from './routes.ts'
import { answers, shape } from './schema.ts'

export interface ResourcesInit extends SessionInit {
  feed: EventFeed
  listeners: Listeners
}

/** A route that says nothing of a query takes none: what a program misspells is told, and not passed over. */
function refuseOtherFields(server: TypedServer): void {
  server.addHook('onRoute', ({ schema, url }) => {
    if (schema && schema.querystring === undefined && !url.includes('*')) schema.querystring = shape({})
  })
}

/** Everything that the API offers, in the order of its description. */
export function addResources(server: TypedServer, context: ApiContext, { feed, listeners, ...init }: ResourcesInit): void {
  const all = [health, session(init), network, agreement, proposals, peers, blocks, transactions, proofs, identities, assets, devices, streams, attachments, certificates, work, events(feed, listeners)]
  refuseOtherFields(server)
  for (const add of all) add(server, context)
  addDescriptions(server, context)
}

const asIs = (text: unknown): string => text as string

/** How the node describes and counts itself. */
function addDescriptions(server: TypedServer, { metrics }: ApiContext): void {
  let description: string | null = null
  server.get('/metrics', { config: forReaders, schema: { operationId: 'getMetrics', tags: ['node'], summary: 'Figures for Prometheus; docs/metrics.md lists them', response: answers({ 200: { description: 'text', content: { 'text/plain': { schema: Type.String() } } } }) } }, async (_, reply) => reply.type(metrics.registry.contentType).send((await metrics.registry.metrics()) as never))
  server.get('/openapi.json', { config: forAnybody, schema: { operationId: 'getDescription', tags: ['node'], summary: 'This description', response: answers({ 200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: Type.Unknown() } } } }) } }, async (_, reply) => reply.type('application/json').serializer(asIs).send((description ??= JSON.stringify(server.swagger())) as never))
}
