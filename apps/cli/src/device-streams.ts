import { fail } from '@telltale/core'
import type { DeviceProfile, Place } from '@telltale/node'
import { UsageError } from './failure.ts'

/** A stream as the ledger has it. */
export interface DeviceStream {
  name: string
  count: number
  epoch: number
  /** How often the device lost its state. */
  discontinuities: number
  notes: number
}

export async function streamsOfDevice(place: Place, device: DeviceProfile): Promise<DeviceStream[]> {
  const { streams } = await place.asset(device.asset)
  const names = streams.filter(({ value }) => value.startsWith(`${device.address}/`)).map(({ value }) => value.slice(device.address.length + 1))
  const found: DeviceStream[] = []
  for (const name of new Set(names)) {
    const row = await place.streamHead(device.address, name)
    if (row) found.push({ name, count: row.count, epoch: row.epoch, discontinuities: row.discontinuities, notes: row.notesCount })
  }
  return found
}

/** The stream that --stream names, or the only one (`stream-needed`, `unknown-stream`). */
export async function chooseStream(place: Place, device: DeviceProfile, named: string | undefined): Promise<DeviceStream> {
  const streams = await streamsOfDevice(place, device)
  const known = streams.map((stream) => stream.name).join(', ')
  const found = named === undefined ? streams : streams.filter((stream) => stream.name === named)
  const [stream] = found
  if (stream && found.length === 1) return stream
  if (named === undefined) throw new UsageError('stream-needed', streams.length === 0 ? 'The device has no stream yet.' : 'The device has several streams; choose one with --stream.', { expected: known, found: 'none' })
  throw new UsageError('unknown-stream', `The device has no stream ${named}. It has: ${known}.`, { expected: known, found: named })
}

/** Of all streams of a device, as `address/name`, those that --stream chooses: all where it is left out (`unknown-stream`). */
export function chooseNamed(all: string[], named: string | undefined): string[] {
  const nameOf = (stream: string): string => stream.slice(stream.indexOf('/') + 1)
  const wanted = named === undefined ? all : all.filter((stream) => nameOf(stream) === named)
  if (wanted.length > 0) return wanted
  const known = all.map(nameOf).join(', ')
  throw new UsageError('unknown-stream', named === undefined ? 'The device has no stream yet.' : `The device has no stream ${named}. It has: ${known}.`, { expected: known, found: named ?? 'none' })
}

/** The device that is named by address or key, or the only one (`device-needed`). */
export function chooseDevice({ profile: { devices } }: Pick<Place, 'profile'>, named: string | undefined): DeviceProfile {
  const found = named === undefined ? devices : devices.filter((device) => device.address === named || device.key === named)
  const [device] = found
  if (device && found.length === 1) return device
  const known = devices.map((item) => `${item.key} (${item.address})`).join(', ')
  if (devices.length === 0) throw fail('device-needed', 'There is no device in this directory. Import a log, which makes one, enrol one, or name one of the network with --device.', { expected: 'a device', found: 'none' })
  throw fail('device-needed', named === undefined ? 'There are several devices; choose one with --device.' : `There is no device ${named} in this directory; choose one with --device.`, { expected: known, found: named ?? 'none' })
}
