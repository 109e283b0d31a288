import { bytesToHex, exactToText, fail } from '@telltale/core'
import { verifyCertificate } from '@telltale/certificate'
import { certificateFromHome } from '@telltale/node'
import type { AssetProfile, Home } from '@telltale/node'
import { Hash, answers, forOperators, nullable, shape } from '@telltale/node/service'
import type { TypedServer } from '@telltale/node/service'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { DEMO_VIN } from '../../demo/car.ts'
import { CHEATS } from '../../demo/cheats.ts'
import type { Cheat, Honest } from '../../demo/cheats.ts'
import { damageCopy } from '../../demo/damaged-copy.ts'
import { drivenBefore } from '../../demo/drives.ts'
import { identityOf, recordsOfAsset } from '../../whole-asset.ts'
import type { DeskContext } from '../desk.ts'

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

interface Attempted {
  certificate: Uint8Array | null
  reading?: string
  finding: Static<typeof Finding> | null
}

/** The cheat that only a node can show: on its disk. */
const STORED_BYTE = 'stored-byte'
const OFFERED: Record<string, Pick<Cheat, 'title' | 'what'>> = {
  ...CHEATS,
  [STORED_BYTE]: { title: 'Change one byte on the disk', what: 'One byte of the stored ledger is flipped, in a copy; then the copy is checked.' },
}

async function attempt(cheat: string, home: Home, honest: Honest): Promise<Attempted> {
  if (cheat === STORED_BYTE) return { certificate: null, finding: await damageCopy(home) }
  return { ...(await CHEATS[cheat]!.forge(honest, home.primitives)), finding: null }
}

/** Invites whoever looks at the demonstration to cheat, and hands them the forged file. */
export function cheats(server: TypedServer, { home, isDemo }: DeskContext): void {
  if (!isDemo) return
  server.get(
    '/v1/desk/cheats',
    { config: forOperators, schema: { operationId: 'listCheats', tags: ['desk'], summary: 'What a cheat could try', response: answers({ 200: shape({ cheats: Type.Array(Cheat) }) }) } },
    async () => ({ cheats: Object.entries(OFFERED).map(([cheat, { title, what }]) => ({ cheat, title, what })) }),
  )
  server.post(
    '/v1/desk/cheats',
    { config: forOperators, schema: { operationId: 'cheat', tags: ['desk'], summary: 'Tries one of them on a copy', body: shape({ cheat: Type.String({ maxLength: 40 }) }), response: answers({ 200: Attempt }, [404, 413, 415]) } },
    async ({ body: { cheat } }) => {
      const offered = Object.hasOwn(OFFERED, cheat) ? OFFERED[cheat] : undefined
      if (!offered) throw fail('unknown-cheat', `There is no cheat ${cheat}.`, { expected: Object.keys(OFFERED).join(', '), found: cheat })
      const honest = await honestFile(home)
      const { certificate, reading = `${honest.miles} mi`, finding } = await attempt(cheat, home, honest)
      const { title, what } = offered
      return { cheat, title, what, asked: { network: bytesToHex(home.ledger.network), reading, vin: DEMO_VIN }, certificate: certificate && Buffer.from(certificate).toString('base64'), finding }
    },
  )
}

/** The file that the cheats start from: everything of the car, as far as it is certified, and what its dashboard shows (`nothing-to-forge` before the first record). */
async function honestFile(home: Home): Promise<Honest> {
  const asset = home.profile.assets[0] as AssetProfile
  const streams = recordsOfAsset(home, asset.id, RECORDS_NEEDED)
  if (!streams.some(({ stream }) => stream.endsWith('/odometer'))) throw fail('nothing-to-forge', 'The car has not reported yet; wait for its first record.', { expected: 'a record of the odometer', found: 'none' })
  const certificate = await certificateFromHome(home, { asset: asset.id, streams, disclose: 'all', identity: identityOf(asset) })
  const { odometer } = await verifyCertificate(certificate, { trust: { network: home.ledger.network } }, home.primitives)
  if (!odometer || odometer.unit !== 'mi') throw fail('nothing-to-forge', 'The car has not reported its odometer yet.', { expected: 'an odometer in miles', found: odometer?.unit ?? 'none' })
  const miles = Number(exactToText(odometer.value))
  return { certificate, miles, drive: drivenBefore(miles) }
}

/** Cheats need the end of each stream, not a day of it. */
const RECORDS_NEEDED = 50
