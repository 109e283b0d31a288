import { dirname } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { bytesToHex, fail } from '@telltale/core'
import type { TelltaleError } from '@telltale/core'
import { crc32 } from './checksum.ts'
import { diskError } from './coded-disk.ts'
import type { Disk } from './disk.ts'
import { hex32 } from './frame.ts'
import { settleLevelFiles } from './level-files.ts'
import { ROWS_CACHE_BYTES, ROWS_WRITE_BUFFER_BYTES } from './limits.ts'
import { endOfPrefix } from './rows.ts'
import type { Rows, RowsBatch, RowsHome, RowsPrefix } from './rows.ts'

type Level = ClassicLevel<Uint8Array, Uint8Array>

/**
 * Rows in LevelDB. It reads without looking at its own checks, so its files are verified before it opens them (`settleLevelFiles`), and
 * every value ends with a CRC-32 over key and value, which each read verifies. Not compressed: hashes and signatures do not get smaller.
 */
export function createLevelRowsHome(disk: Disk): RowsHome {
  return {
    open: async (path, say) => {
      const outcome = await settleLevelFiles(disk, path)
      if (outcome.notice !== null) say(outcome.notice)
      if (outcome.isLost) await removeRows(disk, path)
      try {
        return createLevelRows(await openLevel(path))
      } catch (error) {
        if (!isDamage(error)) throw levelError(error, `open ${path}`)
        say(`LevelDB could not open them (${String(error)})`)
        await removeRows(disk, path)
        return createLevelRows(await openLevel(path))
      }
    },
    remove: (path) => removeRows(disk, path),
  }
}

/** Durably: files of the old rows that came back after a loss of power would be taken for files of the new. */
async function removeRows(disk: Disk, path: string): Promise<void> {
  await disk.removeDirectory(path)
  await disk.syncDirectory(dirname(path))
}

async function openLevel(path: string): Promise<Level> {
  const level: Level = new ClassicLevel<Uint8Array, Uint8Array>(path, { keyEncoding: 'view', valueEncoding: 'view' })
  await level.open({ compression: false, writeBufferSize: ROWS_WRITE_BUFFER_BYTES, cacheSize: ROWS_CACHE_BYTES })
  return level
}

/** LevelDB names what it cannot use a corruption, or an unusable file; being locked or out of space is neither. */
function isDamage(error: unknown): boolean {
  const code = levelCode(error)
  return code === 'LEVEL_CORRUPTION' || /corruption|invalid argument|does not exist/i.test(levelText(error))
}

function levelCode(error: unknown): string | undefined {
  const { code, cause } = error as { code?: string; cause?: { code?: string } }
  return cause?.code ?? code
}

function levelText(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message : message
}

/** LevelDB passes the operating system's words on, not its numbers. */
function levelError(error: unknown, action: string): ReturnType<typeof fail> {
  if (levelCode(error) === 'LEVEL_LOCKED') return fail('store-in-use', `Another process uses the rows: could not ${action}. Stop it first.`, { expected: 'a store that nobody uses', found: 'one in use', cause: error })
  const text = levelText(error)
  const known = [
    ['ENOSPC', /no space left|ENOSPC|quota/i],
    ['EACCES', /permission denied|read-only|EACCES|EROFS/i],
  ] as const
  const number = known.find(([, pattern]) => pattern.test(text))?.[0] ?? levelCode(error) ?? 'EIO'
  return diskError(Object.assign(new LevelFailure(text), { code: number }), action)
}

class LevelFailure extends Error {}

function createLevelRows(level: Level): Rows {
  return {
    get: (prefix, key) => {
      const full = prefixed(prefix, key)
      return checkedValue(full, readLevel(level, full))
    },
    scan: (prefix, begin, from, onDamage) => scanLevel(level, prefix, { begin, from, onDamage }),
    batch: () => createLevelBatch(level),
    close: () => level.close(),
  }
}

function readLevel(level: Level, key: Uint8Array): Uint8Array | undefined {
  try {
    return level.getSync(key)
  } catch (error) {
    throw levelCode(error) === 'LEVEL_CORRUPTION' ? rowDamaged(key, 'a readable value', levelText(error)) : levelError(error, 'read a row')
  }
}

