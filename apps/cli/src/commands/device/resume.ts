import type { Command } from 'commander'
import { chooseStream } from '../../device-streams.ts'
import { openHomeDevice } from '../../home-device.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { confirm } from '../../password.ts'
import { withHome } from '../../session.ts'
import { chooseDevice } from '../certificate.ts'

export function addDeviceResume(device: Command): void {
  device
    .command('resume')
    .description('go on where the network has lost records that it had certified (ledger-behind)')
    .option('--stream <name>', 'stream, where there are several')
    .option('--device <address>', 'device, where there are several')
    .addHelpText('after', `
Only where no backup brings the records back: certificates will say that the device went on
anew, and what was lost counts as a fork if it turns up. What waits to be sent is kept in
devices/ADDRESS.refused.

Example:
  telltale device resume --stream odometer --yes --data my-car`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { device?: string; stream?: string }>()
      const output = outputOf(options)
      await withHome(options.data, output, async (home) => {
        const profile = chooseDevice(home, options.device)
        const { name: stream, count } = chooseStream(home, profile, options.stream)
        await confirm(`Give up what the network has lost of ${stream} after record ${count - 1}?`, options)
        const opened = await openHomeDevice(home, profile)
        const before = opened.refused.length
        await opened.giveUp(stream)
        const document = { device: profile.address, stream, next: count, putAside: opened.refused.length - before }
        output.result(document, `The next record of ${stream} goes on from record ${count - 1}, and says so.`)
      })
    })
}
