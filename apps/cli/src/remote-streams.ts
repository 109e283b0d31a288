import { fail, isAddress } from '@telltale/core'
import type { Answer, Client } from '@telltale/client'
import { chooseNamed } from './device-streams.ts'
import { resolveRangeBy } from './range.ts'
import type { RangeOptions, ReadTimes, RecordRange } from './range.ts'
import { readRemoteTimes } from './remote-records.ts'

/** The device of a node that is named by its address, or the only one (`device-needed`, and what the node says of an address). */
export async function chooseRemoteDevice(client: Client, named: string | undefined): Promise<Answer<'getDevice'>> {
  if (named !== undefined) {
    if (!isAddress(named, 'tt')) throw fail('device-needed', `A node knows devices by address, and ${named} is none.`, { expected: 'tt1...', found: named })
    return client.call('getDevice', { path: { device: named } })
  }
  const { devices } = await client.call('listDevices', { query: { limit: 2 } })
  const [device] = devices
  if (device && devices.length === 1) return device
  throw fail('device-needed', 'Choose a device of this network with --device ADDRESS; `telltale device list --node URL` lists them.', { expected: 'one device', found: devices.length === 0 ? 'none' : 'several' })
}

/** The records that `--stream`, `--from` and `--to` ask for; unless `readTimes` has keys, times only as far as they are not sealed (`unknown-stream` and the codes of `resolveRangeBy`). */
export async function chooseRemoteRecords(client: Client, device: Answer<'getDevice'>, options: RangeOptions & { stream?: string }, readTimes: ReadTimes = (...place) => readRemoteTimes(client, ...place)): Promise<RecordRange[]> {
  const chosen: RecordRange[] = []
  const wanted = chooseNamed(device.streams.map(({ stream }) => stream), options.stream)
  for (const { stream, count } of device.streams) {
    if (count === 0 || !wanted.includes(stream)) continue
    const range = await resolveRangeBy(readTimes, stream, count, options)
    if (range) chosen.push({ stream, ...range })
  }
  return chosen
}
