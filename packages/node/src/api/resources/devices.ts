import { Type } from 'typebox'
import { fail } from '@telltale/core'
import type { IdentityRow } from '@telltale/ledger'
import { forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Address, AssetId, answers, limitOf, nullable, shape } from '../schema.ts'
import { findIdentity, idsOfRow, showDevice } from '../state-entries.ts'
import { afterDevice, streamScan } from '../state-scan.ts'
import { Stream } from './streams.ts'

const DEVICES_MAX = 100

const Device = shape({ device: Address, asset: AssetId, isActive: Type.Boolean(), streams: Type.Array(Stream) })

export const devices: Resource = (server, context) => {
  const { store } = context.ledger

  /** The next device in order of addresses. */
  const nextDevice = async (after: string | null): Promise<string | null> => {
    for await (const [key] of store.scan(streamScan(), after === null ? undefined : afterDevice(after))) return idsOfRow(key)[0] as string
    return null
  }

  server.get(
    '/v1/devices',
    {
      config: forReaders,
      schema: {
        operationId: 'listDevices',
        tags: ['devices'],
        summary: 'Devices with their streams, by address',
        querystring: shape({ after: Type.Optional(Address), limit: limitOf(DEVICES_MAX, 20) }),
        response: answers({ 200: shape({ devices: Type.Array(Device), after: nullable(Address) }) }),
      },
    },
    async ({ query: { after = null, limit = 20 } }) => {
      const found = []
      let device = await nextDevice(after)
      for (; device !== null && found.length < limit; device = await nextDevice(device)) {
        const shown = showDevice(context, device, findIdentity(context, device) as IdentityRow)
        if (shown) found.push(shown)
      }
      return { devices: found, after: device === null ? null : (found.at(-1)?.device ?? null) }
    },
  )

  server.get(
    '/v1/devices/:device',
    { config: forReaders, schema: { operationId: 'getDevice', tags: ['devices'], summary: 'A device and where its streams stand', params: shape({ device: Address }), response: answers({ 200: Device }, [404]) } },
    async ({ params: { device } }) => {
      const identity = findIdentity(context, device)
      const shown = identity && showDevice(context, device, identity)
      if (!shown) throw fail('unknown-device', `${device} is not a device of this network.`, { expected: 'a device', found: device })
      return shown
    },
  )
}
