import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import { registerSealKey } from '@telltale/node'
import { outputOf } from '../../options.ts'
import { addPlaceOptions, withWorkplace } from '../../workplace.ts'
import type { PlaceOptions } from '../../workplace.ts'

export function addKeysSeal(keys: Command): void {
  addPlaceOptions(keys.command('seal'))
    .description('make and register the key that others seal grants to, so that its holder can be let read')
    .argument('<name>', 'key of an admitted identity')
    .addHelpText('after', `
A new one takes the place of the one before it. Older ones are kept: older grants open
with them.

Examples:
  telltale keys seal insurer --data my-network
  telltale keys seal insurer --keys my-keys --node http://127.0.0.1:8362`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PlaceOptions>()
      const output = outputOf(options)
      await withWorkplace(command, options, { output, use: 'alone' }, async ({ place }) => {
        const { address, number, key } = await registerSealKey(place, name)
        const document = { name, address, sealKeyNumber: number, publicKey: bytesToHex(key) }
        output.result(document, `Registered seal key ${number} of ${name}.\naddress   ${address}\nseal key  ${document.publicKey}`)
      })
    })
}
