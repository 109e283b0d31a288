import type { Command } from 'commander'
import { chooseDevice, chooseStream } from '../../device-streams.ts'
import { outputOf } from '../../options.ts'
import { confirm } from '../../password.ts'
import { addPlaceOptions, withWorkplace } from '../../workplace.ts'
import type { PlaceOptions } from '../../workplace.ts'

export function addDeviceResume(device: Command): void {
  addPlaceOptions(device.command('resume'))
    .description('go on where the network has lost records that it had certified (ledger-behind)')
    .option('--stream <name>', 'stream, where there are several')
    .option('--device <address>', 'device, where there are several')
    .addHelpText('after', `
Only where no backup brings the records back: certificates will say that the device went on
anew, and what was lost counts as a fork if it turns up. What waits to be sent is kept in
devices/ADDRESS.refused.

Examples:
  telltale device resume --stream odometer --yes --data my-car
  telltale device resume --stream odometer --yes --keys my-keys --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PlaceOptions & { device?: string; stream?: string }>()
      const output = outputOf(options)
      await withWorkplace(command, options, { output, use: 'alone' }, async ({ place, openDevice }) => {
        const profile = chooseDevice(place, options.device)
        const { name: stream, count } = await chooseStream(place, profile, options.stream)
        await confirm(`Give up what the network has lost of ${stream} after record ${count - 1}?`, options)
        const opened = await openDevice(profile)
        const before = opened.refused.length
        await opened.giveUp(stream)
        const document = { device: profile.address, stream, next: count, putAside: opened.refused.length - before }
        output.result(document, `The next record of ${stream} goes on from record ${count - 1}, and says so.`)
      })
    })
}
