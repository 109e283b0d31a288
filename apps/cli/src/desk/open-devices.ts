import type { Device, Submitter } from '@telltale/device'
import type { DeviceProfile, Home } from '@telltale/node'
import { openHomeDevice } from '../home-device.ts'

/** Devices of a data directory, each opened once: two that sign for one stream would fork it. */
export interface OpenDevices {
  open(profile: DeviceProfile): Promise<Device>
}

/** How a device reaches the ledger where not directly; null for directly. */
export type WayOf = (profile: DeviceProfile) => Submitter | null

export function createOpenDevices(home: Home, wayOf: WayOf): OpenDevices {
  const opened = new Map<string, Promise<Device>>()
  return {
    open(profile) {
      const known = opened.get(profile.address)
      if (known) return known
      const device = openHomeDevice(home, profile, wayOf(profile))
      opened.set(profile.address, device)
      // What could not be opened is tried again by whoever asks next.
      device.catch(() => opened.delete(profile.address))
      return device
    },
  }
}
