import type { Command } from 'commander'
import { fail } from '@telltale/core'
import { chooseStream } from '../../device-streams.ts'
import { openHomeDevice } from '../../home-device.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { addressOf } from '../../people.ts'
import { withHome } from '../../session.ts'
import { chooseDevice } from '../certificate.ts'
import { instruct } from './instruct.ts'

interface RevokeOptions extends GlobalOptions {
  device?: string
  stream?: string
  reader?: string
}

export function addDeviceRevoke(device: Command): void {
  device
    .command('revoke')
    .description('let somebody read no further: the next record begins a new epoch')
    .option('--reader <name-or-address>', 'who may read no further; everybody if not given')
    .option('--stream <name>', 'stream, where there are several')
    .option('--device <address>', 'device, where there are several')
    .addHelpText('after', `
What was granted stays readable: nobody can make somebody forget. Others who may read on get
the keys of the new epoch by themselves.

Example:
  telltale device revoke --stream odometer --reader insurer --data my-car`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RevokeOptions>()
      const output = outputOf(options)
      await withHome(options.data, output, async (home) => {
        const profile = chooseDevice(home, options.device)
        const { name: stream, count } = chooseStream(home, profile, options.stream)
        const reader = options.reader === undefined ? null : await addressOf(home, options.reader)
        const opened = await openHomeDevice(home, profile)
        const mayRead = opened.readers.some((item) => item.stream === stream && (reader === null || item.reader === reader))
        if (!mayRead) throw fail('no-such-grant', `${options.reader ?? 'Nobody'} ${options.reader === undefined ? 'was let' : 'was not let'} read ${stream}, so there is nothing to revoke.`, { expected: 'somebody who may read it', found: options.reader ?? 'nobody' })
        await instruct(home, profile, opened, { kind: 'revoke', stream, epoch: await opened.nextEpoch(stream), reader })
        const standing = opened.readers.filter((item) => item.stream === stream).map((item) => item.reader)
        const document = { device: profile.address, stream, reader, from: count, epoch: await opened.nextEpoch(stream), standing }
        output.result(document, `${options.reader ?? 'Nobody'} may read ${stream} ${options.reader === undefined ? '' : 'no further, '}from record ${count} on.`)
      })
    })
}
