import { fail } from '@telltale/core'
import type { Answer, Client } from '@telltale/client'
import { UsageError } from '../../failure.ts'

export interface RemoteChoice {
  device?: string
  stream?: string
  from?: string
  to?: string
  disclose: string
}

/** What a certificate from a node is about: record numbers of one device, nothing of it disclosed, because a node has no keys (`usage`, `device-needed`, `unknown-stream`, `no-such-record`). */
export async function chooseRemote(client: Client, { device: named, stream, from, to, disclose }: RemoteChoice): Promise<{ device: Answer<'getDevice'>; streams: { stream: string; from: number; to?: number }[] }> {
  if (disclose !== 'none') throw new UsageError('usage', 'A node has no keys, so its certificates disclose nothing. Say --disclose none, or make it where the keys lie, with --data.', { expected: '--disclose none', found: `--disclose ${disclose}` })
  const [first, last] = [readNumber(from, '--from'), readNumber(to, '--to')]
  const device = named === undefined ? await onlyDevice(client) : await client.call('getDevice', { path: { device: named } })
  const chosen = device.streams.filter(({ name }) => stream === undefined || name === stream)
  if (chosen.length === 0) throw new UsageError('unknown-stream', `The device has no stream ${stream ?? ''}.`, { expected: device.streams.map(({ name }) => name).join(', '), found: stream ?? 'none' })
  const streams = chosen.filter(({ count }) => count > (first ?? 0)).map((item) => ({ stream: item.stream, from: first ?? 0, ...(last === null ? {} : { to: Math.min(last, item.count - 1) }) }))
  if (streams.length === 0 || (last !== null && last < (first ?? 0))) throw new UsageError('no-such-record', 'There are no records in this period.', { expected: 'a period with records', found: `${from ?? 'the first'} to ${to ?? 'the last'}` })
  return { device, streams }
}

async function onlyDevice(client: Client): Promise<Answer<'getDevice'>> {
  const { devices } = await client.call('listDevices', { query: { limit: 2 } })
  const [device] = devices
  if (device && devices.length === 1) return device
  throw fail('device-needed', 'Choose a device of this network with --device ADDRESS.', { expected: 'one device', found: devices.length === 0 ? 'none' : 'several' })
}

function readNumber(text: string | undefined, option: string): number | null {
  if (text === undefined) return null
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new UsageError('usage', `${option} ${text} is no record number; with --node there are no times.`, { expected: 'a record number', found: text })
}
