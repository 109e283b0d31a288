import type { Device } from '@telltale/device'
import type { DeviceProfile, Home } from '@telltale/node'
import { openHomeDevice } from '../home-device.ts'

/** Devices of a data directory, each opened once: two that sign for one stream would fork it. */
export interface OpenDevices {
  open(profile: DeviceProfile): Promise<Device>
}

export function createOpenDevices(home: Home): OpenDevices {
  const opened = new Map<string, Promise<Device>>()
  return {
    open(profile) {
      const known = opened.get(profile.address)
      if (known) return known
      const device = openHomeDevice(home, profile)
      opened.set(profile.address, device)
      // What could not be opened is tried again by whoever asks next.
      device.catch(() => opened.delete(profile.address))
      return device
    },
  }
}
