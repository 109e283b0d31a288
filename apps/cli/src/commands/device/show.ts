import type { Command } from 'commander'
import type { Client } from '@telltale/client'
import { readRefusedFolder } from '@telltale/device'
import { grantsOf, nextHeight, ownerAddressOf } from '@telltale/node'
import type { DeviceProfile, Home } from '@telltale/node'
import { chooseDevice, streamsOfDevice } from '../../device-streams.ts'
import type { DeviceStream } from '../../device-streams.ts'
import { quantityText } from '../../figures.ts'
import { refusedFolder } from '../../home-device.ts'
import { hang } from '../../layout.ts'
import { outputOf } from '../../options.ts'
import { nameAndAddress } from '../../people.ts'
import { addNodeOptions, nodeOf } from '../../remote-node.ts'
import type { NodeOptions } from '../../remote-node.ts'
import { chooseRemoteDevice } from '../../remote-streams.ts'
import { withHome } from '../../session.ts'

export function addDeviceShow(device: Command): void {
  addNodeOptions(device.command('show'))
    .description('show a device: its streams, who was let read, what was refused')
    .option('--device <address>', 'device, where there are several')
    .addHelpText('after', `
A node does not tell who was let read, nor what it refused.

Examples:
  telltale device show --data my-car
  telltale device show --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<NodeOptions & { device?: string }>()
      const output = outputOf(options)
      const remote = await nodeOf(command, options)
      if (remote) {
        const document = await remoteDocument(remote, options.device)
        output.result(document, await textOf(document, (address) => Promise.resolve(address), output.terminal.width))
        return
      }
      await withHome(options.data, output, async (home) => {
        const document = await documentOf(home, chooseDevice(home, options.device))
        output.result(document, await textOf(document, (address) => nameAndAddress(home, address), output.terminal.width))
      })
    })
}

/** Null is what only a data directory knows. */
interface DeviceDocument {
  device: string
  name: string | null
  asset: string
  owner: string | null
  isActive: boolean
  isSealed: boolean | null
  streams: DeviceStream[]
  grants: { reader: string; stream: string; epoch: number; from: number; to: number | null; days: number; height: number }[] | null
  refused: { subject: string; sequence: number; code: string }[] | null
}

async function documentOf(home: Home, { address, key, asset, isSealed }: DeviceProfile): Promise<DeviceDocument> {
  const roles = (await home.identity(address))?.roles ?? []
  return {
    device: address,
    name: key,
    asset,
    owner: await ownerAddressOf(home, await home.asset(asset)),
    isActive: roles.some(({ value, to }) => value.name === 'device' && (to === null || to > nextHeight(home))),
    isSealed,
    streams: await streamsOfDevice(home, { address, key, asset, isSealed }),
    grants: (await grantsOf(home, address)).map(({ reader, stream, epoch, from, to, days, height }) => ({ reader, stream, epoch, from, to, days, height })),
    refused: (await readRefusedFolder(refusedFolder(home.directory, address))).map(({ sub, sequence, code }) => ({ subject: sub, sequence, code })),
  }
}

async function remoteDocument(client: Client, named: string | undefined): Promise<DeviceDocument> {
  const { device, asset, isActive, streams } = await chooseRemoteDevice(client, named)
  const { owner } = await client.call('getAsset', { path: { asset } })
  return { device, name: null, asset, owner, isActive, isSealed: null, streams: streams.map(({ name, count, epoch, discontinuities, notes }) => ({ name, count, epoch, discontinuities, notes })), grants: null, refused: null }
}

async function textOf({ device, name, asset, owner, isActive, isSealed, streams, grants, refused }: DeviceDocument, nameOf: (address: string) => Promise<string>, width: number): Promise<string> {
  const grantLines = await Promise.all((grants ?? []).map(async ({ reader, stream, epoch, from, to }) => `${await nameOf(reader)}: ${stream}, epoch ${epoch}, from record ${from}${to === null ? ' on' : ` to ${to}`}`))
  const streamLines = streams.map(({ name: stream, count, epoch, discontinuities, notes }) => `${stream}: ${quantityText(count, 'record')}, epoch ${epoch}${discontinuities > 0 ? `, lost its state ${quantityText(discontinuities, 'time')}` : ''}${notes > 0 ? `, ${quantityText(notes, 'note')}` : ''}`)
  const section = (title: string, lines: string[]): string[] => lines.map((line, i) => hang((i === 0 ? title : '').padEnd(9), 9, line, width))
  return [
    `device   ${device}${name === null ? '' : ` (${name})`}`,
    `asset    ${asset}`,
    `owner    ${owner === null ? 'nobody' : await nameOf(owner)}`,
    `state    ${isActive ? 'active' : 'retired or suspended'}${isSealed === null ? '' : isSealed ? ', seals its records' : ', records in the open'}`,
    ...section('streams', streamLines),
    ...section('readers', grantLines),
    ...section('refused', (refused ?? []).map(({ subject, sequence, code }) => `${subject} ${sequence}: ${code}`)),
  ].join('\n')
}
