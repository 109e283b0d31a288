import { join } from 'node:path'
import { asArray, asText, asUint, decode } from '@telltale/core'
import { createFileStorage } from '@telltale/device'
import { streamHeadOf } from '@telltale/node'
import type { DeviceProfile, Home } from '@telltale/node'
import { devicesFolder, openHomeDevice } from './home-device.ts'
import type { Output } from './output.ts'
import { withHome } from './session.ts'

/** What came of accepting a loss. */
export interface Resumption {
  /** Block in which the authority told of it. */
  height: number
  /** Streams, `address/name`, of which the ledger has lost records: their devices resume. */
  streams: string[]
}

/** Lets the authority of a data directory go on after a loss, and the devices in it whose records are among what was lost. */
export async function resumeAfterLoss(directory: string, output: Output): Promise<Resumption> {
  return withHome(
    directory,
    output,
    async (home) => {
      const { height } = home.ledger.position
      const streams: string[] = []
      for (const device of home.profile.devices) {
        const ahead = await streamsAhead(home, device)
        if (ahead.length === 0) continue
        const opened = await openHomeDevice(home, device)
        for (const stream of ahead) await opened.giveUp(stream)
        streams.push(...ahead.map((stream) => `${device.address}/${stream}`))
      }
      return { height, streams }
    },
    { acceptLoss: true },
  )
}

/** Streams of which a device remembers more than the ledger holds and it could still send. */
async function streamsAhead(home: Home, { address }: DeviceProfile): Promise<string[]> {
  const saved = await createFileStorage(join(devicesFolder(home.directory), `${address}.state`)).load()
  if (!saved) return []
  const [, , streams, pending] = asArray(decode(saved), 'device state')
  const waiting = asArray(pending, 'pending transactions').map((item) => {
    const [sub, sequence] = asArray(item, 'pending transaction')
    return { sub, sequence: asUint(sequence, 'sequence') }
  })
  return asArray(streams, 'device streams').flatMap((item) => {
    const [name, next] = asArray(item, 'device stream')
    const stream = asText(name, 'stream name', 64)
    const first = Math.min(asUint(next, 'next sequence'), ...waiting.filter(({ sub }) => sub === stream).map(({ sequence }) => sequence))
    return first > (streamHeadOf(home, address, stream)?.count ?? 0) ? [stream] : []
  })
}
