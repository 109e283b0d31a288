import { readFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Command } from 'commander'
import { bytesToHex, fail } from '@telltale/core'
import type { Algorithm, Clock } from '@telltale/core'
import { createBatcher, createCanLogSource, createCsvSource, createFileStorage, openDevice, parseMapping } from '@telltale/device'
import type { Batch, Device, MappedSource, SourceRefusal, Submitter } from '@telltale/device'
import { createSecretsFile, ensureStreams, streamHeadOf } from '@telltale/node'
import type { DeviceProfile, Home } from '@telltale/node'
import { algorithmOption, outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import { defaultDevice, withHomeOrNew } from '../session.ts'

interface ImportOptions extends GlobalOptions {
  data: string
  format?: 'candump' | 'csv'
  dbc?: string
  map?: string
  device?: string
  open?: boolean
  recordedAt?: string
  algorithm: Algorithm
}

/** Records signed before they are made durable and sent together. */
const RECORDS_PER_FLUSH = 500
const CLOCKS: Record<MappedSource['clock'], Clock> = { wall: 0, boot: 1, unknown: 2 }
const RECORDED_AT = 'Import.RecordedAt'

export function addImport(program: Command): void {
  program
    .command('import')
    .description('turn foreign logs into signed, sealed, certified records')
    .argument('<file...>', 'candump -L logs or OBD-II CSV files')
    .option('--format <format>', 'candump or csv; found from the name if not given')
    .option('--dbc <file>', 'CAN database to decode a candump log with')
    .option('--map <file>', 'which signals become which VSS paths')
    .option('--device <address>', 'device to sign with, where there are several')
    .option('--open', 'do not seal the records')
    .option('--recorded-at <time>', 'when the log began, as your claim (ISO time); a log without wall time has none')
    .addOption(algorithmOption())
    .addHelpText('after', `
Example:
  telltale import drive.log --dbc toyota.dbc --map mappings/toyota-rav4-2017.json --data my-car`)
    .action(async (files: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ImportOptions>()
      const output = outputOf(options)
      const sources = await Promise.all(files.map((file) => openSource(file, options)))
      await withHomeOrNew(options.data, output, options.algorithm, async (home) => {
        const report = createReport()
        const profile = await chooseDevice(home, options, sources)
        const device = await openHomeDevice(home, profile)
        const progress = output.progress('Importing')
        for (const [i, source] of sources.entries()) {
          if (i > 0) device.restart()
          await importSource(source, device, report, options, progress.update)
        }
        progress.end()
        report.addRefusedRecords(device)
        const document = report.document(home, profile, device)
        output.result(document, report.text(document))
      })
    })
}

async function openSource(file: string, options: ImportOptions): Promise<MappedSource> {
  const format = options.format ?? (/\.csv$/i.test(file) ? 'csv' : 'candump')
  const mapping = options.map === undefined ? undefined : parseMapping(await readText(options.map))
  if (format === 'csv') return createCsvSource({ csvPath: file, ...(mapping ? { mapping } : {}) })
  if (format !== 'candump') throw fail('unknown-format', `There is no format "${String(format)}".`, { expected: 'candump or csv', found: String(format) })
  if (options.dbc === undefined || !mapping) throw fail('usage', 'A candump log needs a CAN database and a mapping.', { expected: '--dbc FILE --map FILE', found: options.dbc === undefined ? 'no --dbc' : 'no --map' })
  return createCanLogSource({ logPath: file, dbcText: await readText(options.dbc), mapping })
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw fail((cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'file-not-found' : 'file-unreadable', `${path} cannot be read.`, { expected: 'a file', found: path, cause })
  }
}

async function chooseDevice(home: Home, options: ImportOptions, sources: MappedSource[]): Promise<DeviceProfile> {
  const streams = [...new Set(sources.flatMap((source) => [...source.streams.keys()]))]
  const { devices } = home.profile
  const named = devices.find((device) => device.address === options.device || device.key === options.device)
  if (options.device !== undefined && !named) throw fail('device-needed', `${options.device} is not a device of this directory.`, { expected: devices.map((device) => device.address).join(', '), found: options.device })
  if (!named && devices.length > 1) throw fail('device-needed', 'There are several devices; choose one with --device.', { expected: devices.map((device) => device.address).join(', '), found: 'none' })
  const device = named ?? (await defaultDevice(home, { algorithm: options.algorithm, streams, isSealed: options.open !== true }))
  await ensureStreams(home, device, streams)
  return device
}

/** The device's side of its streams, with its keys and state in the data directory. */
export async function openHomeDevice(home: Home, profile: DeviceProfile): Promise<Device> {
  const { signer } = await home.wallet.open(profile.key)
  const submitter: Submitter = { submit: (submission) => home.chain.submit(submission), streamHead: async (device, stream) => streamHeadOf(home, device, stream) }
  return openDevice({
    signer,
    address: profile.address,
    network: home.ledger.network,
    storage: createFileStorage(join(home.directory, 'devices', `${profile.address}.state`)),
    submitter,
    secrets: profile.isSealed ? createSecretsFile(home.directory, profile.address, home.password) : null,
    primitives: home.primitives,
    randomBoot: () => new Uint8Array(randomBytes(6)),
  })
}

async function importSource(source: MappedSource, device: Device, report: Report, options: ImportOptions, update: (done: number, total: number | null, unit: string) => void): Promise<void> {
  const limits = { recordMs: 1000, recordReadingsMax: 256 }
  const batcher = createBatcher((stream) => source.streams.get(stream) ?? limits, source.clock)
  const clock = CLOCKS[source.clock]
  const claimed = new Set<string>()
  let unflushed = 0
  const write = async (batches: Batch[]): Promise<void> => {
    for (const { stream, readings, isClockReset } of batches) {
      if (isClockReset) device.restart()
      const first = readings[0]!.timeMs
      const claim = options.recordedAt !== undefined && !claimed.has(stream) ? [{ path: RECORDED_AT, timeMs: first, value: options.recordedAt, unit: null, source: 'importer' }] : []
      claimed.add(stream)
      await device.record(stream, clock, [...claim, ...readings])
      report.addRecord(stream, readings.length)
      if (++unflushed < RECORDS_PER_FLUSH) continue
      await device.flush()
      unflushed = 0
    }
  }
  for await (const items of source.read()) {
    for (const item of items) {
      if ('refused' in item) report.addRefusal(item)
      else await write(batcher.add(item))
    }
    const { bytesRead, bytesTotal } = source.progress()
    update(bytesRead, bytesTotal, 'bytes')
  }
  await write(batcher.flush())
  await device.flush()
  report.addLines(source.progress().lines)
}

interface ImportDocument {
  network: string
  device: string
  asset: string
  records: number
  readings: number
  refused: number
  refusals: { code: string; count: number; message: string; line: number; expected?: string; found?: string }[]
  lines: number
  streams: Record<string, { records: number; readings: number; total: number }>
  resumed: string[]
}

interface Report {
  addRecord(stream: string, readings: number): void
  addRefusal(refusal: SourceRefusal): void
  addRefusedRecords(device: Device): void
  addLines(lines: number): void
  document(home: Home, profile: DeviceProfile, device: Device): ImportDocument
  text(document: ImportDocument): string
}

function createReport(): Report {
  const streams = new Map<string, { records: number; readings: number }>()
  const refusals = new Map<string, ImportDocument['refusals'][number]>()
  let lines = 0
  const refuse = (code: string, message: string, line: number, facts: { expected?: string; found?: string } = {}): void => {
    const known = refusals.get(code)
    if (known) known.count += 1
    else refusals.set(code, { code, count: 1, message, line, ...facts })
  }
  return {
    addRecord(stream, readings) {
      const known = streams.get(stream) ?? { records: 0, readings: 0 }
      streams.set(stream, { records: known.records + 1, readings: known.readings + readings })
    },
    addRefusal: ({ refused, line }) => refuse(refused.code, refused.message, line, refused),
    addRefusedRecords(device) {
      for (const { code, message } of device.refused) refuse(code, message, 0)
    },
    addLines: (count) => void (lines += count),
    document: (home, profile, device) => ({
      network: bytesToHex(home.ledger.network),
      device: profile.address,
      asset: profile.asset,
      records: sum(streams, 'records'),
      readings: sum(streams, 'readings'),
      refused: [...refusals.values()].reduce((total, { count }) => total + count, 0),
      refusals: [...refusals.values()],
      lines,
      streams: Object.fromEntries([...streams].map(([name, counts]) => [name, { ...counts, total: streamHeadOf(home, profile.address, name)?.count ?? 0 }])),
      resumed: device.resumed,
    }),
    text: (document) => [
      `${document.records.toLocaleString('en')} records with ${document.readings.toLocaleString('en')} readings, certified.`,
      ...Object.entries(document.streams).map(([name, { records, readings, total }]) => `  ${name}: ${records} records, ${readings} readings (${total} records in all)`),
      ...document.refusals.map(({ code, count, message, line }) => `  refused ${count} x ${code}, first on line ${line}: ${message}`),
      ...document.resumed.map((name) => `  ${name}: the device had lost its state and resumed`),
      `network ${document.network}`,
      `device  ${document.device}`,
      `asset   ${document.asset}`,
    ].join('\n'),
  }
}

function sum(streams: Map<string, { records: number; readings: number }>, of: 'records' | 'readings'): number {
  return [...streams.values()].reduce((total, counts) => total + counts[of], 0)
}
