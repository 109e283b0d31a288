import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import type { Home } from '@telltale/node'
import { requireNetworkName } from '../network-name.ts'
import { algorithmOption, outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import { createData, withHome } from '../session.ts'

interface InitOptions extends GlobalOptions {
  name?: string
  algorithm: Algorithm
}

export function addInit(program: Command): void {
  program
    .command('init')
    .description('make a network of your own, with one authority')
    .option('--name <name>', 'name of the network, shown beside its fingerprint')
    .addOption(algorithmOption())
    .addHelpText('after', `
\`telltale import\` does this by itself where there is no network yet; use init to
give it a name.

Example:
  telltale init --data my-network --name "North Rail"`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<InitOptions>()
      const output = outputOf(options)
      if (options.name !== undefined) requireNetworkName(options.name)
      const password = await createData(options.data, output, options)
      const show = async (home: Home): Promise<void> => {
        const authority = await home.wallet.open(home.profile.authority)
        const document = { data: options.data, network: bytesToHex(home.ledger.network), authority: authority.address }
        output.result(document, `A new network in ${options.data}.\nnetwork   ${document.network}\nauthority ${document.authority}`)
        output.say(`\nNext: telltale import LOG --dbc DATABASE --map MAPPING --data ${options.data}`)
      }
      await withHome(options.data, output, show, { password })
    })
}
