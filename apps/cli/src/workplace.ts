import type { Command } from 'commander'
import { isAddress } from '@telltale/core'
import { createHttpLink } from '@telltale/device'
import type { Device } from '@telltale/device'
import { readRecords } from '@telltale/node'
import type { DeviceProfile, Home, HomeRecord, Place } from '@telltale/node'
import { chooseDevice } from './device-streams.ts'
import { UsageError } from './failure.ts'
import { openDeviceAt, openHomeDevice } from './home-device.ts'
import type { Output } from './output.ts'
import { resolveRange, resolveRangeBy } from './range.ts'
import type { RangeOptions } from './range.ts'
import { addNodeOptions, clientOf, nodeAddressOf } from './remote-node.ts'
import type { NodeAddress, NodeOptions } from './remote-node.ts'
import { remoteOwnerSteps } from './remote-owner-steps.ts'
import { openRemotePlace } from './remote-place.ts'
import type { RemotePlace, Use } from './remote-place.ts'
import { readOpened, readRemoteTimes } from './remote-records.ts'
import { withHome } from './session.ts'

/** Options of commands that sign: in a data directory, or for a node with keys that lie here. */
export interface PlaceOptions extends NodeOptions {
  keys?: string
  checkpoint?: string
}

/** Help of `--keys` where a command only reads: without it nothing is opened. */
export const KEYS_THAT_OPEN = 'with --node: the directory whose keys open what is sealed; a store in it is not touched'

export function addPlaceOptions(command: Command, keysHelp = 'with --node: the directory whose keys sign, else that of TELLTALE_DATA; a store in it is not touched'): Command {
  return addNodeOptions(command)
    .option('--keys <dir>', keysHelp)
    .option('--checkpoint <file>', 'with --node: a checkpoint whose authorities you trust; those of the genesis if not given')
}

/** Where a command works. */
export interface Workplace {
  place: Place
  /** The data directory; null at a node. */
  home: Home | null
  /** The device with its keys and state in the directory, after it has followed its owner. */
  openDevice(profile: DeviceProfile): Promise<Device>
  /** Records `from` to `to` of a stream, opened with what lies in the directory; `reader` takes only what was granted to that address. */
  readRecords(stream: string, from: number, to: number, reader: string | null): AsyncGenerator<HomeRecord>
  /** How many of the transactions `from` to below `to` of a stream are records, and no resumes. */
  countRecords(stream: string, from: number, to: number): Promise<number>
  /** `--from` and `--to`, as `resolveRangeBy` takes them. */
  resolveRange(stream: string, count: number, options: RangeOptions): Promise<{ from: number; to: number } | null>
}

/** Runs `work` on the data directory, or at the node of --node (`usage`, and the codes of `withHome` or `openRemotePlace`). */
export async function withWorkplace<T>(command: Command, options: PlaceOptions, { output, use }: { output: Output; use: Use }, work: (workplace: Workplace) => Promise<T>): Promise<T> {
  const address = await placeAddressOf(command, options)
  return address ? atNode(address, options, { output, use }, work) : withHome(options.data, output, (home) => work(workplaceOf(home)))
}

/** The node that a command signs for, or null for a data directory (`usage`). */
export async function placeAddressOf(command: Command, options: PlaceOptions): Promise<NodeAddress | null> {
  const address = await nodeAddressOf(command, options)
  const surplus = (['keys', 'checkpoint'] as const).find((name) => options[name] !== undefined)
  if (!address && surplus) throw new UsageError('usage', `--${surplus} goes with --node; a data directory has keys and network of its own.`, { expected: '--node URL', found: 'none' })
  return address
}

export function workplaceOf(home: Home): Workplace {
  return { place: home, home, openDevice: (profile) => openHomeDevice(home, profile), readRecords: (...records) => readRecords(home, ...records), countRecords: (stream, from, to) => count(readRecords(home, stream, from, to - 1)), resolveRange: (...range) => resolveRange(home, ...range) }
}

export async function atNode<T>(address: NodeAddress, { keys, data, checkpoint }: PlaceOptions, { output, use }: { output: Output; use: Use }, work: (workplace: Workplace) => Promise<T>): Promise<T> {
  const client = clientOf(address)
  const place = await openRemotePlace({ client, directory: keys ?? data, checkpoint, use, output })
  try {
    return await work({
      place,
      home: null,
      async openDevice(profile) {
        const device = await openDeviceAt(place, profile, wayTo(address, place))
        for (const step of await remoteOwnerSteps(place, client, device.pin)) await device.follow(step)
        return device
      },
      readRecords: (...records) => readOpened(client, place, ...records),
      countRecords: (stream, from, to) => count(readRemoteTimes(client, stream, from, to - 1)),
      resolveRange: (...range) => resolveRangeBy((stream, from, to) => readOpened(client, place, stream, from, to, null), ...range),
    })
  } finally {
    await place.close()
  }
}

async function count(records: AsyncGenerator<HomeRecord>): Promise<number> {
  let found = 0
  for await (const { isResume } of records) if (!isResume) found += 1
  return found
}

function wayTo({ url, token }: NodeAddress, { ledger, authorities, primitives }: RemotePlace): ReturnType<typeof createHttpLink> {
  return createHttpLink({ url, kind: 'node', token, network: ledger.network, authorities, primitives })
}

/** The device that --device names by address or key, or the only one of the directory; at a node also any other that it knows (`device-needed`, `unknown-device`). */
export async function chooseAnyDevice({ place, home }: Workplace, named: string | undefined): Promise<DeviceProfile> {
  const isOwn = home !== null || named === undefined || !isAddress(named, 'tt') || place.profile.devices.some(({ address }) => address === named)
  if (isOwn) return chooseDevice(place, named)
  const asset = (await place.identity(named))?.roles.find(({ value, to }) => value.name === 'device' && to === null)?.value.scope
  if (typeof asset !== 'string') throw new UsageError('unknown-device', `${named} is no active device of this network.`, { expected: 'the address of a device', found: named })
  return { address: named, asset, key: named, isSealed: true }
}
