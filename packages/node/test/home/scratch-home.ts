import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAsset, enrolDevice, ensureIdentity } from '../../src/home/enrolment.ts'
import { initHome, openHome } from '../../src/home/home.ts'
import type { Home } from '../../src/home/home.ts'
import type { DeviceProfile } from '../../src/home/profile.ts'
import type { WalletKey } from '../../src/home/wallet.ts'

/** Runs `work` with a directory that is gone afterwards. */
export async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'telltale-home-'))
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Opens a new network in a directory, or the one that is there. */
export async function open(directory: string, isNew = false): Promise<Home> {
  if (isNew) await initHome({ directory, password: undefined, algorithm: 'EdDSA', nowMs: Date.now() })
  return openHome({ directory, password: undefined })
}

export interface Car {
  home: Home
  owner: WalletKey
  device: WalletKey
  profile: DeviceProfile
}

/** A network with a car: its owner, and a device with one stream. */
export async function openCar(directory: string): Promise<Car> {
  const home = await open(directory, true)
  const owner = await ensureIdentity(home, 'owner', 'EdDSA', [['owner', null, null]])
  const asset = await createAsset(home, owner, new Map([['vin', '4T1BF1FK7HU654321']]))
  const profile = await enrolDevice(home, { asset, name: 'device', algorithm: 'EdDSA', streams: ['odometer'], isSealed: true })
  return { home, owner, device: await home.wallet.open('device'), profile }
}
