import type { Command } from 'commander'
import { fail } from '@telltale/core'
import { grantsOf, sealKeyOf } from '@telltale/node'
import { chooseDevice, chooseStream } from '../../device-streams.ts'
import { UsageError } from '../../failure.ts'
import { outputOf } from '../../options.ts'
import { addressOf, readCount } from '../../people.ts'
import { FROM_HELP } from '../../range.ts'
import { addPlaceOptions, withWorkplace } from '../../workplace.ts'
import type { PlaceOptions, Workplace } from '../../workplace.ts'
import { instruct } from './instruct.ts'

interface GrantOptions extends PlaceOptions {
  device?: string
  stream?: string
  reader: string
  from?: string
  to?: string
  days: string
}

const DAYS_MAX = 36_525

export function addDeviceGrant(device: Command): void {
  addPlaceOptions(device.command('grant'))
    .description('let somebody read a stream')
    .requiredOption('--reader <name-or-address>', 'who may read')
    .option('--stream <name>', 'stream, where there are several')
    .option('--device <address>', 'device, where there are several')
    .option('--from <where>', FROM_HELP)
    .option('--to <where>', 'last record, itself included; all that is still to come if not given')
    .option('--days <number>', 'how long nodes keep the grant for its reader to fetch', '365')
    .addHelpText('after', `
The reader needs a seal key (\`telltale keys seal\`). Who was let read which records is public;
what they say is not. What somebody has read cannot be taken back: \`telltale device revoke\`
closes what comes later.

Examples:
  telltale device grant --stream odometer --reader insurer --data my-car
  telltale device grant --stream driving --reader workshop --from 120 --to 180 --days 30
  telltale device grant --stream odometer --reader tt1... --keys my-keys --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GrantOptions>()
      const output = outputOf(options)
      const days = readCount(options.days, '--days', DAYS_MAX)
      await withWorkplace(command, options, { output, use: 'alone' }, async (workplace) => {
        const { place, home } = workplace
        const profile = chooseDevice(place, options.device)
        const { name: stream, count } = await chooseStream(place, profile, options.stream)
        const reader = await addressOf(place, options.reader)
        const sealKey = await sealKeyOf(place, reader)
        if (!sealKey) throw fail('no-seal-key', `${options.reader} has no seal key in this network, so nothing can be sealed for it. Its holder registers one with \`telltale keys seal NAME\`.`, { expected: 'a registered seal key', found: 'none' })
        const range = await readRange(workplace, `${profile.address}/${stream}`, count, options)
        const opened = await workplace.openDevice(profile)
        const before = home === null ? 0 : (await grantsOf(home, profile.address)).length
        const epoch = await opened.nextEpoch(stream)
        await instruct(place, profile, opened, { kind: 'grant', stream, epoch, reader, sealKeyNumber: sealKey.number, sealKey: sealKey.key, ...range, days })
        const grants = home === null ? null : (await grantsOf(home, profile.address)).slice(before).map((grant) => ({ epoch: grant.epoch, from: grant.from, to: grant.to, height: grant.height }))
        const document = { device: profile.address, stream, reader, ...range, days, grants }
        const what = range.to === null ? `${stream} from record ${range.from} on` : `records ${range.from} to ${range.to} of ${stream}`
        output.result(document, `${options.reader} may read ${what}.${grants?.length === 0 ? ' The keys go out with the first record.' : ''}`)
      })
    })
}

/** Numbers may lie in the future, times only among what was observed. */
async function readRange({ resolveRange }: Workplace, stream: string, count: number, { from, to }: GrantOptions): Promise<{ from: number; to: number | null }> {
  const isNumber = (text: string | undefined): boolean => text === undefined || /^\d{1,10}$/.test(text)
  if (isNumber(from) && isNumber(to)) {
    const range = { from: from === undefined ? 0 : Number(from), to: to === undefined ? null : Number(to) }
    if (range.to === null || range.from <= range.to) return range
    throw new UsageError('usage', `--from ${from} lies after --to ${to}.`, { expected: '--from at or before --to', found: 'after' })
  }
  const found = count === 0 ? null : await resolveRange(stream, count, { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) })
  if (!found) throw new UsageError('no-such-record', 'There are no records in this period.', { expected: 'a period with records', found: `${from ?? 'the first'} to ${to ?? 'the last'}` })
  return { from: found.from, to: to === undefined ? null : found.to }
}
