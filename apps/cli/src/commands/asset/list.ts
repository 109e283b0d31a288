import type { Command } from 'commander'
import { assetOf, ownerAddressOf } from '@telltale/node'
import { printable, table } from '../../layout.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { withHome } from '../../session.ts'
import { attributesText } from './choice.ts'

export function addAssetList(asset: Command): void {
  asset
    .command('list')
    .description('list the assets of a data directory')
    .addHelpText('after', `
Example:
  telltale asset list --data my-car`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      await withHome(options.data, output, async (home) => {
        const heads = await home.wallet.heads()
        const assets = home.profile.assets.map((item) => {
          const owner = ownerAddressOf(home, assetOf(home, item.id))
          const ownerName = heads.find(({ head }) => head.address === owner)?.name ?? null
          return { asset: item.id, owner, ownerName, devices: home.profile.devices.filter((device) => device.asset === item.id).length, attributes: Object.fromEntries(item.attributes), known: attributesText(item) }
        })
        const rows = assets.map(({ asset: id, owner, ownerName, devices, known }) => [id, ownerName ?? owner, String(devices), printable(known)])
        const columns = [{ title: 'asset', align: 'left' }, { title: 'owner', align: 'left' }, { title: 'devices', align: 'right' }, { title: 'known', align: 'left' }] as const
        output.result({ assets: assets.map(({ known, ...shown }) => ({ ...shown, known })) }, rows.length === 0 ? 'There is no asset yet. Make one with `telltale asset enrol`.' : table([...columns], rows))
      })
    })
}
