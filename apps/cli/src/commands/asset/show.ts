import type { Command } from 'commander'
import { assetOf, ownerAddressOf } from '@telltale/node'
import type { AssetProfile, Home } from '@telltale/node'
import { bytesToHex } from '@telltale/core'
import { hang, printable } from '../../layout.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { nameAndAddress } from '../../people.ts'
import { withHome } from '../../session.ts'
import { attributesText, chooseAsset } from './choice.ts'

export function addAssetShow(asset: Command): void {
  asset
    .command('show')
    .description('show an asset: its owners, devices and streams')
    .option('--asset <id>', 'asset, where there are several')
    .addHelpText('after', `
--json also shows the salt of its identity. Whoever has it and guesses the car can check the
guess against the ledger: give it to nobody but the next owner.

Example:
  telltale asset show --data my-car`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { asset?: string }>()
      const output = outputOf(options)
      await withHome(options.data, output, async (home) => {
        const chosen = chooseAsset(home, options.asset)
        output.result(documentOf(home, chosen), await textOf(home, chosen, output.terminal.width))
      })
    })
}

function documentOf(home: Home, { id, attributes, salt }: AssetProfile): unknown {
  const row = assetOf(home, id)
  return {
    asset: id,
    owner: ownerAddressOf(home, row),
    creator: row.creator,
    transfers: row.transfers,
    owners: row.owners.map(({ value, from, to }) => ({ address: value, from, to })),
    streams: row.streams.map(({ value, from, to }) => ({ stream: value, from, to })),
    commitment: bytesToHex(row.commitment),
    attributes: Object.fromEntries(attributes),
    salt: bytesToHex(salt),
  }
}

async function textOf(home: Home, chosen: AssetProfile, width: number): Promise<string> {
  const row = assetOf(home, chosen.id)
  const owners = await Promise.all(row.owners.map(async ({ value, from, to }) => `${await nameAndAddress(home, value)}, from block ${from}${to === null ? '' : ` to ${to - 1}`}`))
  const known = attributesText(chosen)
  return [
    `asset    ${chosen.id}`,
    hang('known    ', 9, known === '' ? 'nothing was said about which one it is' : printable(known), width),
    ...owners.map((owner, i) => hang(i === 0 ? 'owners   ' : '         ', 9, owner, width)),
    ...row.streams.map(({ value, to }, i) => `${i === 0 ? 'streams  ' : '         '}${value}${to === null ? '' : ' (ended)'}`),
  ].join('\n')
}
