import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { asArray, asBytes, asExactly, asNullable, asText, asUint, decode, encode, equalBytes, fail, judge } from '@telltale/core'
import type { TelltaleError } from '@telltale/core'
import { createFileStorage } from '@telltale/device'
import type { MappedSource } from '@telltale/device'
import type { DeviceProfile } from '@telltale/node'
import { devicesFolder } from './home-device.ts'
import type { LogFile } from './log-files.ts'
import type { Workplace } from './workplace.ts'

/** What was imported for a device, so that no log stands in the ledger twice, and one that was cut off goes on where it stopped. */
export interface ImportedLogs {
  /** When all of it was imported; null where it was not, or where the ledger has lost some of it since. */
  importedMs(log: Uint8Array): Promise<number | null>
  /** Notes that a log is being imported, from its beginning where `isAgain`; how many records of each stream were imported already. */
  begin(log: Uint8Array, name: string, streams: Iterable<string>, isAgain: boolean): Promise<ReadonlyMap<string, number>>
  /** Notes that all of it is certified. */
  finish(log: Uint8Array): Promise<void>
}

interface Entry {
  log: Uint8Array
  name: string
  begunMs: number
  finishedMs: number | null
  /** Transactions of each stream: before it was begun, and once it is finished after it. */
  counts: Map<string, number>
}

const MAGIC = 'tt-imports'
const CLOCK_WALL = 0
/** The newest that are remembered. */
const LOGS_MAX = 10_000

/** What a log is known by: its bytes, and what they are read with. */
export async function hashLog({ path, settings }: LogFile): Promise<Uint8Array> {
  const hash = createHash('sha256').update(settings)
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return new Uint8Array(hash.digest())
}

/** Says when a log was imported. */
export function alreadyImported(name: string, importedMs: number): TelltaleError {
  return fail('already-imported', `${name} was imported into this device already. Imported again, its readings stand behind the newest as if they came later; --again does so all the same.`, { expected: 'another log', found: `this one, imported on ${new Date(importedMs).toISOString()}` })
}

/** Last wall time in each of these streams, as far as it can be read; a clock that begins anew with each start is compared with nothing. */
export async function newestTimes({ place, readRecords }: Workplace, { address }: DeviceProfile, { clock, streams }: MappedSource): Promise<ReadonlyMap<string, number>> {
  const newest = new Map<string, number>()
  for (const stream of clock === 'wall' ? streams.keys() : []) {
    const count = (await place.streamHead(address, stream))?.count ?? 0
    if (count === 0) continue
    for await (const { clear } of readRecords(`${address}/${stream}`, count - 1, count - 1, null)) if (clear?.clock === CLOCK_WALL) newest.set(stream, clear.firstMs + clear.durationMs)
  }
  return newest
}

/** Opens what is remembered of a device's imports (`imports-damaged`); the device has to be opened before, so that what it signed is in the ledger. */
export async function openImportedLogs({ place, countRecords }: Workplace, { address }: DeviceProfile): Promise<ImportedLogs> {
  const path = join(devicesFolder(place.directory), `${address}.imports`)
  const file = createFileStorage(path)
  const entries = entriesOf(await file.load(), path)
  const find = (log: Uint8Array): Entry | undefined => entries.find((entry) => equalBytes(entry.log, log))
  const countOf = async (stream: string): Promise<number> => (await place.streamHead(address, stream))?.count ?? 0
  const countsOf = async (streams: Iterable<string>): Promise<Map<string, number>> => {
    const counts = new Map<string, number>()
    for (const stream of streams) counts.set(stream, await countOf(stream))
    return counts
  }
  const save = (): Promise<void> => file.save(encode([MAGIC, 1, entries.slice(-LOGS_MAX).map(({ log, name, begunMs, finishedMs, counts }) => [log, name, begunMs, finishedMs, [...counts].map(([stream, count]) => [stream, count])])]))
  return {
    async importedMs(log) {
      const { finishedMs = null, counts } = find(log) ?? {}
      for (const [stream, after] of counts ?? []) if ((await countOf(stream)) < after) return null
      return finishedMs
    },
    async begin(log, name, streams, isAgain) {
      const known = find(log)
      // Whatever was imported in between stands behind the part that is there: where that ends is not known then.
      if (known && known.finishedMs === null && known === entries.at(-1) && !isAgain) {
        const done = new Map<string, number>()
        for (const [stream, before] of known.counts) done.set(stream, await countRecords(`${address}/${stream}`, before, await countOf(stream)))
        return done
      }
      if (known) entries.splice(entries.indexOf(known), 1)
      entries.push({ log, name, begunMs: Date.now(), finishedMs: null, counts: await countsOf(streams) })
      await save()
      return new Map()
    },
    async finish(log) {
      const entry = find(log)
      if (!entry) return
      entry.finishedMs = Date.now()
      entry.counts = await countsOf(entry.counts.keys())
      await save()
    },
  }
}

function entriesOf(bytes: Uint8Array | null, path: string): Entry[] {
  const read = judge(() => (bytes === null ? [] : decodeEntries(bytes)))
  if (read.ok) return read.value
  throw fail('imports-damaged', `${path}, which remembers what was imported, cannot be read. Without it nothing is lost, but a log that is imported twice is not noticed: remove it to go on.`, { expected: 'a file written by `telltale import`', found: read.verdict.code })
}

function decodeEntries(bytes: Uint8Array): Entry[] {
  const [magic, version, entries] = asArray(decode(bytes), 'imports', 3)
  asExactly(magic, MAGIC, 'imports')
  asExactly(version, 1, 'version of the imports')
  return asArray(entries, 'imports').map((entry) => {
    const [log, name, begunMs, finishedMs, counts] = asArray(entry, 'import', 5)
    return {
      log: asBytes(log, 'log', 32),
      name: asText(name, 'name of a log', 4096),
      begunMs: asUint(begunMs, 'begin of an import'),
      finishedMs: asNullable(finishedMs, (value) => asUint(value, 'end of an import')),
      counts: new Map(asArray(counts, 'streams of an import').map((stream): [string, number] => {
        const [streamName, count] = asArray(stream, 'stream of an import', 2)
        return [asText(streamName, 'stream of an import', 64), asUint(count, 'transactions of a stream')]
      })),
    }
  })
}
