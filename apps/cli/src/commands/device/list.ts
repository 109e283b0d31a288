import type { Command } from 'commander'
import type { Home } from '@telltale/node'
import { streamsOfDevice } from '../../device-streams.ts'
import { table } from '../../layout.ts'
import type { Column } from '../../layout.ts'
import { countText } from '../../figures.ts'
import { outputOf } from '../../options.ts'
import type { Output } from '../../output.ts'
import { listRemoteDevices } from '../../remote-lists.ts'
import type { RemoteDevice } from '../../remote-lists.ts'
import { addNodeOptions, nodeOf } from '../../remote-node.ts'
import type { NodeOptions } from '../../remote-node.ts'
import { withHome } from '../../session.ts'

const COLUMNS: Column[] = [
  { title: 'name', align: 'left' },
  { title: 'streams', align: 'left' },
  { title: 'records', align: 'right' },
  { title: 'sealed', align: 'left' },
  { title: 'device', align: 'left' },
]

export function addDeviceList(device: Command): void {
  addNodeOptions(device.command('list'))
    .description('list the devices of a data directory, or of a node')
    .addHelpText('after', `
Examples:
  telltale device list --data my-car
  telltale device list --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<NodeOptions>()
      const output = outputOf(options)
      const remote = await nodeOf(command, options)
      if (remote) show((await listRemoteDevices(remote, output)).map(remoteRow), output)
      else await withHome(options.data, output, async (home) => show(await homeRows(home), output))
    })
}

interface Row {
  device: string
  /** Name of its key; a node knows none, nor whether what comes will be sealed. */
  name: string | null
  asset: string
  isSealed: boolean | null
  streams: { name: string; count: number }[]
}

async function homeRows(home: Home): Promise<Row[]> {
  return Promise.all(home.profile.devices.map(async (item) => ({ device: item.address, name: item.key, asset: item.asset, isSealed: item.isSealed, streams: await streamsOfDevice(home, item) })))
}

function remoteRow({ device, asset, streams }: RemoteDevice): Row {
  return { device, name: null, asset, isSealed: null, streams }
}

function show(devices: Row[], output: Output): void {
  const rows = devices.map(({ name, streams, isSealed, device }) => [name ?? '', streams.map((stream) => stream.name).join(', '), countText(streams.reduce((sum, stream) => sum + stream.count, 0)), isSealed === null ? '' : isSealed ? 'yes' : 'no', device])
  const shown = devices.map(({ streams, ...rest }) => ({ ...rest, streams: Object.fromEntries(streams.map(({ name, count }) => [name, count])) }))
  output.result({ devices: shown }, rows.length === 0 ? 'There is no device yet. Import a log, which makes one, or enrol one with `telltale device enrol`.' : table(COLUMNS, rows))
}
