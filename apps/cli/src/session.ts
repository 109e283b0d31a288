import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TelltaleError } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { createAsset, enrolDevice, ensureIdentity, initHome, openHome } from '@telltale/node'
import type { AssetProfile, DeviceProfile, Home } from '@telltale/node'
import type { Output } from './output.ts'
import { passwordForKeys, passwordForNewKeys } from './password.ts'

/** Names of the keys that a fresh data directory gets. */
const OWNER_KEY = 'owner'
const DEVICE_KEY = 'device'
const OWNER_ROLES = [['owner', null, null], ['operator', 'service', null]]

/** Runs `work` with an open data directory, and closes it whatever happens. */
export async function withHome<T>(directory: string, output: Output, work: (home: Home) => Promise<T>): Promise<T> {
  const home = await open(directory, output)
  for (const warning of home.wallet.warnings) output.warn(warning.message)
  try {
    return await work(home)
  } finally {
    await home.close()
  }
}

async function open(directory: string, output: Output): Promise<Home> {
  const progress = output.progress('Replaying')
  const onReplay = (height: number, target: number): void => progress.update(height, target, 'blocks')
  try {
    return await openHome({ directory, password: undefined, onReplay })
  } catch (error) {
    if (!(error instanceof TelltaleError) || error.code !== 'password-required') throw error
    return await openHome({ directory, password: await passwordForKeys(), onReplay })
  } finally {
    progress.end()
  }
}

/** A network of one's own, with one authority and an owner. */
export async function createData(directory: string, output: Output, options: { name?: string; algorithm: Algorithm }): Promise<void> {
  const password = await passwordForNewKeys(output)
  const parameters = options.name === undefined ? {} : { name: options.name }
  await initHome({ directory, password, algorithm: options.algorithm, parameters, nowMs: Date.now() })
}

/** Opens a data directory, made first if it is new. */
export async function withHomeOrNew<T>(directory: string, output: Output, algorithm: Algorithm, work: (home: Home) => Promise<T>): Promise<T> {
  if (!existsSync(join(directory, 'telltale.json'))) {
    output.say(`Making a new network with one authority in ${directory}.`)
    await createData(directory, output, { algorithm })
  }
  return withHome(directory, output, work)
}

/** The device that a command is about: the one named, the only one, or in a fresh directory a new one with its owner and asset. */
export async function defaultDevice(home: Home, init: { algorithm: Algorithm; streams: string[]; isSealed: boolean }): Promise<DeviceProfile> {
  const known = home.profile.devices[0]
  const owner = await ensureIdentity(home, OWNER_KEY, init.algorithm, OWNER_ROLES)
  const asset: AssetProfile = home.profile.assets[0] ?? (await createAsset(home, owner, new Map()))
  return enrolDevice(home, { asset, name: known?.key ?? DEVICE_KEY, algorithm: init.algorithm, streams: init.streams, isSealed: known?.isSealed ?? init.isSealed })
}

