import type { Command } from 'commander'
import { streamsOfDevice } from '../../device-streams.ts'
import { table } from '../../layout.ts'
import type { Column } from '../../layout.ts'
import { countText } from '../../figures.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { withHome } from '../../session.ts'

const COLUMNS: Column[] = [
  { title: 'name', align: 'left' },
  { title: 'streams', align: 'left' },
  { title: 'records', align: 'right' },
  { title: 'sealed', align: 'left' },
  { title: 'device', align: 'left' },
]

export function addDeviceList(device: Command): void {
  device
    .command('list')
    .description('list the devices of a data directory')
    .addHelpText('after', `
Example:
  telltale device list --data my-car`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      await withHome(options.data, output, async (home) => {
        const devices = home.profile.devices.map((item) => ({ device: item.address, name: item.key, asset: item.asset, isSealed: item.isSealed, streams: streamsOfDevice(home, item) }))
        const rows = devices.map(({ name, streams, isSealed, device: address }) => [name, streams.map((stream) => stream.name).join(', '), countText(streams.reduce((sum, stream) => sum + stream.count, 0)), isSealed ? 'yes' : 'no', address])
        const shown = devices.map(({ streams, ...rest }) => ({ ...rest, streams: Object.fromEntries(streams.map(({ name, count }) => [name, count])) }))
        output.result({ devices: shown }, rows.length === 0 ? 'There is no device yet. Import a log, which makes one, or enrol one with `telltale device enrol`.' : table(COLUMNS, rows))
      })
    })
}
