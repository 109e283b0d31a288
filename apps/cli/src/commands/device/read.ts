import type { Command } from 'commander'
import { exactToText } from '@telltale/core'
import { chooseStream } from '../../device-streams.ts'
import { EXIT_REFUSED } from '../../exit-code.ts'
import { UsageError } from '../../failure.ts'
import { quantityText } from '../../figures.ts'
import { printable } from '../../layout.ts'
import { outputOf } from '../../options.ts'
import { addressOf } from '../../people.ts'
import { FROM_HELP, TO_HELP } from '../../range.ts'
import { readingToJsonLine, timeOf } from '../../reading-rows.ts'
import type { PlacedReading } from '../../reading-rows.ts'
import { addPlaceOptions, chooseAnyDevice, withWorkplace } from '../../workplace.ts'
import type { PlaceOptions } from '../../workplace.ts'

interface ReadOptions extends PlaceOptions {
  device?: string
  stream?: string
  as?: string
  from?: string
  to?: string
}

export function addDeviceRead(device: Command): void {
  addPlaceOptions(device.command('read'))
    .description('read a stream with the keys that lie here: the device\'s own, or those that were granted')
    .option('--stream <name>', 'stream, where there are several')
    .option('--as <name-or-address>', 'only with what was granted to this reader')
    .option('--from <where>', FROM_HELP)
    .option('--to <where>', TO_HELP)
    .option('--device <address>', 'device, where there are several')
    .addHelpText('after', `
Examples:
  telltale device read --stream odometer --as insurer --data my-network
  telltale device read --stream odometer --from 10 --to 20 --json
  telltale device read --stream odometer --keys my-keys --node http://127.0.0.1:8362`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ReadOptions>()
      const output = outputOf(options)
      await withWorkplace(command, options, { output, use: 'read' }, async (workplace) => {
        const { place, resolveRange } = workplace
        const profile = await chooseAnyDevice(workplace, options.device)
        const { name, count } = await chooseStream(place, profile, options.stream)
        const stream = `${profile.address}/${name}`
        const reader = options.as === undefined ? null : await addressOf(place, options.as)
        const range = count === 0 ? null : await resolveRange(stream, count, options)
        if (!range) throw new UsageError('no-such-record', 'There are no records in this period.', { expected: 'a period with records', found: `${options.from ?? 'the first'} to ${options.to ?? 'the last'}` })
        const closed = new Map<string, number>()
        let opened = 0
        for await (const record of workplace.readRecords(stream, range.from, range.to, reader)) {
          if (record.closed) closed.set(record.closed.code, (closed.get(record.closed.code) ?? 0) + 1)
          const { clear } = record
          if (!clear) continue
          if (!record.closed) opened += 1
          const placed = (record.readings ?? []).map((reading) => ({ stream: name, record: record.sequence, clock: clear.clock, reading }))
          const text = placed.map((reading) => (output.isJson ? readingToJsonLine(reading) : lineOf(reading))).join('')
          if (!(await output.write(text))) return
        }
        for (const [code, number] of closed) output.warn(`${quantityText(number, 'record')} stayed closed (${code}).`)
        // A script must not take it for an empty stream.
        if (closed.size > 0 && opened === 0) process.exitCode = EXIT_REFUSED
      })
    })
}

/** `12  2026-01-31T12:00:00.000Z  Vehicle.TraveledDistance  94005000 m`. */
function lineOf({ record, clock, reading }: PlacedReading): string {
  const { path, timeMs, value, unit } = reading
  const shown = typeof value === 'string' || typeof value === 'boolean' ? String(value) : exactToText(value)
  return `${record}  ${timeOf(clock, timeMs)}  ${printable(path)}  ${printable(shown)}${unit === null ? '' : ` ${printable(unit)}`}\n`
}
