import type { Command } from 'commander'
import { rotateKey } from '@telltale/node'
import { outputOf } from '../../options.ts'
import { addPlaceOptions, withWorkplace } from '../../workplace.ts'
import type { PlaceOptions } from '../../workplace.ts'

export function addKeysRotate(keys: Command): void {
  addPlaceOptions(keys.command('rotate'))
    .description('give an admitted identity a new key in the place of its old one; its address stays')
    .argument('<name>', 'key to change')
    .addHelpText('after', `
What the old key signed stays valid, and it signs nothing any more. Devices follow their owner
to the new key by themselves. After an interruption, give the command again.

Examples:
  telltale keys rotate owner --data my-car
  telltale keys rotate owner --keys my-keys --node http://127.0.0.1:8362`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PlaceOptions>()
      const output = outputOf(options)
      await withWorkplace(command, options, { output, use: 'alone' }, async ({ place, openDevice }) => {
        // What a device has signed with its old key goes out first: afterwards nobody would take it.
        const device = place.profile.devices.find((item) => item.key === name)
        if (device) await (await openDevice(device)).flush()
        const { address, keyNumber } = await rotateKey(place, name)
        output.result({ name, address, keyNumber }, `${name} signs with key ${keyNumber} from the next block on.\naddress  ${address}`)
      })
    })
}
