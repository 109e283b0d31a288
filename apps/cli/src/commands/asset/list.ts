import type { Command } from 'commander'
import { ownerAddressOf } from '@telltale/node'
import type { Home } from '@telltale/node'
import { printable, table } from '../../layout.ts'
import { outputOf } from '../../options.ts'
import type { Output } from '../../output.ts'
import { listRemoteAssets } from '../../remote-lists.ts'
import type { RemoteAsset } from '../../remote-lists.ts'
import { addNodeOptions, nodeOf } from '../../remote-node.ts'
import type { NodeOptions } from '../../remote-node.ts'
import { withHome } from '../../session.ts'
import { attributesText } from './choice.ts'

export function addAssetList(asset: Command): void {
  addNodeOptions(asset.command('list'))
    .description('list the assets of a data directory, or of a node')
    .addHelpText('after', `
What an asset is, only its owner knows: a node does not say it.

Examples:
  telltale asset list --data my-car
  telltale asset list --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<NodeOptions>()
      const output = outputOf(options)
      const remote = await nodeOf(command, options)
      if (remote) show((await listRemoteAssets(remote, output)).map(remoteRow), output)
      else await withHome(options.data, output, async (home) => show(await homeRows(home), output))
    })
}

interface Row {
  asset: string
  owner: string | null
  ownerName: string | null
  devices: number
  attributes: Record<string, unknown>
  known: string
}

async function homeRows(home: Home): Promise<Row[]> {
  const heads = await home.wallet.heads()
  return Promise.all(home.profile.assets.map(async (item) => {
    const owner = await ownerAddressOf(home, await home.asset(item.id))
    const ownerName = heads.find(({ head }) => head.address === owner)?.name ?? null
    return { asset: item.id, owner, ownerName, devices: home.profile.devices.filter((device) => device.asset === item.id).length, attributes: Object.fromEntries(item.attributes), known: attributesText(item) }
  }))
}

function remoteRow({ asset, owner, streams }: RemoteAsset): Row {
  return { asset, owner, ownerName: null, devices: new Set(streams.map((stream) => stream.split('/')[0])).size, attributes: {}, known: '' }
}

function show(assets: Row[], output: Output): void {
  const rows = assets.map(({ asset, owner, ownerName, devices, known }) => [asset, ownerName ?? owner ?? '', String(devices), printable(known)])
  const columns = [{ title: 'asset', align: 'left' }, { title: 'owner', align: 'left' }, { title: 'devices', align: 'right' }, { title: 'known', align: 'left' }] as const
  output.result({ assets }, rows.length === 0 ? 'There is no asset yet. Make one with `telltale asset enrol`.' : table([...columns], rows))
}
