import { fail } from '@telltale/core'
import { certificateFromHome } from '@telltale/node'
import { AssetId, Count, StreamPath, answers, bytesAnswer, forOperators, shape } from '@telltale/node/service'
import type { TypedServer } from '@telltale/node/service'
import { Type } from 'typebox'
import { identityOf, recordsOfAsset } from '../../whole-asset.ts'
import type { DeskContext } from '../desk.ts'

const Wanted = shape({ stream: StreamPath, from: Type.Optional(Count), to: Type.Optional(Count) })
const Disclose = Type.Union([Type.Literal('all'), Type.Literal('none'), shape({ from: Count, to: Count })])
const Request = shape({
  asset: AssetId,
  streams: Type.Optional(Type.Array(Wanted, { maxItems: 64, description: 'every stream that has records, if left out' })),
  disclose: Disclose,
  withIdentity: Type.Boolean({ description: 'whether it says which car it is' }),
})

/** A certificate with the keys that lie in the data directory: what the command `certificate` does. */
export function certificates(server: TypedServer, { home }: DeskContext): void {
  server.post(
    '/v1/desk/certificates',
    {
      config: forOperators,
      schema: {
        operationId: 'makeOwnCertificate',
        tags: ['desk'],
        summary: 'A certificate that discloses what its owner chooses',
        body: Request,
        response: answers({ 200: bytesAnswer('the certificate, as `telltale verify` reads it') }, [404, 413, 415]),
      },
    },
    async ({ body }, reply) => {
      const { asset, disclose, withIdentity } = body
      const profile = home.profile.assets.find(({ id }) => id === asset)
      if (!profile) throw fail('unknown-asset', `${asset} is not an asset of this data directory.`, { expected: 'one of GET /v1/desk', found: asset })
      const streams = body.streams === undefined ? recordsOfAsset(home, asset) : body.streams.map(({ stream, from = 0, to = null }) => ({ stream, from, to }))
      const bytes = await certificateFromHome(home, { asset, streams, disclose, identity: withIdentity ? identityOf(profile) : null })
      return reply.type('application/cbor').send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) as never)
    },
  )
}
