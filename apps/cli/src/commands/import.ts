import { Option } from 'commander'
import type { Command } from 'commander'
import type { Algorithm } from '@telltale/core'
import { parseMapping } from '@telltale/device'
import { ensureStreams } from '@telltale/node'
import type { DeviceProfile, Place } from '@telltale/node'
import { chooseDevice } from '../device-streams.ts'
import { EXIT_REFUSED } from '../exit-code.ts'
import { Interrupted, UsageError } from '../failure.ts'
import { createImportReport, importToText } from '../import-report.ts'
import { alreadyImported, hashLog, newestTimes, openImportedLogs } from '../imported-logs.ts'
import { importSource } from '../importing.ts'
import { DATABASE_FILE_BYTES_MAX, SMALL_FILE_BYTES_MAX, readInputText } from '../input-file.ts'
import { catchInterrupts } from '../interrupts.ts'
import type { Interrupts } from '../interrupts.ts'
import { formatOf, openLog, requireReadings, settingsOf } from '../log-files.ts'
import type { LogFile, LogFormat } from '../log-files.ts'
import { algorithmOption, outputOf } from '../options.ts'
import type { Output } from '../output.ts'
import { readIsoTime } from '../range.ts'
import { defaultDevice, withHomeOrNew } from '../session.ts'
import { readVin } from '../vin.ts'
import { addPlaceOptions, atNode, placeAddressOf, workplaceOf } from '../workplace.ts'
import type { PlaceOptions, Workplace } from '../workplace.ts'

interface ImportOptions extends PlaceOptions {
  format?: LogFormat
  dbc?: string
  map?: string
  device?: string
  open?: boolean
  recordedAt?: string
  vin?: string
  again?: boolean
  algorithm: Algorithm
}

export function addImport(program: Command): void {
  addPlaceOptions(program.command('import'))
    .description('turn logs into signed, sealed, certified records')
    .argument('<file...>', 'candump -L logs or OBD-II CSV files, the oldest first')
    .addOption(new Option('--format <format>', 'found from the name if not given').choices(['candump', 'csv']))
    .option('--dbc <file>', 'CAN database to decode a candump log with')
    .option('--map <file>', 'which signals become which VSS paths')
    .option('--device <address>', 'device to sign with, where there are several')
    .option('--open', 'do not seal the records: everybody can read them')
    .option('--recorded-at <time>', 'when the log began, as your claim (ISO time); for logs without wall time')
    .option('--vin <vin>', 'of a car that is new: its vehicle identification number, which certificates can show')
    .option('--again', 'import a log that was imported before once more')
    .addOption(algorithmOption())
    .addHelpText('after', `
Where the data directory is new, a network with one authority, an owner, an
asset and a device are made first. With --node the keys, the device and what it
remembers lie in the directory of --keys; the node gets what is signed.

Lines that cannot be read are counted and shown, never guessed. Ctrl-C stops
after the records at hand; nothing is lost: the same command goes on behind
them. What was imported is left out.

Examples:
  telltale import drive.log --dbc car.dbc --map car.map.json --data my-car
  telltale import torque.csv --data my-car
  telltale import torque.csv --keys my-keys --node http://127.0.0.1:8362`)
    .action(async (files: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ImportOptions>()
      const output = outputOf(options)
      const node = await placeAddressOf(command, options)
      await runImport(files, options, output, (work) => (node ? atNode(node, options, { output, use: 'alone' }, work) : withHomeOrNew(options.data, output, options.algorithm, (home) => work(workplaceOf(home)))))
    })
}

