import { Decimal, NO_PREVIOUS, deriveCover, portable } from '@telltale/core'
import type { Cbor, CborMap } from '@telltale/core'
import { makeCertificate } from '@telltale/certificate'
import { actor, filled } from './actors.ts'
import type { Actor } from './actors.ts'
import { admit, createAsset, enrolDevice, epochNode, odometer, sealedRecord } from './calls.ts'
import type { MadeRecord } from './calls.ts'
import { GENESIS_MS, createHistory } from './history.ts'
import type { History } from './history.ts'

/** One authority, one car, three sealed records and a correction: the smallest network that shows every part of a certificate. */
export interface SmallStory {
  history: History
  asset: string
  attributes: CborMap
  salt: Uint8Array
  device: Actor
  records: { made: MadeRecord; bytes: Uint8Array; id: Uint8Array }[]
  certificate: Uint8Array
}

export const AUTHORITY = actor(1)
export const OWNER = actor(2)
export const WORKSHOP = actor(3)
export const DEVICE = actor(4)

const MILES = [15_250, 15_375, 15_500]

export async function tellSmallStory(): Promise<SmallStory> {
  const history = await createHistory([AUTHORITY], 'small')
  const owner = await admit(history, AUTHORITY, OWNER, AUTHORITY.address, [['owner', null, null]])
  const workshop = await admit(history, AUTHORITY, WORKSHOP, AUTHORITY.address, [['operator', 'service', null]])
  await history.block([await history.sign(owner), await history.sign(workshop)])
  const attributes: CborMap = new Map<string, Cbor>([['vin', 'JTMRFREV0HJ000001'], ['make', 'Toyota'], ['year', 2017]])
  const { id: asset, salt } = await createAsset(history, AUTHORITY, OWNER, attributes)
  await history.send(await enrolDevice(history, OWNER, asset, DEVICE, ['odometer', 'driving']))
  const records = await drive(history)
  await history.send({ from: WORKSHOP, call: 24, sub: `${DEVICE.address}/odometer`, args: [1, 1, 'odometer', new Map<string, Cbor>([['replaced', 'no'], ['read', new Decimal(153_752, -1)]])] })
  const certificate = await certify(history, asset, { attributes, salt })
  return { history, asset, attributes, salt, device: DEVICE, records, certificate }
}

/** Two records in one block and a third in the next. */
async function drive(history: History): Promise<SmallStory['records']> {
  const records: SmallStory['records'] = []
  let previous = NO_PREVIOUS
  const make = async (sequence: number): Promise<MadeRecord & { bytes: Uint8Array }> => {
    const timeMs = GENESIS_MS + 10_000 * sequence
    const miles = MILES[sequence] as number
    const readings = [odometer(miles, timeMs), { path: 'Vehicle.Speed', timeMs: timeMs + 250, value: new Decimal(525 + sequence, -1), unit: 'km/h', source: '' }]
    const made = sealedRecord(history, { device: DEVICE, stream: 'odometer', sequence, previous, boot: filled(0xb0, 6) }, 0, readings)
    const bytes = await history.sign(made.message)
    const read = history.ledger.read(bytes)
    if (read.ok) records.push({ made, bytes, id: read.value.id })
    previous = records[sequence]?.id ?? previous
    return { ...made, bytes }
  }
  const [first, second] = [await make(0), await make(1)]
  await history.block([first.bytes, second.bytes], [first.body, second.body])
  const third = await make(2)
  await history.block([third.bytes], [third.body])
  return records
}

async function certify(history: History, asset: string, identity: { attributes: CborMap; salt: Uint8Array }): Promise<Uint8Array> {
  const { ledger, reader, genesis } = history
  const { height } = ledger.position
  const head = await history.linkTo(height, ledger.authorities(height))
  return makeCertificate(
    { asset, streams: [{ stream: `${DEVICE.address}/odometer`, from: 0, to: 2 }], disclose: 'all', identity },
    {
      network: ledger.network,
      anchor: { kind: 'genesis', genesis },
      reader,
      atHead: async (read) => read(head, []),
      attachment: (sha256) => ledger.store.readAttachment(sha256),
      keys: async (_stream, _epoch, from, to) => deriveCover(epochNode(history, DEVICE.address, 'odometer'), from, to, portable),
      primitives: portable,
    },
  )
}
