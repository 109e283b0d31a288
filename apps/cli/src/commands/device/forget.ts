import type { Command } from 'commander'
import { decodeTransaction, recordArgsFromCbor } from '@telltale/core'
import { dropForgotten } from '@telltale/node'
import type { Home } from '@telltale/node'
import { chooseDevice, chooseStream } from '../../device-streams.ts'
import { UsageError } from '../../failure.ts'
import { quantityText } from '../../figures.ts'
import { openHomeDevice } from '../../home-device.ts'
import { outputOf } from '../../options.ts'
import type { GlobalOptions } from '../../options.ts'
import { confirm } from '../../password.ts'
import { FROM_HELP, TO_HELP, resolveRange } from '../../range.ts'
import { withHome } from '../../session.ts'
import { instruct } from './instruct.ts'

interface ForgetOptions extends GlobalOptions {
  device?: string
  stream?: string
  from?: string
  to?: string
}

export function addDeviceForget(device: Command): void {
  device
    .command('forget')
    .description('delete what records say, for good; that they were made, and when, stays proved')
    .option('--stream <name>', 'stream, where there are several')
    .option('--from <where>', FROM_HELP)
    .option('--to <where>', TO_HELP)
    .option('--device <address>', 'device, where there are several')
    .addHelpText('after', `
Afterwards nobody can open them who did not keep a copy. Whoever made a certificate of them
kept one.

Example:
  telltale device forget --stream driving --from 0 --to 99 --yes --data my-car`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ForgetOptions>()
      const output = outputOf(options)
      await withHome(options.data, output, async (home) => {
        const profile = chooseDevice(home, options.device)
        const { name: stream, count } = await chooseStream(home, profile, options.stream)
        const range = count === 0 ? null : await resolveRange(home, `${profile.address}/${stream}`, count, options)
        if (!range) throw new UsageError('no-such-record', 'There are no records in this period.', { expected: 'a period with records', found: `${options.from ?? 'the first'} to ${options.to ?? 'the last'}` })
        await confirm(`Forget records ${range.from} to ${range.to} of ${stream}? They can never be read again.`, options)
        const opened = await openHomeDevice(home, profile)
        const sums = { bodies: 0, grants: 0 }
        const epochs = await epochsOf(home, `${profile.address}/${stream}`, range)
        for (const { epoch, from, to } of epochs) {
          await instruct(home, profile, opened, { kind: 'forget', stream, epoch, from, to })
          const dropped = await dropForgotten(home, { device: profile.address, stream, epoch, from, to })
          sums.bodies += dropped.bodies
          sums.grants += dropped.grants
        }
        const document = { device: profile.address, stream, ...range, epochs, dropped: sums }
        output.result(document, `Forgot records ${range.from} to ${range.to} of ${stream}: ${quantityText(sums.bodies, 'body', 'bodies')} and ${quantityText(sums.grants, 'grant')} dropped.`)
      })
    })
}

interface EpochRange {
  epoch: number
  from: number
  to: number
}

/** The records of a range by epoch; open ones count as epoch 0. */
async function epochsOf(home: Home, stream: string, { from, to }: { from: number; to: number }): Promise<EpochRange[]> {
  const epochs: EpochRange[] = []
  for (const [i, { bytes }] of (await home.reader.entries('records', stream, from, to + 1)).entries()) {
    const { call, args } = decodeTransaction(bytes)
    if (call !== 16) continue
    const { content } = recordArgsFromCbor(args)
    const epoch = content.kind === 'sealed' ? content.epoch : 0
    const last = epochs.at(-1)
    if (last?.epoch === epoch) last.to = from + i
    else epochs.push({ epoch, from: from + i, to: from + i })
  }
  return epochs
}