async function runImport(files: string[], options: ImportOptions, output: Output, inPlace: (work: (workplace: Workplace) => Promise<void>) => Promise<void>): Promise<void> {
  const interrupts = catchInterrupts(() => output.warn('Stopping after the records at hand. Press Ctrl-C again to stop at once.'))
  try {
    const recordedAt = options.recordedAt === undefined ? undefined : readRecordedAt(options.recordedAt)
    const logs = await openLogs(files, options, recordedAt !== undefined)
    await requireReadings(logs, interrupts.signal)
    await inPlace(async (workplace) => {
      const { place, home, openDevice } = workplace
      const report = createImportReport()
      const profile = await deviceFor(place, options, logs)
      const device = await openDevice(profile)
      const imported = await openImportedLogs(workplace, profile)
      const progress = output.progress('Importing')
      for (const [i, log] of logs.entries()) {
        const { path, source } = log
        if (interrupts.signal.aborted) {
          report.stop(path, 0)
          break
        }
        const hash = await hashLog(log)
        const importedMs = options.again === true ? null : await imported.importedMs(hash)
        if (importedMs !== null && logs.length === 1) throw alreadyImported(path, importedMs)
        if (importedMs !== null) {
          report.skip(path, importedMs)
          continue
        }
        if (i > 0) device.restart()
        const done = await imported.begin(hash, path, source.streams.keys(), options.again === true)
        report.goOn(path, done)
        const isWhole = await importSource({ source, device, listener: report.listen(path, (read, total) => progress.update(read, total, 'bytes')), recordedAt, done, newestMs: await newestTimes(workplace, profile, source), signal: interrupts.signal })
        const { lines } = source.progress()
        report.addLines(lines)
        if (isWhole) await imported.finish(hash)
        else report.stop(path, lines)
      }
      progress.end()
      const document = await report.document(place, profile, device)
      output.result(document, importToText(document, output.terminal.width))
      process.exitCode = exitCodeOfImport(device.refused.length, interrupts)
      if (!document.stopped && home) output.say(`\nNext: telltale certificate --data ${options.data} --out FILE`)
    })
  } finally {
    interrupts.release()
  }
}

function exitCodeOfImport(refusedRecords: number, { received }: Interrupts): number {
  if (received) return new Interrupted(received, '').exitCode
  return refusedRecords > 0 ? EXIT_REFUSED : 0
}

async function openLogs(files: string[], options: ImportOptions, isTimeClaimed: boolean): Promise<LogFile[]> {
  const mapping = options.map === undefined ? undefined : parseMapping(await readInputText(options.map, SMALL_FILE_BYTES_MAX))
  const dbcText = options.dbc === undefined ? undefined : await readInputText(options.dbc, DATABASE_FILE_BYTES_MAX)
  const logs: LogFile[] = []
  for (const path of files) {
    const source = await openLog(path, { format: options.format ?? formatOf(path), dbcText, mapping })
    if (isTimeClaimed && source.clock === 'wall') throw new UsageError('usage', `${path} has wall time of its own; --recorded-at is for logs without.`, { expected: 'no --recorded-at', found: 'a log with wall time' })
    logs.push({ path, source, settings: settingsOf({ dbcText, mapping }) })
  }
  return logs
}

function readRecordedAt(text: string): string {
  const timeMs = readIsoTime(text)
  if (timeMs === null) throw new UsageError('usage', `--recorded-at ${text} is not an ISO time.`, { expected: '2026-01-31T12:00:00Z', found: text })
  return new Date(timeMs).toISOString()
}

/** The device that signs: the one named, the only one, or in a fresh directory a new one; with all streams that the logs need. */
async function deviceFor(place: Place, options: ImportOptions, logs: LogFile[]): Promise<DeviceProfile> {
  const streams = [...new Set(logs.flatMap(({ source }) => [...source.streams.keys()]))]
  const isFresh = options.device === undefined && place.profile.devices.length === 0
  const vin = options.vin === undefined ? undefined : readVin(options.vin)
  if (vin !== undefined && (!isFresh || place.profile.assets.length > 0)) throw new UsageError('usage', '--vin is for the first import, which enters the car. It is entered already.', { expected: 'no --vin', found: options.vin ?? '' })
  const device = isFresh ? await defaultDevice(place, { algorithm: options.algorithm, streams, isSealed: options.open !== true, vin }) : chooseDevice(place, options.device)
  if (options.open === true && device.isSealed) throw new UsageError('usage', 'This device seals its records since it was enrolled; --open is for the first import of a new device.', { expected: 'no --open', found: `${device.key} (${device.address}), which seals` })
  await ensureStreams(place, device, streams)
  return device
}

