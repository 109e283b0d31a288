import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import { findCall, ownerKey } from '@telltale/node'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { confirm, isAnyoneThere } from '../../password.ts'
import { withHome } from '../../session.ts'
import { chooseDevice } from '../certificate.ts'

export function addDeviceRetire(device: Command): void {
  device
    .command('retire')
    .description('end a device for good; what it said stays')
    .requiredOption('--reason <text>', 'why, for everybody to read')
    .option('--device <address>', 'device, where there are several')
    .addHelpText('after', `
Example:
  telltale device retire --device device-2 --reason "replaced after the accident"`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { device?: string; reason: string }>()
      const output = outputOf(options)
      await withHome(options.data, output, async (home) => {
        const { address, key, asset } = chooseDevice(home, options.device)
        if (isAnyoneThere()) await confirm(`Retire ${key}? It can never sign again.`, options)
        const { id, height } = await home.send({ key: await ownerKey(home, asset), call: findCall('retire-device').number, sub: asset, args: [address, options.reason] })
        output.result({ device: address, name: key, id: bytesToHex(id), height }, `Retired ${key} (${address}).`)
      })
    })
}
