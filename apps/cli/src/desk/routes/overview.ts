import { bytesToHex } from '@telltale/core'
import { nextHeight, sealKeyOf, streamsOfAsset } from '@telltale/node'
import type { Home } from '@telltale/node'
import { Address, AssetId, Hash, StreamPath, answers, forOperators, shape } from '@telltale/node/service'
import type { TypedServer } from '@telltale/node/service'
import { Type } from 'typebox'
import type { DeskContext } from '../desk.ts'

const Attribute = Type.Union([Type.String(), Type.Integer()])
const DeskAsset = shape({ asset: AssetId, owner: Type.String({ description: 'name of the key that owns it' }), attributes: Type.Record(Type.String(), Attribute) })
const DeskDevice = shape({ device: Address, asset: AssetId, name: Type.String(), isSealed: Type.Boolean(), streams: Type.Array(StreamPath) })
const Reader = shape({ name: Type.String(), address: Address, hasSealKey: Type.Boolean() })

/** Whose desk it is: what the keys of the data directory own, sign for and could let read. */
export function overview(server: TypedServer, { home, isDemo }: DeskContext): void {
  server.get(
    '/v1/desk',
    {
      config: forOperators,
      schema: {
        operationId: 'getDesk',
        tags: ['desk'],
        summary: 'What the keys of this data directory own and sign for',
        response: answers({ 200: shape({ isDemo: Type.Boolean(), network: Hash, name: Type.String(), assets: Type.Array(DeskAsset), devices: Type.Array(DeskDevice), readers: Type.Array(Reader) }) }),
      },
    },
    async () => ({ isDemo, network: bytesToHex(home.ledger.network), name: home.ledger.parameters(nextHeight(home)).name, assets: assetsOf(home), devices: devicesOf(home), readers: await readersOf(home) }),
  )
}

function assetsOf({ profile }: Home) {
  return profile.assets.map(({ id, owner, attributes }) => ({ asset: id, owner, attributes: Object.fromEntries([...attributes].map(([name, value]) => [String(name), value as string | number])) }))
}

function devicesOf(home: Home) {
  return home.profile.devices.map(({ address, asset, key, isSealed }) => ({ device: address, asset, name: key, isSealed, streams: streamsOfAsset(home, asset).filter((stream) => stream.startsWith(`${address}/`)) }))
}

/** Everybody whose key lies here, devices and the authority apart. */
async function readersOf(home: Home) {
  const devices = new Set(home.profile.devices.map(({ address }) => address))
  const heads = await home.wallet.heads()
  const readers: { name: string; address: string; hasSealKey: boolean }[] = []
  for (const { name, head: { address } } of heads) {
    if (address === null || devices.has(address) || address === home.authority) continue
    readers.push({ name, address, hasSealKey: (await sealKeyOf(home, address)) !== null })
  }
  return readers
}
