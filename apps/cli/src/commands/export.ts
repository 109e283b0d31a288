import { Option } from 'commander'
import type { Command } from 'commander'
import type { Verdict } from '@telltale/core'
import { readRecords } from '@telltale/node'
import type { HomeRecord } from '@telltale/node'
import { chooseDevice } from '../device-streams.ts'
import { UsageError } from '../failure.ts'
import { countText, quantityText } from '../figures.ts'
import { outputOf } from '../options.ts'
import type { Output } from '../output.ts'
import { FROM_HELP, TO_HELP } from '../range.ts'
import type { RecordRange } from '../range.ts'
import { CSV_HEADER, readingToCsv, readingToJsonLine } from '../reading-rows.ts'
import type { PlacedReading } from '../reading-rows.ts'
import { clientOf } from '../remote-node.ts'
import { readOpened, readRemoteRecords } from '../remote-records.ts'
import { chooseRemoteDevice, chooseRemoteRecords } from '../remote-streams.ts'
import { withHome } from '../session.ts'
import { KEYS_THAT_OPEN, addPlaceOptions, atNode, placeAddressOf } from '../workplace.ts'
import type { PlaceOptions } from '../workplace.ts'
import { chooseRecords, chooseStreams } from './certificate.ts'

interface ExportOptions extends PlaceOptions {
  device?: string
  stream?: string
  from?: string
  to?: string
  format?: 'csv' | 'json'
}

/** Characters gathered before they are written. */
const CHUNK_CHARACTERS = 65_536

export function addExport(program: Command): void {
  addPlaceOptions(program.command('export'), KEYS_THAT_OPEN)
    .description('write readings to standard output, as CSV or JSON')
    .option('--device <address>', 'device, where there are several')
    .option('--stream <name>', 'stream; all streams of the device if not given')
    .option('--from <where>', FROM_HELP)
    .option('--to <where>', TO_HELP)
    .addOption(new Option('--format <format>', 'csv (RFC 4180), or json: one JSON value a line; csv if not given, json with --json').choices(['csv', 'json']))
    .addHelpText('after', `
Whole records are written, as in a certificate. Times are ISO 8601 in UTC where
the source had wall time; a source that counts from its start gives seconds
since then. In CSV, text that a spreadsheet would take for a formula gets a ' in
front. A node has no keys: of its records those come that were never sealed, and
with --keys those that the device's keys there open.

Examples:
  telltale export --data my-car --stream odometer > odometer.csv
  telltale export --data my-car --from 0 --to 9 --format json
  telltale export --node http://127.0.0.1:8362 --stream odometer
  telltale export --node http://127.0.0.1:8362 --keys my-keys --stream odometer`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExportOptions>()
      if (options.json === true && options.format === 'csv') throw new UsageError('usage', '--json and --format csv exclude each other.', { expected: 'one of the two', found: 'both' })
      const output = outputOf(options)
      const write = async (records: RecordRange[], read: ReadStream): Promise<void> => {
        const sums = await writeReadings(records, read, options.json === true || options.format === 'json', output)
        reportClosed(sums, output)
        output.say(`Exported ${quantityText(sums.readings, 'reading')} of ${quantityText(sums.records, 'record')}${sums.closed.length > 0 ? `; ${countText(sums.closed.length)} could not be opened` : ''}.`)
      }
      const node = await placeAddressOf(command, options)
      if (node) {
        const client = clientOf(node)
        const device = await chooseRemoteDevice(client, options.device)
        if (options.keys === undefined) return write(await chooseRemoteRecords(client, device, options), (...place) => readRemoteRecords(client, ...place))
        return atNode(node, options, { output, use: 'read' }, async ({ place }) => {
          const read: ReadStream = (stream, from, to) => readOpened(client, place, stream, from, to, null)
          await write(await chooseRemoteRecords(client, device, options, read), read)
        })
      }
      await withHome(options.data, output, async (home) => {
        const device = chooseDevice(home, options.device)
        await write(await chooseRecords(home, device, chooseStreams(home, device, options.stream), options), (...place) => readRecords(home, ...place))
      })
    })
}

/** Records `from` to `to` of a stream, both included. */
type ReadStream = (stream: string, from: number, to: number) => AsyncIterable<HomeRecord>

interface Sums {
  records: number
  readings: number
  closed: { stream: string; sequence: number; why: Verdict }[]
}

async function writeReadings(chosen: RecordRange[], read: ReadStream, isJson: boolean, output: Output): Promise<Sums> {
  const sums: Sums = { records: 0, readings: 0, closed: [] }
  const total = chosen.reduce((sum, { from, to }) => sum + to - from + 1, 0)
  const progress = output.progress('Exporting')
  let text = isJson ? '' : CSV_HEADER
  try {
    for (const { stream, from, to } of chosen) {
      const name = stream.slice(stream.indexOf('/') + 1)
      for await (const { sequence, clear, readings, closed } of read(stream, from, to)) {
        if (closed) sums.closed.push({ stream: name, sequence, why: closed })
        if (clear && readings) {
          sums.records += 1
          sums.readings += readings.length
          for (const reading of readings) text += rowText({ stream: name, record: sequence, clock: clear.clock, reading }, isJson)
        }
        progress.update(sums.records, total, 'records')
        if (text.length < CHUNK_CHARACTERS) continue
        const isRead = await output.write(text)
        text = ''
        if (!isRead) return sums
      }
    }
    return sums
  } finally {
    // Also where damage ends it: what was read before stands.
    await output.write(text)
    progress.end()
  }
}

function rowText(placed: PlacedReading, isJson: boolean): string {
  return isJson ? readingToJsonLine(placed) : readingToCsv(placed)
}

/** Runs of records that stay closed for one reason, on standard error: `odometer 12 to 14: no-key. ...` */
function reportClosed({ closed }: Sums, output: Output): void {
  const runs: { stream: string; from: number; to: number; why: Verdict }[] = []
  for (const { stream, sequence, why } of closed) {
    const last = runs.at(-1)
    if (last && last.stream === stream && last.to === sequence - 1 && last.why.code === why.code) last.to = sequence
    else runs.push({ stream, from: sequence, to: sequence, why })
  }
  for (const { stream, from, to, why } of runs) output.warn(`Not opened: ${stream} ${from === to ? from : `${from} to ${to}`}. ${why.message} (${why.code})`)
}
