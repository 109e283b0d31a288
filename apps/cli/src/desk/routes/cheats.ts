import { bytesToHex, exactToText, fail } from '@telltale/core'
import { verifyCertificate } from '@telltale/certificate'
import { certificateFromHome } from '@telltale/node'
import type { AssetProfile, Home } from '@telltale/node'
import { Hash, answers, nullable, shape } from '@telltale/node/service'
import type { TypedServer } from '@telltale/node/service'
import { Type } from 'typebox'
import { DEMO_VIN, certificateOfOwnLedger } from '../../demo/car.ts'
import { damageCopy } from '../../demo/damaged-copy.ts'
import { flipByte, leaveOut, rollBack } from '../../demo/forgeries.ts'
import { drivenBefore } from '../../demo/drives.ts'
import type { DeskContext } from '../desk.ts'
import { identityOf, streamsWithRecords } from './certificates.ts'

/** Miles that the cheats take off. */
const MILES_TAKEN_OFF = 20_000

const Cheat = shape({ cheat: Type.String(), title: Type.String(), what: Type.String({ description: 'what the cheat does' }) })
const Asked = shape({ network: Hash, reading: Type.String(), vin: Type.String() })
const Finding = shape({ code: Type.String(), message: Type.String(), expected: Type.Optional(Type.String()), found: Type.Optional(Type.String()) })
const Attempt = shape({
  cheat: Type.String(),
  title: Type.String(),
  what: Type.String(),
  asked: Asked,
  certificate: nullable(Type.String({ description: 'the file that the cheat hands over, base64; to be verified by whoever gets it' })),
  finding: nullable(Finding),
})

interface Honest {
  bytes: Uint8Array
  miles: number
  vin: string
}

interface Attempted {
  certificate: Uint8Array | null
  reading?: string
  finding?: { code: string; message: string; expected?: string; found?: string }
}

interface CheatKind {
  title: string
  what: string
  /** Works on copies: the ledger and its files are never touched. */
  attempt(home: Home, honest: Honest): Promise<Attempted>
}

const fewer = `${MILES_TAKEN_OFF.toLocaleString('en')} miles`

const CHEATS: Record<string, CheatKind> = {
  dashboard: {
    title: 'Set the dashboard back',
    what: `The dashboard is set back by ${fewer}; the file is left alone.`,
    attempt: async (_home, { bytes, miles }) => ({ certificate: bytes, reading: `${miles - MILES_TAKEN_OFF} mi` }),
  },
  'rolled-back': {
    title: 'Roll the odometer back',
    what: `The last record is opened, ${fewer} are taken off, it is sealed again and signed with a key of the cheat.`,
    attempt: async ({ primitives }, { bytes }) => ({ certificate: await rollBack(bytes, MILES_TAKEN_OFF, primitives) }),
  },
  'left-out': {
    title: 'Drop the last record',
    what: 'The last record is left out; the count and all roots are computed anew.',
    attempt: async ({ primitives }, { bytes }) => ({ certificate: leaveOut(bytes, primitives) }),
  },
  'flipped-byte': {
    title: 'Change one byte of the file',
    what: 'One byte of the certificate is flipped.',
    attempt: async (_home, { bytes }) => ({ certificate: flipByte(bytes) }),
  },
  'stored-byte': {
    title: 'Change one byte on the disk',
    what: 'One byte of the stored ledger is flipped, in a copy; then the copy is checked.',
    attempt: async (home) => ({ certificate: null, finding: await damageCopy(home) }),
  },
  'own-ledger': {
    title: 'Forge the whole certificate',
    what: `The cheat runs a ledger of their own and certifies a drive of the same car with ${fewer} less: a flawless file.`,
    attempt: async (_home, { miles }) => ({ certificate: await certificateOfOwnLedger(drivenBefore(miles), MILES_TAKEN_OFF) }),
  },
}

/** Invites whoever looks at the demonstration to cheat, and hands them the forged file. */
export function cheats(server: TypedServer, { home, isDemo }: DeskContext): void {
  if (!isDemo) return
  server.get(
    '/v1/desk/cheats',
    { schema: { operationId: 'listCheats', tags: ['desk'], summary: 'What a cheat could try', response: answers({ 200: shape({ cheats: Type.Array(Cheat) }) }) } },
    async () => ({ cheats: Object.entries(CHEATS).map(([cheat, { title, what }]) => ({ cheat, title, what })) }),
  )
  server.post(
    '/v1/desk/cheats',
    { schema: { operationId: 'cheat', tags: ['desk'], summary: 'Tries one of them on a copy', body: shape({ cheat: Type.String({ maxLength: 40 }) }), response: answers({ 200: Attempt }, [404, 413, 415]) } },
    async ({ body: { cheat } }) => {
      const kind = Object.hasOwn(CHEATS, cheat) ? CHEATS[cheat] : undefined
      if (!kind) throw fail('unknown-cheat', `There is no cheat ${cheat}.`, { expected: Object.keys(CHEATS).join(', '), found: cheat })
      const honest = await honestCertificate(home)
      const { certificate, reading = `${honest.miles} mi`, finding = null } = await kind.attempt(home, honest)
      const { title, what } = kind
      return { cheat, title, what, asked: { network: bytesToHex(home.ledger.network), reading, vin: honest.vin }, certificate: certificate && Buffer.from(certificate).toString('base64'), finding }
    },
  )
}

/** The file that the cheats start from: everything of the car, as far as it is certified, and what its dashboard shows (`nothing-to-forge` before the first record). */
async function honestCertificate(home: Home): Promise<Honest> {
  const asset = home.profile.assets[0] as AssetProfile
  const streams = streamsWithRecords(home, asset.id).map(newest)
  if (!streams.some(({ stream }) => stream.endsWith('/odometer'))) throw fail('nothing-to-forge', 'The car has not reported yet; wait for its first record.', { expected: 'a record of the odometer', found: 'none' })
  const bytes = await certificateFromHome(home, { asset: asset.id, streams, disclose: 'all', identity: identityOf(asset) })
  const { odometer } = await verifyCertificate(bytes, { trust: { network: home.ledger.network } }, home.primitives)
  if (!odometer || odometer.unit !== 'mi') throw fail('nothing-to-forge', 'The car has not reported its odometer yet.', { expected: 'an odometer in miles', found: odometer?.unit ?? 'none' })
  return { bytes, miles: Number(exactToText(odometer.value)), vin: DEMO_VIN }
}

/** Cheats need the end of each stream, not a day of it. */
const RECORDS_NEEDED = 50

function newest(range: { stream: string; from: number; to: number }): { stream: string; from: number; to: number } {
  return { ...range, from: Math.max(0, range.to + 1 - RECORDS_NEEDED) }
}
