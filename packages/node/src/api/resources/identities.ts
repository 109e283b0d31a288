import { Type } from 'typebox'
import { decode, fail } from '@telltale/core'
import { identityKey, identityRowFromCbor } from '@telltale/ledger'
import { forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Address, Count, Hex, Ms, answers, limitOf, nullable, shape } from '../schema.ts'
import { findIdentity, idsOfRow, showIdentity } from '../state-entries.ts'
import { afterKey, identityScan } from '../state-scan.ts'

const IDENTITIES_MAX = 200
const heights = { fromHeight: Count, toHeight: nullable(Count) }

const Identity = Type.Object(
  {
    address: Address,
    organisation: nullable(Address),
    roles: Type.Array(shape({ role: Type.String(), scope: nullable(Type.String()), expiryMs: nullable(Ms), ...heights })),
    keys: Type.Array(shape({ number: Count, algorithm: Type.String(), key: Hex, ...heights })),
    sealKeys: Type.Array(shape({ number: Count, key: Hex, ...heights })),
  },
  { additionalProperties: false },
)

export const identities: Resource = (server, context) => {
  server.get(
    '/v1/identities',
    {
      config: forReaders,
      schema: {
        operationId: 'listIdentities',
        tags: ['identities'],
        summary: 'Everybody who was ever admitted, by address',
        querystring: shape({ after: Type.Optional(Address), limit: limitOf(IDENTITIES_MAX, 50) }),
        response: answers({ 200: shape({ identities: Type.Array(Identity), after: nullable(Address) }) }),
      },
    },
    async ({ query: { after, limit = 50 } }) => {
      const found = []
      for await (const [key, value] of context.ledger.store.scan(identityScan(), after === undefined ? undefined : afterKey(identityKey(after)))) {
        found.push(showIdentity(idsOfRow(key)[0] as string, identityRowFromCbor(decode(value))))
        if (found.length > limit) break
      }
      const page = found.slice(0, limit)
      return { identities: page, after: found.length > limit ? (page.at(-1)?.address ?? null) : null }
    },
  )

  server.get(
    '/v1/identities/:address',
    { config: forReaders, schema: { operationId: 'getIdentity', tags: ['identities'], summary: 'An identity: its keys and roles, with the heights at which they hold', params: shape({ address: Address }), response: answers({ 200: Identity }, [404]) } },
    async ({ params: { address } }) => {
      const row = findIdentity(context, address)
      if (!row) throw fail('unknown-identity', `${address} was never admitted to this network.`, { expected: 'an identity', found: address })
      return showIdentity(address, row)
    },
  )
}
