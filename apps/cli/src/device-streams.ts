import { streamHeadOf, streamsOfAsset } from '@telltale/node'
import type { DeviceProfile, Home } from '@telltale/node'
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

export function streamsOfDevice(home: Home, device: DeviceProfile): DeviceStream[] {
  const names = streamsOfAsset(home, device.asset)
    .filter((stream) => stream.startsWith(`${device.address}/`))
    .map((stream) => stream.slice(device.address.length + 1))
  return [...new Set(names)].flatMap((name) => {
    const row = streamHeadOf(home, device.address, name)
    return row ? [{ name, count: row.count, epoch: row.epoch, discontinuities: row.discontinuities, notes: row.notesCount }] : []
  })
}

/** The stream that --stream names, or the only one (`stream-needed`, `unknown-stream`). */
export function chooseStream(home: Home, device: DeviceProfile, named: string | undefined): DeviceStream {
  const streams = streamsOfDevice(home, device)
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
