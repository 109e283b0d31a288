import type { Command } from 'commander'
import { rotateKey } from '@telltale/node'
import { openHomeDevice } from '../../home-device.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { withHome } from '../../session.ts'

export function addKeysRotate(keys: Command): void {
  keys
    .command('rotate')
    .description('give an admitted identity a new key in the place of its old one; its address stays')
    .argument('<name>', 'key to change')
    .addHelpText('after', `
What the old key signed stays valid, and it signs nothing any more. Devices follow their owner
to the new key by themselves. After an interruption, give the command again.

Example:
  telltale keys rotate owner --data my-car`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      await withHome(options.data, output, async (home) => {
        // What a device has signed with its old key goes out first: afterwards nobody would take it.
        const device = home.profile.devices.find((item) => item.key === name)
        if (device) await (await openHomeDevice(home, device)).flush()
        const { address, keyNumber } = await rotateKey(home, name)
        output.result({ name, address, keyNumber }, `${name} signs with key ${keyNumber} from the next block on.\naddress  ${address}`)
      })
    })
}
