import { bytesToHex, frontierRoot, stateRoot } from '@telltale/core'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { ApiContext } from '../context.ts'
import { forAnybody } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Address, Count, Hash, Ms, answers, nullable, shape } from '../schema.ts'

const Health = shape({
  status: Type.Enum(['ok', 'stalled', 'stopping']),
  version: Type.String(),
  network: Hash,
  height: Count,
  finalHeight: Count,
  size: Count,
  logRoot: Hash,
  stateRoot: Hash,
  sinceMs: Ms,
  stalled: nullable(shape({
    what: Type.Enum(['node', 'blocks', 'finality', 'certificates']),
    sinceMs: Ms,
    missing: Type.Array(shape({ address: Address, sinceMs: Ms })),
    present: Count,
    needed: Count,
    authorities: Count,
    message: Type.String(),
    help: Type.String({ description: 'the one thing that helps' }),
  })),
})

/** How the node stands; 503 tells whoever balances load to look elsewhere. */
export const health: Resource = (server, context) => {
  server.get(
    '/health',
    { config: forAnybody, schema: { operationId: 'getHealth', tags: ['node'], summary: 'How the node stands', response: answers({ 200: Health, 503: { description: 'stalled or stopping; the same body', content: { 'application/json': { schema: Health } } } }) } },
    async (_, reply) => {
      const answer = healthOf(context)
      return reply.code(answer.status === 'ok' ? 200 : 503).send(answer)
    },
  )
}

function healthOf({ ledger, primitives, chain, stopping, stall, version, sinceMs }: ApiContext): Static<typeof Health> {
  const { position, network } = ledger
  const { size } = position.log
  return {
    status: stopping.aborted ? 'stopping' : chain.failure ? 'stalled' : 'ok',
    version,
    network: bytesToHex(network),
    height: chain.heights.newest,
    finalHeight: chain.heights.final,
    size,
    logRoot: bytesToHex(frontierRoot(position.log, primitives.sha256)),
    stateRoot: bytesToHex(stateRoot(position.stateTree)),
    sinceMs,
    stalled: stall(),
  }
}
