import { fail } from '@telltale/core'
import type { Device } from '@telltale/device'
import { grantsOf, sealKeyOf } from '@telltale/node'
import type { DeviceProfile, Home } from '@telltale/node'
import { Address, Count, Ms, RecordNumber, StreamPath, answers, forOperators, nullable, shape } from '@telltale/node/service'
import type { TypedServer } from '@telltale/node/service'
import { Type } from 'typebox'
import { instruct } from '../../commands/device/instruct.ts'
import type { DeskContext } from '../desk.ts'

const GRANT_DAYS_MAX = 36_525

const ReaderName = nullable(Type.String({ description: 'of a key in this data directory' }))
const Granted = shape({ stream: StreamPath, reader: Address, readerName: ReaderName, epoch: Count, from: Count, to: nullable(Count), days: Count, height: Count, timeMs: Ms })
const Standing = shape({ stream: StreamPath, reader: Address, readerName: ReaderName, from: Count, to: nullable(Count) })
const GrantList = shape({
  grants: Type.Array(Granted, { description: 'keys that were given away, as the ledger has them; what was read cannot be taken back' }),
  standing: Type.Array(Standing, { description: 'who is given the keys of what comes next' }),
})

/** Whom a device lets read: shown, given and ended, on its owner's signed word. */
export function grants(server: TypedServer, context: DeskContext): void {
  const { home, devices } = context
  const list = async (profile: DeviceProfile) => listOf(home, profile, await devices.open(profile))

  server.get(
    '/v1/desk/grants',
    { config: forOperators, schema: { operationId: 'listGrants', tags: ['desk'], summary: 'Whom a device lets read', querystring: shape({ device: Address }), response: answers({ 200: GrantList }, [404]) } },
    async ({ query: { device } }) => list(profileOf(home, device)),
  )

  server.post(
    '/v1/desk/grants',
    {
      config: forOperators,
      schema: {
        operationId: 'grant',
        tags: ['desk'],
        summary: 'Lets somebody read records of a stream',
        body: shape({ stream: StreamPath, reader: Address, from: RecordNumber, to: nullable(RecordNumber), days: Type.Integer({ minimum: 0, maximum: GRANT_DAYS_MAX }) }),
        response: answers({ 200: GrantList }, [404, 409, 413, 415]),
      },
    },
    async ({ body: { stream, reader, from, to, days } }) => {
      const { profile, device, name } = await openStream(context, stream)
      const sealKey = await sealKeyOf(home, reader)
      if (!sealKey) throw fail('no-seal-key', `${reader} has no seal key in this network, so nothing can be sealed for it.`, { expected: 'a registered seal key', found: 'none' })
      await instruct(home, profile, device, { kind: 'grant', stream: name, epoch: await device.nextEpoch(name), reader, sealKeyNumber: sealKey.number, sealKey: sealKey.key, from, to, days })
      return list(profile)
    },
  )

  server.post(
    '/v1/desk/revocations',
    {
      config: forOperators,
      schema: {
        operationId: 'revoke',
        tags: ['desk'],
        summary: 'Lets somebody, or with null everybody, read no further',
        body: shape({ stream: StreamPath, reader: nullable(Address) }),
        response: answers({ 200: GrantList }, [404, 409, 413, 415]),
      },
    },
    async ({ body: { stream, reader } }) => {
      const { profile, device, name } = await openStream(context, stream)
      if (!device.readers.some((standing) => standing.stream === name && (reader === null || standing.reader === reader))) {
        throw fail('no-standing-grant', 'Nobody reads on there: it was revoked already, or its period is over.', { expected: 'a reader who may read on', found: reader ?? 'nobody' })
      }
      await instruct(home, profile, device, { kind: 'revoke', stream: name, epoch: await device.nextEpoch(name), reader })
      return list(profile)
    },
  )
}

function profileOf(home: Home, address: string): DeviceProfile {
  const profile = home.profile.devices.find((known) => known.address === address)
  if (profile) return profile
  throw fail('unknown-device', `${address} is not a device of this data directory.`, { expected: 'one of GET /v1/desk', found: address })
}

async function openStream({ home, devices }: DeskContext, stream: string): Promise<{ profile: DeviceProfile; device: Device; name: string }> {
  const [address, name] = stream.split('/') as [string, string]
  const profile = profileOf(home, address)
  return { profile, device: await devices.open(profile), name }
}

async function listOf(home: Home, profile: DeviceProfile, { readers }: Device) {
  const names = new Map((await home.wallet.heads()).map(({ name, head }) => [head.address, name]))
  const nameOf = (address: string): string | null => names.get(address) ?? null
  const logged = await grantsOf(home, profile.address)
  return {
    grants: logged.reverse().map(({ stream, reader, epoch, from, to, days, height, timeMs }) => ({ stream: `${profile.address}/${stream}`, reader, readerName: nameOf(reader), epoch, from, to, days, height, timeMs })),
    standing: readers.map(({ stream, reader, from, to }) => ({ stream: `${profile.address}/${stream}`, reader, readerName: nameOf(reader), from, to })),
  }
}
