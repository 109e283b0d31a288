import { join } from 'node:path'
import { bytesToText, judge } from '@telltale/core'
import type { Disk } from './disk.ts'
import { readWhole, withFile } from './file-steps.ts'
import type { Difference } from './frame.ts'
import { readLevelLog } from './level-log.ts'
import { readLevelManifest } from './level-manifest.ts'
import type { LevelManifest } from './level-manifest.ts'
import { tableDamage } from './level-table.ts'

/** A damaged place in LevelDB's files. */
export interface LevelDamage extends Difference {
  file: string
  offset: number
  what: string
}

export interface LevelInspection {
  /** Places in tables, MANIFEST and CURRENT: the rows cannot be trusted. */
  damages: LevelDamage[]
  /** Logs of batches, oldest first, each with its first place that is not whole. */
  logs: { file: string; wholeBytes: number; damage: LevelDamage | null }[]
  /** Files of no known kind. */
  foreign: string[]
  bytes: number
}

/** Verifies every byte of a LevelDB directory that it would read. Changes nothing. */
export async function inspectLevelFiles(disk: Disk, path: string): Promise<LevelInspection> {
  const names = (await disk.kindOf(path)) === 'directory' ? await disk.list(path) : []
  const inspection: LevelInspection = { damages: [], logs: [], foreign: names.filter((name) => !KNOWN_NAME.test(name)), bytes: 0 }
  if (names.every((name) => !DATA_NAME.test(name))) return inspection
  const manifest = await inspectManifest(disk, path, inspection)
  if (manifest === null) return inspection
  for (const [number, length] of manifest.tables) {
    const file = [`${levelNumber(number)}.ldb`, `${levelNumber(number)}.sst`].find((name) => names.includes(name))
    await inspectTable(disk, path, file ?? `${levelNumber(number)}.ldb`, file === undefined ? null : length, inspection)
  }
  const logs = names.filter((name) => /^\d+\.log$/.test(name)).map((name) => ({ name, number: Number.parseInt(name, 10) }))
  const live = logs.filter(({ number }) => number >= manifest.logNumber).sort((a, b) => a.number - b.number)
  if (manifest.logNumber > 0 && live[0]?.number !== manifest.logNumber) {
    const file = `${levelNumber(manifest.logNumber)}.log`
    inspection.damages.push({ file, offset: 0, what: 'log', expected: 'the log that the MANIFEST names', found: 'no such file' })
  }
  for (const { name } of live) await inspectLog(disk, path, name, inspection)
  return inspection
}

const KNOWN_NAME = /^(?:CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.(?:log|ldb|sst|dbtmp))$/
const DATA_NAME = /^(?:CURRENT|MANIFEST-\d+|\d+\.(?:log|ldb|sst))$/

function levelNumber(number: number): string {
  return String(number).padStart(6, '0')
}

async function inspectManifest(disk: Disk, path: string, inspection: LevelInspection): Promise<LevelManifest | null> {
  const refuse = (file: string, offset: number, what: string, difference: Difference): null => {
    inspection.damages.push({ file, offset, what, expected: difference.expected, found: difference.found })
    return null
  }
  if ((await disk.kindOf(join(path, 'CURRENT'))) !== 'file') return refuse('CURRENT', 0, 'pointer', { expected: 'the name of a MANIFEST', found: 'no file' })
  const current = await readWhole(disk, join(path, 'CURRENT'))
  const text = judge(() => bytesToText(current))
  const name = text.ok ? /^(MANIFEST-\d{6,})\n$/.exec(text.value)?.[1] : undefined
  if (name === undefined || (await disk.kindOf(join(path, name))) !== 'file') {
    return refuse('CURRENT', 0, 'pointer', { expected: 'the name of a MANIFEST that exists', found: JSON.stringify(text.ok ? text.value.slice(0, 80) : 'bytes that are no text') })
  }
  const bytes = await readWhole(disk, join(path, name))
  inspection.bytes += current.length + bytes.length
  const log = readLevelLog(bytes)
  // A torn last edit cannot be told from a flipped length, and without it rows would be missing in the middle: nothing is trusted then.
  if (log.damage !== null) return refuse(name, log.damage.offset, 'edit', log.damage)
  return readLevelManifest(log.records) ?? refuse(name, 0, 'edit', { expected: 'edits of versions', found: 'a record that is none' })
}

async function inspectTable(disk: Disk, path: string, file: string, length: number | null, inspection: LevelInspection): Promise<void> {
  if (length === null) {
    inspection.damages.push({ file, offset: 0, what: 'table', expected: 'a table that the MANIFEST names', found: 'no file' })
    return
  }
  const bytes = await readWhole(disk, join(path, file))
  inspection.bytes += bytes.length
  const damage = bytes.length === length ? tableDamage(bytes) : { offset: Math.min(bytes.length, length), expected: `${length} bytes`, found: String(bytes.length) }
  if (damage !== null) inspection.damages.push({ file, what: 'table', ...damage })
}

async function inspectLog(disk: Disk, path: string, file: string, inspection: LevelInspection): Promise<void> {
  const bytes = await readWhole(disk, join(path, file))
  inspection.bytes += bytes.length
  const { wholeBytes, damage } = readLevelLog(bytes)
  inspection.logs.push({ file, wholeBytes, damage: damage === null ? null : { file, what: 'batch', ...damage } })
}

/** What must be said about the files, and whether nothing of them can be used. */
export interface LevelOutcome {
  notice: string | null
  isLost: boolean
}

/**
 * Makes LevelDB's files safe to open. A log is cut where its first batch is not whole, and later logs are removed: what is left is the
 * state after an earlier batch, from which everything is replayed. Damage elsewhere leaves nothing that could be trusted.
 */
export async function settleLevelFiles(disk: Disk, path: string): Promise<LevelOutcome> {
  const { damages, logs } = await inspectLevelFiles(disk, path)
  const [damage] = damages
  if (damage !== undefined) return { notice: describeDamage(damage), isLost: true }
  const index = logs.findIndex((log) => log.damage !== null)
  const log = logs[index]
  if (log === undefined || log.damage === null) return { notice: null, isLost: false }
  for (const later of logs.slice(index + 1).reverse()) await disk.remove(join(path, later.file))
  await withFile(disk, join(path, log.file), 'change', async (file) => {
    await file.truncate(log.wholeBytes)
    await file.sync()
  })
  await disk.syncDirectory(path)
  return { notice: describeDamage(log.damage), isLost: false }
}

function describeDamage({ file, offset, what, expected, found }: LevelDamage): string {
  return `rows/${file}, ${what} at byte ${offset}: expected ${expected}, found ${found}`
}
