import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createFileStorage, createRefusedFolder, openDevice } from '@telltale/device'
import type { Device, Submitter } from '@telltale/device'
import { counterOf, createSecretsFile, dropExpiredGrants, ownerNow, ownerSteps, streamHeadOf } from '@telltale/node'
import type { DeviceProfile, Home, Place } from '@telltale/node'

/** Folder of a data directory with what devices remember. */
export function devicesFolder(directory: string): string {
  return join(directory, 'devices')
}

/** Where what authorities refused of a device is kept. */
export function refusedFolder(directory: string, address: string): string {
  return join(devicesFolder(directory), `${address}.refused`)
}

/** The device's side of its streams, with its keys and state in the data directory. It follows its owner through what happened since it was opened last. `way`: to the ledger; directly if null. */
export async function openHomeDevice(home: Home, profile: DeviceProfile, way: Submitter | null = null): Promise<Device> {
  const device = await openDeviceAt(home, profile, way ?? submitterOf(home))
  for (const step of await ownerSteps(home, device.pin)) await device.follow(step)
  await dropExpiredGrants(home, profile.address, Date.now())
  return device
}

/** The device as it was left, whoever owns it by now. */
export async function openDeviceAt(place: Place, profile: DeviceProfile, submitter: Submitter): Promise<Device> {
  const { signer } = await place.wallet.open(profile.key)
  return openDevice({
    signer,
    address: profile.address,
    network: place.ledger.network,
    storage: createFileStorage(join(devicesFolder(place.directory), `${profile.address}.state`)),
    refused: createRefusedFolder(refusedFolder(place.directory, profile.address), place.primitives),
    submitter,
    secrets: profile.isSealed ? createSecretsFile(place.directory, profile.address, place.password) : null,
    pin: await ownerNow(place, profile.asset),
    primitives: place.primitives,
    randomBytes: (count) => new Uint8Array(randomBytes(count)),
  })
}

/** The way to the ledger in this process. */
function submitterOf(home: Home): Submitter {
  return {
    submit: (submission) => home.chain.submit(submission),
    streamHead: async (device, stream) => streamHeadOf(home, device, stream),
    async recordAt(device, stream, sequence) {
      const count = streamHeadOf(home, device, stream)?.count ?? 0
      if (sequence >= count) return null
      const [entry] = await home.reader.entries('records', `${device}/${stream}`, sequence, sequence + 1)
      return entry?.bytes ?? null
    },
    counter: async (iss, sub) => counterOf(home, iss, sub),
  }
}
