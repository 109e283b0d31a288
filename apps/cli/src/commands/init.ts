import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
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
Example:
  telltale init --data my-network --name "North Rail"`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<InitOptions>()
      const output = outputOf(options)
      await createData(options.data, output, options)
      await withHome(options.data, output, async (home) => {
        const authority = await home.wallet.open(home.profile.authority)
        const document = { data: options.data, network: bytesToHex(home.ledger.network), authority: authority.address }
        output.result(document, `A new network in ${options.data}.\nnetwork   ${document.network}\nauthority ${document.authority}`)
      })
    })
}
