import type { Command } from 'commander'
import { fail } from '@telltale/core'
import { chooseDevice, chooseStream } from '../../device-streams.ts'
import { outputOf } from '../../options.ts'
import { addressOf } from '../../people.ts'
import { addPlaceOptions, withWorkplace } from '../../workplace.ts'
import type { PlaceOptions } from '../../workplace.ts'
import { instruct } from './instruct.ts'

interface RevokeOptions extends PlaceOptions {
  device?: string
  stream?: string
  reader?: string
}

export function addDeviceRevoke(device: Command): void {
  addPlaceOptions(device.command('revoke'))
    .description('let somebody read no further: the next record begins a new epoch')
    .option('--reader <name-or-address>', 'who may read no further; everybody if not given')
    .option('--stream <name>', 'stream, where there are several')
    .option('--device <address>', 'device, where there are several')
    .addHelpText('after', `
What was granted stays readable: nobody can make somebody forget. Others who may read on get
the keys of the new epoch by themselves.

Examples:
  telltale device revoke --stream odometer --reader insurer --data my-car
  telltale device revoke --stream odometer --keys my-keys --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RevokeOptions>()
      const output = outputOf(options)
      await withWorkplace(command, options, { output, use: 'alone' }, async ({ place, openDevice }) => {
        const profile = chooseDevice(place, options.device)
        const { name: stream, count } = await chooseStream(place, profile, options.stream)
        const reader = options.reader === undefined ? null : await addressOf(place, options.reader)
        const opened = await openDevice(profile)
        const mayRead = opened.readers.some((item) => item.stream === stream && (reader === null || item.reader === reader))
        if (!mayRead) throw fail('no-such-grant', `${options.reader ?? 'Nobody'} ${options.reader === undefined ? 'was let' : 'was not let'} read ${stream}, so there is nothing to revoke.`, { expected: 'somebody who may read it', found: options.reader ?? 'nobody' })
        await instruct(place, profile, opened, { kind: 'revoke', stream, epoch: await opened.nextEpoch(stream), reader })
        const standing = opened.readers.filter((item) => item.stream === stream).map((item) => item.reader)
        const document = { device: profile.address, stream, reader, from: count, epoch: await opened.nextEpoch(stream), standing }
        output.result(document, `${options.reader ?? 'Nobody'} may read ${stream} ${options.reader === undefined ? '' : 'no further, '}from record ${count} on.`)
      })
    })
}
