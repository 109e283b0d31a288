import { Option } from 'commander'
import type { Command } from 'commander'
import { fail } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { createCanLogSource, createCsvSource, parseMapping } from '@telltale/device'
import type { MappedSource } from '@telltale/device'
import { ensureStreams } from '@telltale/node'
import type { DeviceProfile, Home } from '@telltale/node'
import { EXIT_REFUSED } from '../exit-code.ts'
import { Interrupted, UsageError } from '../failure.ts'
import { countText, quantityText } from '../figures.ts'
import { openHomeDevice } from '../home-device.ts'
import { createImportReport, importToText } from '../import-report.ts'
import { hasReading, importSource } from '../importing.ts'
import { DATABASE_FILE_BYTES_MAX, SMALL_FILE_BYTES_MAX, readInputText, requireTextLog } from '../input-file.ts'
import { catchInterrupts } from '../interrupts.ts'
import type { Interrupts } from '../interrupts.ts'
import { algorithmOption, outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { readIsoTime } from '../range.ts'
import { defaultDevice, withHomeOrNew } from '../session.ts'
import { chooseDevice } from './certificate.ts'

interface ImportOptions extends GlobalOptions {
  format?: 'candump' | 'csv'
  dbc?: string
  map?: string
  device?: string
  open?: boolean
  recordedAt?: string
  algorithm: Algorithm
}

/** A log that is to be imported. */
interface LogFile {
  path: string
  source: MappedSource
}

export function addImport(program: Command): void {
  program
    .command('import')
    .description('turn logs into signed, sealed, certified records')
    .argument('<file...>', 'candump -L logs or OBD-II CSV files, the oldest first')
    .addOption(new Option('--format <format>', 'found from the name if not given').choices(['candump', 'csv']))
    .option('--dbc <file>', 'CAN database to decode a candump log with')
    .option('--map <file>', 'which signals become which VSS paths')
    .option('--device <address>', 'device to sign with, where there are several')
    .option('--open', 'do not seal the records: everybody can read them')
    .option('--recorded-at <time>', 'when the log began, as your claim (ISO time); for logs without wall time')
    .addOption(algorithmOption())
    .addHelpText('after', `
Where the data directory is new, a network with one authority, an owner, an
asset and a device are made first. Lines that cannot be read are counted and
shown, never guessed. Ctrl-C stops after the records at hand; nothing is lost.

Examples:
  telltale import drive.log --dbc car.dbc --map car.map.json --data my-car
  telltale import torque.csv --data my-car`)
    .action(async (files: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ImportOptions>()
      const output = outputOf(options)
      await runImport(files, options, output)
    })
}

async function runImport(files: string[], options: ImportOptions, output: Output): Promise<void> {
  const interrupts = catchInterrupts(() => output.warn('Stopping after the records at hand. Press Ctrl-C again to stop at once.'))
  try {
    const recordedAt = options.recordedAt === undefined ? undefined : readRecordedAt(options.recordedAt)
    const logs = await openLogs(files, options, recordedAt !== undefined)
    await requireReadings(logs, interrupts.signal)
    await withHomeOrNew(options.data, output, options.algorithm, async (home) => {
      const report = createImportReport()
      const profile = await deviceFor(home, options, logs)
      const device = await openHomeDevice(home, profile)
      const progress = output.progress('Importing')
      for (const [i, { path, source }] of logs.entries()) {
        if (interrupts.signal.aborted) {
          report.stop(path, 0)
          break
        }
        if (i > 0) device.restart()
        const listener = { record: (stream: string, readings: unknown[]) => report.addRecord(stream, readings.length), refusal: report.addRefusal.bind(null, path), progress: (done: number, total: number | null) => progress.update(done, total, 'bytes') }
        const isWhole = await importSource({ source, device, listener, recordedAt, signal: interrupts.signal })
        const { lines } = source.progress()
        report.addLines(lines)
        if (!isWhole) report.stop(path, lines)
      }
      progress.end()
      const document = report.document(home, profile, device)
      output.result(document, importToText(document, output.terminal.width))
      process.exitCode = exitCodeOfImport(device.refused.length, interrupts)
      if (!document.stopped) output.say(`\nNext: telltale certificate --data ${options.data} --out FILE`)
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
    await requireTextLog(path)
    const format = options.format ?? (/\.csv$/i.test(path) ? 'csv' : 'candump')
    const source = format === 'csv' ? await createCsvSource({ csvPath: path, ...(mapping ? { mapping } : {}) }) : await openCanLog(path, dbcText, mapping)
    if (isTimeClaimed && source.clock === 'wall') throw new UsageError('usage', `${path} has wall time of its own; --recorded-at is for logs without.`, { expected: 'no --recorded-at', found: 'a log with wall time' })
    logs.push({ path, source })
  }
  return logs
}

function openCanLog(path: string, dbcText: string | undefined, mapping: Parameters<typeof createCanLogSource>[0]['mapping'] | undefined): Promise<MappedSource> {
  if (dbcText === undefined || !mapping) {
    const missing = [...(dbcText === undefined ? ['--dbc'] : []), ...(mapping ? [] : ['--map'])].join(' and ')
    throw new UsageError('usage', `${path} is taken for a log of candump, which needs a CAN database and a mapping: ${missing} is missing. For a CSV say --format csv.`, { expected: '--dbc FILE --map FILE', found: `no ${missing}` })
  }
  return createCanLogSource({ logPath: path, dbcText, mapping })
}

/** Refuses logs of which nothing could be imported, before anything is made or written (`nothing-to-import`). */
async function requireReadings(logs: LogFile[], signal: AbortSignal): Promise<void> {
  const report = createRefusalMemory()
  for (const { path, source } of logs) if (await hasReading(source, (refusal) => report.add(path, refusal.refused.message), signal)) return
  const lines = logs.reduce((sum, { source }) => sum + source.progress().lines, 0)
  const files = logs.map(({ path }) => path).join(', ')
  if (lines === 0 && report.count === 0) throw fail('nothing-to-import', `${files}: there is not one line to read.`, { expected: 'a log with lines', found: 'none' })
  const why = report.first ? `The first refusal of ${countText(report.count)}: ${report.first}` : 'No line carries a signal that the mapping names. Check that mapping and database are for this car.'
  throw fail('nothing-to-import', `${files}: nothing in ${quantityText(lines, 'line')} became a reading. ${why}`, { expected: 'at least one reading', found: `none; ${quantityText(report.count, 'refusal')}` })
}

function createRefusalMemory(): { add(path: string, message: string): void; readonly count: number; readonly first: string | null } {
  let count = 0
  let first: string | null = null
  return {
    add(path, message) {
      count += 1
      first ??= `${path}: ${message}`
    },
    get count() {
      return count
    },
    get first() {
      return first
    },
  }
}

function readRecordedAt(text: string): string {
  const timeMs = readIsoTime(text)
  if (timeMs === null) throw new UsageError('usage', `--recorded-at ${text} is not an ISO time.`, { expected: '2026-01-31T12:00:00Z', found: text })
  return new Date(timeMs).toISOString()
}

/** The device that signs: the one named, the only one, or in a fresh directory a new one; with all streams that the logs need. */
async function deviceFor(home: Home, options: ImportOptions, logs: LogFile[]): Promise<DeviceProfile> {
  const streams = [...new Set(logs.flatMap(({ source }) => [...source.streams.keys()]))]
  const isFresh = options.device === undefined && home.profile.devices.length === 0
  const device = isFresh ? await defaultDevice(home, { algorithm: options.algorithm, streams, isSealed: options.open !== true }) : chooseDevice(home, options.device)
  if (options.open === true && device.isSealed) throw new UsageError('usage', 'This device seals its records since it was enrolled; --open is for the first import of a new device.', { expected: 'no --open', found: `${device.key} (${device.address}), which seals` })
  await ensureStreams(home, device, streams)
  return device
}

