import { bytesToHex } from '@telltale/core'
import type { Device } from '@telltale/device'
import type { DeviceProfile, Place } from '@telltale/node'
import { countText, quantityText } from './figures.ts'
import type { ImportListener } from './importing.ts'
import { hang, printable, table } from './layout.ts'

/** Refusals of one kind, with the first of them. */
export interface RefusalSum {
  code: string
  count: number
  message: string
  /** File and line of the first; null and 0 for a record that the ledger refused. */
  file: string | null
  line: number
  expected?: string
  found?: string
}

/** What `import --json` prints. */
export interface ImportDocument {
  network: string
  device: string
  asset: string
  records: number
  readings: number
  /** Lines and values that became no reading, and records that the ledger refused. */
  refused: number
  refusals: RefusalSum[]
  lines: number
  streams: Record<string, { records: number; readings: number; total: number }>
  /** Streams whose device had lost its state and said so. */
  resumed: string[]
  /** Places that the device had signed for twice, before and after a loss of state, and told the ledger. */
  forks: { stream: string; sequence: number }[]
  /** Logs that were left out: they were imported before. */
  skipped: { file: string; importedAt: string }[]
  /** Records at which the clock of a log went back, with the first of them: they stand in the order of the log. */
  clockFalls: { count: number; file: string; stream: string; from: number; to: number } | null
  /** Logs of which an earlier import had certified a part, with how many records were there. */
  continued: { file: string; records: number }[]
  /** File and line at which a signal ended it; null where everything was read. */
  stopped: { file: string; line: number } | null
}

/** Sums up an import while it runs. */
export interface ImportReport {
  /** What listens to the import of one file. */
  listen(file: string, onProgress: ImportListener['progress']): ImportListener
  addLines(lines: number): void
  skip(file: string, importedMs: number): void
  /** Some records of each stream were there. */
  goOn(file: string, done: ReadonlyMap<string, number>): void
  stop(file: string, line: number): void
  document(place: Place, profile: DeviceProfile, device: Device): Promise<ImportDocument>
}

export function createImportReport(): ImportReport {
  const streams = new Map<string, { records: number; readings: number }>()
  const refusals = new Map<string, RefusalSum>()
  let lines = 0
  const skipped: ImportDocument['skipped'] = []
  const continued: ImportDocument['continued'] = []
  let clockFalls: ImportDocument['clockFalls'] = null
  let stopped: ImportDocument['stopped'] = null
  const refuse = (refusal: Omit<RefusalSum, 'count'>): void => {
    const known = refusals.get(refusal.code)
    if (known) known.count += 1
    else refusals.set(refusal.code, { ...refusal, count: 1 })
  }
  const sum = (of: 'records' | 'readings'): number => [...streams.values()].reduce((total, counts) => total + counts[of], 0)
  return {
    listen: (file, onProgress) => ({
      record(stream, readings) {
        const known = streams.get(stream) ?? { records: 0, readings: 0 }
        streams.set(stream, { records: known.records + 1, readings: known.readings + readings.length })
      },
      refusal: ({ refused, line }) => refuse({ ...refused, file, line }),
      clockFell: (stream, from, to) => void (clockFalls = clockFalls ? { ...clockFalls, count: clockFalls.count + 1 } : { count: 1, file, stream, from, to }),
      progress: onProgress,
    }),
    addLines: (count) => void (lines += count),
    skip: (file, importedMs) => void skipped.push({ file, importedAt: new Date(importedMs).toISOString() }),
    goOn(file, done) {
      const count = [...done.values()].reduce((total, records) => total + records, 0)
      if (count > 0) continued.push({ file, records: count })
    },
    stop: (file, line) => void (stopped = { file, line }),
    async document(place, profile, device) {
      const totals = await totalsOf(place, profile, [...streams.keys()])
      for (const { code, message } of device.refused) refuse({ code, message, file: null, line: 0 })
      return {
        network: bytesToHex(place.ledger.network),
        device: profile.address,
        asset: profile.asset,
        records: sum('records'),
        readings: sum('readings'),
        refused: [...refusals.values()].reduce((total, { count }) => total + count, 0),
        refusals: [...refusals.values()],
        lines,
        streams: Object.fromEntries([...streams].map(([name, counts]) => [name, { ...counts, total: totals.get(name) ?? 0 }])),
        resumed: [...device.resumed],
        forks: [...device.forks],
        skipped,
        continued,
        clockFalls,
        stopped,
      }
    },
  }
}

/** Records of each stream as the ledger has them. */
async function totalsOf(place: Place, { address }: DeviceProfile, names: string[]): Promise<Map<string, number>> {
  const totals = new Map<string, number>()
  for (const name of names) totals.set(name, (await place.streamHead(address, name))?.count ?? 0)
  return totals
}

export function importToText(document: ImportDocument, width: number): string {
  const { records, readings, streams, refusals, resumed, forks, skipped, continued, clockFalls, stopped, network, device, asset } = document
  const rows = Object.entries(streams).map(([name, counts]) => [name, countText(counts.records), countText(counts.readings), countText(counts.total)])
  const columns = [{ title: 'stream', align: 'left' }, { title: 'records', align: 'right' }, { title: 'readings', align: 'right' }, { title: 'records in all', align: 'right' }] as const
  return [
    ...(stopped ? [`Stopped as you asked, ${stopped.line === 0 ? 'before' : `in line ${countText(stopped.line)} of`} ${printable(stopped.file)}. Nothing is lost:`] : []),
    `${quantityText(records, 'record')} with ${quantityText(readings, 'reading')}, certified.`,
    ...(rows.length > 0 ? ['', table([...columns], rows, 2), ''] : []),
    ...skipped.map(({ file, importedAt }) => hang('  left out ', 11, `${printable(file)} was imported before, on ${importedAt.slice(0, 16).replace('T', ' ')} UTC; --again imports it once more.`, width)),
    ...continued.map(({ file, records: before }) => hang('  note     ', 11, `${quantityText(before, 'record')} of ${printable(file)} stood in the ledger already; this went on behind them.`, width)),
    ...(clockFalls ? [hang('  note     ', 11, clockFallText(clockFalls), width)] : []),
    ...refusals.map((refusal) => refusalText(refusal, width)),
    ...resumed.map((name) => hang('  note     ', 11, `The device had lost its state of ${name} and went on from where the ledger stood; certificates say so.`, width)),
    ...forks.map(({ stream, sequence }) => hang('  note     ', 11, `Record ${countText(sequence)} of ${stream} was signed twice, before and after a loss of state; the ledger now shows both.`, width)),
    `network  ${network}`,
    `device   ${device}`,
    `asset    ${asset}`,
  ].join('\n')
}

function clockFallText({ count, file, stream, from, to }: NonNullable<ImportDocument['clockFalls']>): string {
  return `Time goes back ${quantityText(count, 'time')}, first in ${stream} of ${printable(file)} by ${countText(from - to)} ms: within the log, or behind what was imported before. The records stand in the order in which they came, and whoever checks them sees it.`
}

function refusalText({ code, count, message, file, line }: RefusalSum, width: number): string {
  const where = file === null ? '' : `, first in ${file}${line > 0 ? ` on line ${countText(line)}` : ''}`
  return hang('  refused  ', 11, printable(`${quantityText(count, 'time')} ${code}${where}: ${message}`), width)
}
