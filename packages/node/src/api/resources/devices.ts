import { Type } from 'typebox'
import { bytesToHex, fail } from '@telltale/core'
import type { IdentityRow, LoggedTransaction, Store } from '@telltale/ledger'
import { readGrant } from '../../home/grants.ts'
import { forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Address, AssetId, Count, Hex, Ms, StreamName, answers, limitOf, nullable, shape } from '../schema.ts'
import { findIdentity, idsOfRow, showDevice } from '../state-entries.ts'
import { afterDevice, streamScan } from '../state-scan.ts'
import { Stream } from './streams.ts'

const DEVICES_MAX = 100

const GRANTS_MAX = 200

const Grant = shape({
  reader: Address,
  sealKeyNumber: Count,
  stream: StreamName,
  epoch: Count,
  first: Count,
  last: nullable(Count),
  days: Count,
  height: Count,
  blockTimeMs: Ms,
  isHeld: Type.Boolean({ description: 'whether this node still has what was sealed' }),
  transaction: Hex,
})

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

  server.get(
    '/v1/devices/:device/grants',
    {
      config: forReaders,
      schema: {
        operationId: 'listGrants',
        tags: ['devices'],
        summary: 'Whom a device let read what, oldest first; what is granted is sealed for them',
        params: shape({ device: Address }),
        querystring: shape({ from: Type.Optional(Count), limit: limitOf(GRANTS_MAX, 100) }),
        response: answers({ 200: shape({ grants: Type.Array(Grant), from: nullable(Count) }) }, [404]),
      },
    },
    async ({ params: { device }, query: { from = 0, limit = 100 } }) => {
      if (!findIdentity(context, device)) throw fail('unknown-device', `${device} is not a device of this network.`, { expected: 'a device', found: device })
      const said = await context.reader.sent(device, device, from, limit)
      return { grants: said.flatMap((one) => showGrant(one, store) ?? []), from: said.length < limit ? null : from + limit }
    },
  )
}

function showGrant(said: LoggedTransaction, store: Store) {
  const grant = readGrant(said)
  if (!grant) return null
  const { reader, sealKeyNumber, stream, epoch, from: first, to: last, attachment, days, height, timeMs: blockTimeMs } = grant
  return { reader, sealKeyNumber, stream, epoch, first, last, days, height, blockTimeMs, isHeld: store.hasAttachment(attachment.sha256), transaction: bytesToHex(said.bytes) }
}
