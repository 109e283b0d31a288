import type { Command } from 'commander'
import { bytesToHex, encode, fail, hexToBytes } from '@telltale/core'
import type { CborMap } from '@telltale/core'
import type { Client } from '@telltale/client'
import { ownerAddressOf, readAssetEntry } from '@telltale/node'
import { hang, printable } from '../../layout.ts'
import { outputOf } from '../../options.ts'
import { nameAndAddress } from '../../people.ts'
import { chooseRemoteAsset } from '../../remote-lists.ts'
import { addNodeOptions, nodeOf } from '../../remote-node.ts'
import type { NodeOptions } from '../../remote-node.ts'
import { withHome } from '../../session.ts'
import { attributesText, chooseAsset } from './choice.ts'

export function addAssetShow(asset: Command): void {
  addNodeOptions(asset.command('show'))
    .description('show an asset: its owners, devices and streams')
    .option('--asset <id>', 'asset, where there are several')
    .addHelpText('after', `
--json also shows the salt of its identity. Whoever has it and guesses the car can check the
guess against the ledger: give it to nobody but the next owner. A node knows neither.

Examples:
  telltale asset show --data my-car
  telltale asset show --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<NodeOptions & { asset?: string }>()
      const output = outputOf(options)
      const remote = await nodeOf(command, options)
      if (remote) {
        const asset = await remoteAsset(remote, await chooseRemoteAsset(remote, options.asset))
        output.result(documentOf(asset), await textOf(asset, (address) => Promise.resolve(address), output.terminal.width))
        return
      }
      await withHome(options.data, output, async (home) => {
        const { id, attributes, salt } = chooseAsset(home, options.asset)
        const row = await home.asset(id)
        const asset = { id, row, owner: await ownerAddressOf(home, row), attributes, salt }
        output.result(documentOf(asset), await textOf(asset, (address) => nameAndAddress(home, address), output.terminal.width))
      })
    })
}

interface ShownAsset {
  id: string
  row: ReturnType<typeof readAssetEntry>
  owner: string | null
  attributes: CborMap
  /** Null where only the owner knows it. */
  salt: Uint8Array | null
}

/** Kind of the entries of assets in the state. */
const KIND_ASSET = 2

/** An asset as its entry in the state of a node says, which the node proves (`unknown-asset`). */
async function remoteAsset(client: Client, id: string): Promise<ShownAsset> {
  const { network } = await client.call('getNetwork', {})
  const { value } = await client.state(hexToBytes(network), encode([KIND_ASSET, id]))
  if (!value) throw fail('unknown-asset', `${id} is not an asset of this network.`, { expected: 'an asset', found: id })
  const row = readAssetEntry(value)
  return { id, row, owner: row.owners.find(({ to }) => to === null)?.value ?? null, attributes: new Map(), salt: null }
}

function documentOf({ id, row, owner, attributes, salt }: ShownAsset): unknown {
  return {
    asset: id,
    owner,
    creator: row.creator,
    transfers: row.transfers,
    owners: row.owners.map(({ value, from, to }) => ({ address: value, from, to })),
    streams: row.streams.map(({ value, from, to }) => ({ stream: value, from, to })),
    commitment: bytesToHex(row.commitment),
    attributes: Object.fromEntries(attributes),
    salt: salt && bytesToHex(salt),
  }
}

async function textOf(asset: ShownAsset, nameOf: (address: string) => Promise<string>, width: number): Promise<string> {
  const { id, row } = asset
  const owners = await Promise.all(row.owners.map(async ({ value, from, to }) => `${await nameOf(value)}, from block ${from}${to === null ? '' : ` to ${to - 1}`}`))
  const known = attributesText(asset)
  const unknown = asset.salt ? 'nothing was said about which one it is' : 'only its owner knows which one it is'
  return [
    `asset    ${id}`,
    hang('known    ', 9, known === '' ? unknown : printable(known), width),
    ...owners.map((owner, i) => hang(i === 0 ? 'owners   ' : '         ', 9, owner, width)),
    ...row.streams.map(({ value, to }, i) => `${i === 0 ? 'streams  ' : '         '}${value}${to === null ? '' : ' (ended)'}`),
  ].join('\n')
}
