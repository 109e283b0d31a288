import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CborMap, RecordReading } from '@telltale/core'
import { createAsset, certificateFromHome, enrolDevice, ensureIdentity, initHome, openHome, registerSealKey, sealKeyOf } from '@telltale/node'
import type { DeviceProfile, Home } from '@telltale/node'
import { openHomeDevice } from '../home-device.ts'
import { importSource } from '../importing.ts'
import { identityOf, recordsOfAsset } from '../whole-asset.ts'
import { shiftOdometer } from './drives.ts'
import type { Drive } from './drives.ts'

/** Shown in certificates; no real car has it. */
export const DEMO_VIN = 'TTDEMXCAR00000001'
const NETWORK_NAME = 'Telltale demo'
const ATTRIBUTES: CborMap = new Map([['vin', DEMO_VIN]])
const STREAMS = ['odometer', 'driving']

/** Makes a network for the demonstration. Its keys have no password: they are worth nothing. */
export async function initDemo(directory: string): Promise<void> {
  await initHome({ directory, password: undefined, algorithm: 'EdDSA', parameters: { name: NETWORK_NAME }, nowMs: Date.now() })
}

/** The one car of the demonstration, entered and enrolled if it is not yet. */
export async function demoCar(home: Home): Promise<DeviceProfile> {
  const owner = await ensureIdentity(home, 'owner', 'EdDSA', [['owner', null, null], ['operator', 'service', null]])
  const asset = home.profile.assets[0] ?? (await createAsset(home, owner, ATTRIBUTES))
  return home.profile.devices[0] ?? (await enrolDevice(home, { asset, name: 'car', algorithm: 'EdDSA', streams: STREAMS, isSealed: true }))
}

/** Somebody to whom the demonstration's owner can show a stream. */
export async function demoReader(home: Home): Promise<void> {
  const { address } = await ensureIdentity(home, 'insurer', 'EdDSA', [['operator', 'insurance', null]])
  if (!(await sealKeyOf(home, address))) await registerSealKey(home, 'insurer')
}

/** Records a drive and certifies it; `onRecord` as each record is signed. */
export async function recordDrive(home: Home, car: DeviceProfile, drive: Drive, onRecord: (stream: string, readings: RecordReading[]) => void): Promise<void> {
  const device = await openHomeDevice(home, car)
  const listener = { record: onRecord, refusal: () => undefined, progress: () => undefined }
  await importSource({ source: drive.source, device, listener })
}

/** A certificate over everything that the car ever reported, readable as a whole. */
export async function wholeCertificate(home: Home, car: DeviceProfile): Promise<Uint8Array> {
  const asset = home.profile.assets.find((item) => item.id === car.asset)
  return certificateFromHome(home, { asset: car.asset, streams: recordsOfAsset(home, car.asset), disclose: 'all', identity: asset ? identityOf(asset) : null })
}

/** A certificate from a ledger of the cheat's own, in which the same car drove the same way with fewer miles: perfect in itself. */
export async function certificateOfOwnLedger(drive: Drive, miles: number): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'telltale-demo-'))
  try {
    await initDemo(join(directory, 'ledger'))
    const home = await openHome({ directory: join(directory, 'ledger'), password: undefined })
    try {
      const car = await demoCar(home)
      await recordDrive(home, car, { ...drive, source: shiftOdometer(drive.source, -miles) }, () => undefined)
      return await wholeCertificate(home, car)
    } finally {
      await home.close()
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
