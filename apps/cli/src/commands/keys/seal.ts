import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import { registerSealKey } from '@telltale/node'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { withHome } from '../../session.ts'

export function addKeysSeal(keys: Command): void {
  keys
    .command('seal')
    .description('make and register the key that others seal grants to, so that its holder can be let read')
    .argument('<name>', 'key of an admitted identity')
    .addHelpText('after', `
A new one takes the place of the one before it. Older ones are kept: older grants open
with them.

Example:
  telltale keys seal insurer --data my-network`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      await withHome(options.data, output, async (home) => {
        const { address, number, key } = await registerSealKey(home, name)
        const document = { name, address, sealKeyNumber: number, publicKey: bytesToHex(key) }
        output.result(document, `Registered seal key ${number} of ${name}.\naddress   ${address}\nseal key  ${document.publicKey}`)
      })
    })
}
