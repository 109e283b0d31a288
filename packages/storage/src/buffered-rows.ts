import { bytesToMapKey } from '@telltale/core'
import type { Rows, RowsBatch, RowsHome, RowsPrefix } from './rows.ts'

/** A change that has not gone down yet: null removes. */
interface Change {
  prefix: RowsPrefix
  key: Uint8Array
  value: Uint8Array | null
}

/** Bytes that an entry of the map takes beside its key and value, roughly. */
const ENTRY_BYTES = 150

/** Rows of another home, buffered. */
export function createBufferedHome(home: RowsHome, bytesMax: number): RowsHome {
  return {
    open: async (path, say) => createBufferedRows(await home.open(path, say), bytesMax),
    remove: (path) => home.remove(path),
  }
}

/**
 * Gathers what batches change in memory and hands it down as one batch once there are `bytesMax` of it: an entry that every block changes is
 * written once for many blocks, and a block waits for no rows. To the rows below it looks like a few large batches, so what they promise holds: later
 * batches never survive a crash without the earlier ones. What was gathered is lost with the process and replayed from the segments.
 */
function createBufferedRows(rows: Rows, bytesMax: number): Rows {
  let changes = new Map<string, Change>()
  let bytes = 0
  /** What is on its way down, still read from here. */
  let leaving = changes
  let last: Promise<void> = Promise.resolve()

  const flush = (isSynced: boolean): Promise<void> => (last = last.then(() => handDown(isSynced)))

  const handDown = async (isSynced: boolean): Promise<void> => {
    if (changes.size === 0 && !isSynced) return
    leaving = changes
    changes = new Map()
    bytes = 0
    const batch = rows.batch()
    for (const { prefix, key, value } of leaving.values()) {
      if (value === null) batch.remove(prefix, key)
      else batch.put(prefix, key, value)
    }
    await batch.write({ isSynced })
    leaving = new Map()
  }

  const take = (batch: Map<string, Change>): void => {
    for (const [name, change] of batch) {
      changes.set(name, change)
      bytes += change.key.length + (change.value?.length ?? 0) + ENTRY_BYTES
    }
  }

  return {
    get(prefix, key) {
      const name = nameOf(prefix, key)
      const change = changes.get(name) ?? leaving.get(name)
      return change === undefined ? rows.get(prefix, key) : (change.value?.slice() ?? null)
    },
    async *scan(prefix, begin, from, onDamage) {
      await flush(false)
      yield* rows.scan(prefix, begin, from, onDamage)
    },
    batch: () => createBatch(async (batch, isSynced) => {
      take(batch)
      if (isSynced || bytes >= bytesMax) await flush(isSynced)
    }),
    close: () => rows.close(),
  }
}

function createBatch(write: (batch: Map<string, Change>, isSynced: boolean) => Promise<void>): RowsBatch {
  const batch = new Map<string, Change>()
  return {
    put: (prefix, key, value) => void batch.set(nameOf(prefix, key), { prefix, key: key.slice(), value: value.slice() }),
    remove: (prefix, key) => void batch.set(nameOf(prefix, key), { prefix, key: key.slice(), value: null }),
    write: (options) => write(batch, options?.isSynced ?? false),
  }
}

function nameOf(prefix: RowsPrefix, key: Uint8Array): string {
  return String.fromCharCode(prefix) + bytesToMapKey(key)
}
