import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import { findCall, ownerKey } from '@telltale/node'
import { outputOf } from '../../options.ts'
import { confirm, isAnyoneThere } from '../../password.ts'
import { addPlaceOptions, chooseAnyDevice, withWorkplace } from '../../workplace.ts'
import type { PlaceOptions } from '../../workplace.ts'

export function addDeviceRetire(device: Command): void {
  addPlaceOptions(device.command('retire'))
    .description('end a device for good; what it said stays')
    .requiredOption('--reason <text>', 'why, for everybody to read')
    .option('--device <address>', 'device, where there are several')
    .addHelpText('after', `
Examples:
  telltale device retire --device device-2 --reason "replaced after the accident"
  telltale device retire --device tt1... --reason "sold for parts" --keys my-keys \\
    --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PlaceOptions & { device?: string; reason: string }>()
      const output = outputOf(options)
      await withWorkplace(command, options, { output, use: 'sign' }, async (workplace) => {
        const { place } = workplace
        const { address, key, asset } = await chooseAnyDevice(workplace, options.device)
        if (isAnyoneThere()) await confirm(`Retire ${key}? It can never sign again.`, options)
        const { id, height } = await place.send({ key: await ownerKey(place, asset), call: findCall('retire-device').number, sub: asset, args: [address, options.reason] })
        output.result({ device: address, name: key, id: bytesToHex(id), height }, `Retired ${key} (${address}).`)
      })
    })
}
