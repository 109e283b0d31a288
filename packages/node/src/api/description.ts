import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { accessOf } from './http/access.ts'
import type { RouteAccess } from './http/access.ts'

const TAGS: Record<string, string> = {
  node: 'the node itself',
  session: 'logging in and out, where people have accounts',
  network: 'who may certify, and what is certified',
  peers: 'the nodes around this one',
  blocks: 'blocks and what they hold',
  transactions: 'submitting transactions and asking after them',
  proofs: 'proofs of log and state, as docs/formats.md describes them',
  identities: 'who may sign',
  assets: 'what is owned',
  devices: 'what reports',
  streams: 'records and what was noted about them',
  attachments: 'bytes that records refer to',
  certificates: 'files that prove records offline',
  events: 'what happens, live',
}

/** Describes every route that is added afterwards; `/openapi.json` is made of it. */
export async function describeRoutes(server: FastifyInstance, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Telltale node', version, description: 'The public ledger of a Telltale node. Errors are RFC 9457 problems whose `code` is stable and explained in docs/codes.md. No answer holds a key or opens what a device sealed.', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'of a machine: `telltale tokens add`, or the one of --token-file' },
          session: { type: 'apiKey', in: 'cookie', name: '__Host-telltale', description: 'of a person: POST /v1/session sets it; telltale-PORT on loopback. What changes something also brings the header X-Telltale-Page' },
        },
      },
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => (typeof json['$id'] === 'string' ? json['$id'] : `def-${i}`) },
    // Bodies of application/cbor have no schema that a JSON validator could check.
    transform: ({ schema, url, route }) => ({ schema: withSecurity(withBinaryBody(schema as Record<string, unknown> | undefined), accessOf(url, route.config?.access)), url }),
  })
}

/** Who may use it, where the node asks: `{}` stands for a node on loopback without accounts, which does not. */
function withSecurity(schema: Record<string, unknown>, access: RouteAccess): never {
  const security = access === 'anybody' ? [] : [{}, { token: [] }, { session: [] }]
  return { ...schema, security, 'x-role': access } as never
}

function withBinaryBody(schema: Record<string, unknown> | undefined): Record<string, unknown> {
  const { consumes, ...rest } = schema ?? {}
  if (!Array.isArray(consumes)) return schema ?? {}
  const content = Object.fromEntries(consumes.map((type) => [String(type), { schema: { type: 'string', format: 'binary' } }]))
  return { ...rest, body: { content } }
}
