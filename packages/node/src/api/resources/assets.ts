import { Type } from 'typebox'
import { decode } from '@telltale/core'
import { assetKey, assetRowFromCbor } from '@telltale/ledger'
import { forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Address, AssetId, Count, Hash, StreamPath, answers, limitOf, nullable, shape } from '../schema.ts'
import { idsOfRow, requireAsset, showAsset } from '../state-entries.ts'
import { afterKey, assetScan } from '../state-scan.ts'

const ASSETS_MAX = 200
const heights = { fromHeight: Count, toHeight: nullable(Count) }

const Asset = shape({
  asset: AssetId,
  owner: nullable(Address),
  owners: Type.Array(shape({ owner: Address, ...heights })),
  commitment: Hash,
  streams: Type.Array(StreamPath),
  creator: Address,
  transfers: Count,
})

export const assets: Resource = (server, context) => {
  const { ledger } = context

  server.get(
    '/v1/assets',
    {
      config: forReaders,
      schema: {
        operationId: 'listAssets',
        tags: ['assets'],
        summary: 'Assets, by id',
        querystring: shape({ after: Type.Optional(AssetId), limit: limitOf(ASSETS_MAX, 50) }),
        response: answers({ 200: shape({ assets: Type.Array(Asset), after: nullable(AssetId) }) }),
      },
    },
    async ({ query: { after, limit = 50 } }) => {
      const found = []
      for await (const [key, value] of ledger.store.scan(assetScan(), after === undefined ? undefined : afterKey(assetKey(after)))) {
        found.push(showAsset(idsOfRow(key)[0] as string, assetRowFromCbor(decode(value)), ledger.position.height))
        if (found.length > limit) break
      }
      const page = found.slice(0, limit)
      return { assets: page, after: found.length > limit ? (page.at(-1)?.asset ?? null) : null }
    },
  )

  server.get(
    '/v1/assets/:asset',
    { config: forReaders, schema: { operationId: 'getAsset', tags: ['assets'], summary: 'An asset: its owners, with the heights at which they hold, and every stream it ever had', params: shape({ asset: AssetId }), response: answers({ 200: Asset }, [404]) } },
    async ({ params: { asset } }) => showAsset(asset, requireAsset(context, asset), ledger.position.height),
  )
}
