import { createdId, decode, fail, hexToBytes } from '@telltale/core'
import { findCall, nextHeight } from '@telltale/node'
import type { Home } from '@telltale/node'
import { Address, Count, Hash, Hex, ProposalId, answers, forOperators, shape } from '@telltale/node/service'
import type { TypedServer } from '@telltale/node/service'
import { Type } from 'typebox'
import type { DeskContext } from '../desk.ts'

const Own = shape({ name: Type.String({ description: 'of its key in this data directory' }), address: Address })
const Signed = shape({ proposal: ProposalId, height: Count })
const KeyName = Type.String({ minLength: 1, maxLength: 64, description: 'one of GET /v1/desk/authorities' })
/** A set of parameters takes 200 bytes, a key less than 3 kB. */
const VALUE_HEX_MAX = 16_384

/** Authorities whose keys lie in the data directory propose changes of the network, and approve those of others. */
export function governance(server: TypedServer, { home }: DeskContext): void {
  server.get(
    '/v1/desk/authorities',
    { config: forOperators, schema: { operationId: 'listOwnAuthorities', tags: ['desk'], summary: 'Authorities whose keys lie in this data directory', response: answers({ 200: shape({ authorities: Type.Array(Own) }) }) } },
    async () => ({ authorities: await ownAuthorities(home) }),
  )

  server.post(
    '/v1/desk/proposals',
    {
      config: forOperators,
      schema: {
        operationId: 'propose',
        tags: ['desk'],
        summary: 'Proposes a change of the network; it counts as an approval',
        body: shape({ key: KeyName, kind: Type.String({ maxLength: 32 }), value: Type.Unsafe<string>({ ...Hex, maxLength: VALUE_HEX_MAX, description: 'what is proposed, CBOR' }) }),
        response: answers({ 200: Signed }, [404, 409, 413, 415]),
      },
    },
    async ({ body: { key, kind, value } }) => {
      const own = await ownKey(home, key)
      const { id, height } = await home.send({ key: own, call: findCall('propose').number, sub: own.address, args: [kind, decode(hexToBytes(value))] })
      return { proposal: createdId('tp', id), height }
    },
  )

  server.post(
    '/v1/desk/approvals',
    {
      config: forOperators,
      schema: {
        operationId: 'approve',
        tags: ['desk'],
        summary: 'Approves a proposal, by the hash of what was shown',
        body: shape({ key: KeyName, proposal: ProposalId, hash: Hash }),
        response: answers({ 200: Signed }, [404, 409, 413, 415]),
      },
    },
    async ({ body: { key, proposal, hash } }) => {
      const { height } = await home.send({ key: await ownKey(home, key), call: findCall('approve').number, sub: proposal, args: [hexToBytes(hash)] })
      return { proposal, height }
    },
  )
}

async function ownAuthorities(home: Home) {
  const set = home.ledger.authorities(nextHeight(home))
  const heads = await home.wallet.heads()
  return heads.flatMap(({ name, head: { address, keyNumber } }) => (set.some((authority) => authority.address === address && authority.keyNumber === keyNumber) ? [{ name, address: address as string }] : []))
}

/** The key of an authority (`not-allowed`). */
async function ownKey(home: Home, name: string) {
  const own = await ownAuthorities(home)
  if (own.some((authority) => authority.name === name)) return home.wallet.open(name)
  throw fail('not-allowed', 'Only authorities decide, and no key of this data directory and this name is one.', { expected: own.length === 0 ? 'the key of an authority' : own.map((authority) => authority.name).join(', '), found: name })
}