interface ScanRange {
  begin: Uint8Array
  from: Uint8Array | undefined
  onDamage: ((damage: TelltaleError) => void) | undefined
}

async function* scanLevel(level: Level, prefix: RowsPrefix, { begin, from, onDamage }: ScanRange): AsyncGenerator<[Uint8Array, Uint8Array]> {
  const first = prefixed(prefix, begin)
  const start = from === undefined ? first : prefixed(prefix, from)
  const end = endOfPrefix(first)
  const iterator = level.iterator({ gte: isBelow(start, first) ? first : start, ...(end === null ? {} : { lt: end }) })
  try {
    for (;;) {
      const entries = await iterator.nextv(SCAN_ROWS).catch((error: unknown) => {
        throw levelCode(error) === 'LEVEL_CORRUPTION' ? rowDamaged(first, 'readable rows', levelText(error)) : levelError(error, 'read rows')
      })
      if (entries.length === 0) return
      for (const [key, stored] of entries) {
        const value = valueOrDamage(key, stored)
        if (value instanceof Uint8Array) yield [key.slice(1), value]
        else if (onDamage === undefined) throw value
        else onDamage(value)
      }
    }
  } finally {
    await iterator.close()
  }
}

const SCAN_ROWS = 500

function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) < 0
}

/** The value without its check; null for none. */
function checkedValue(key: Uint8Array, stored: Uint8Array | undefined): Uint8Array | null {
  if (stored === undefined) return null
  const value = valueOrDamage(key, stored)
  if (value instanceof Uint8Array) return value
  throw value
}

function valueOrDamage(key: Uint8Array, stored: Uint8Array): Uint8Array | TelltaleError {
  const end = stored.length - CHECK_BYTES
  if (end < 0) return rowDamaged(key, 'a value with its check', `${stored.length} bytes`)
  const expected = crc32(stored, crc32(key), 0, end)
  const found = new DataView(stored.buffer, stored.byteOffset + end, CHECK_BYTES).getUint32(0)
  if (expected !== found) return rowDamaged(key, `a value with the check ${hex32(expected)}`, hex32(found))
  // A copy: LevelDB's binding may hand out slices of a pool, and the caller keeps what it gets.
  return new Uint8Array(stored.subarray(0, end))
}

const CHECK_BYTES = 4

function rowDamaged(key: Uint8Array, expected: string, found: string): TelltaleError {
  return fail('row-damaged', `The row ${bytesToHex(key.subarray(0, 80))} is damaged. Rows are rebuilt from the blocks: run "telltale store repair".`, { expected, found })
}

function prefixed(prefix: RowsPrefix, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(key.length + 1)
  bytes[0] = prefix
  bytes.set(key, 1)
  return bytes
}

/** Keys and values are laid out in two buffers that all rows of the batch share: LevelDB copies each at once. */
function createLevelBatch(level: Level): RowsBatch {
  const batch = level.batch()
  const keys = createScratch()
  const values = createScratch()
  const fullKey = (prefix: RowsPrefix, key: Uint8Array): Uint8Array => {
    const bytes = keys.take(key.length + 1)
    bytes[0] = prefix
    bytes.set(key, 1)
    return bytes
  }
  return {
    put: (prefix, key, value) => {
      const row = fullKey(prefix, key)
      const bytes = values.take(value.length + CHECK_BYTES)
      bytes.set(value, 0)
      const check = crc32(value, crc32(row))
      for (let i = 0; i < CHECK_BYTES; i++) bytes[value.length + i] = check >>> (24 - 8 * i)
      batch.put(row, bytes)
    },
    remove: (prefix, key) => {
      batch.del(fullKey(prefix, key))
    },
    write: async (options) => {
      try {
        await batch.write({ sync: options?.isSynced ?? false })
      } catch (error) {
        throw levelError(error, 'write rows')
      }
    },
  }
}

interface Scratch {
  /** Bytes of this length, valid until the next call. */
  take(length: number): Uint8Array
}

function createScratch(): Scratch {
  let buffer = new Uint8Array(1024)
  const views: (Uint8Array | undefined)[] = []
  return {
    take: (length) => {
      if (length > buffer.length) {
        buffer = new Uint8Array(length * 2)
        views.length = 0
      }
      return (views[length] ??= buffer.subarray(0, length))
    },
  }
}
