import { bytesToMapKey } from '@telltale/core'
import type { Rows, RowsBatch, RowsHome, RowsPrefix } from './rows.ts'

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
  let gathered = createGathering(bytesMax)
  /** What is on its way down, still read from here. */
  let leaving = createGathering(0)
  let last: Promise<void> = Promise.resolve()

  const flush = (isSynced: boolean): Promise<void> => (last = last.then(() => handDown(isSynced)))

  const handDown = async (isSynced: boolean): Promise<void> => {
    if (gathered.isEmpty && !isSynced) return
    leaving = gathered
    gathered = createGathering(bytesMax)
    const batch = rows.batch()
    leaving.addTo(batch)
    await batch.write({ isSynced })
    leaving = createGathering(0)
  }

  return {
    get(prefix, key) {
      const name = nameOf(prefix, key)
      const value = gathered.get(name)
      if (value !== undefined) return value
      const before = leaving.get(name)
      return before === undefined ? rows.get(prefix, key) : before
    },
    async *scan(prefix, begin, from, onDamage) {
      await flush(false)
      yield* rows.scan(prefix, begin, from, onDamage)
    },
    batch: () =>
      createBatch(async (changes, isSynced) => {
        for (const change of changes) gathered.set(nameOf(change.prefix, change.key), change.value)
        if (isSynced || gathered.bytes >= bytesMax) await flush(isSynced)
      }),
    close: () => rows.close(),
  }
}

interface Change {
  prefix: RowsPrefix
  key: Uint8Array
  /** Null removes. */
  value: Uint8Array | null
}

/** Keeps the changes, in their order, until they are written. */
function createBatch(write: (changes: Change[], isSynced: boolean) => Promise<void>): RowsBatch {
  const changes: Change[] = []
  return {
    put: (prefix, key, value) => void changes.push({ prefix, key, value }),
    remove: (prefix, key) => void changes.push({ prefix, key, value: null }),
    write: (options) => write(changes, options?.isSynced ?? false),
  }
}

/** The last change of each row, by prefix and key with one character a byte. */
interface Gathering {
  readonly bytes: number
  readonly isEmpty: boolean
  /** A copy of the value, null where the row was removed, undefined where nothing is known of it. */
  get(name: string): Uint8Array | null | undefined
  set(name: string, value: Uint8Array | null): void
  addTo(batch: RowsBatch): void
}

/** Bytes of an entry beside its key and value, roughly. */
const ENTRY_BYTES = 64
const LENGTH_BYTES = 4
const REMOVED = -1

/** Values lie one behind the other in a single array, each behind its length: hundreds of thousands of small arrays would be dearer to keep than to fill. */
function createGathering(capacity: number): Gathering {
  const places = new Map<string, number>()
  let values = new Uint8Array(capacity)
  let view = new DataView(values.buffer)
  let end = 0
  let entryBytes = 0

  const valueAt = (place: number): Uint8Array => values.subarray(place + LENGTH_BYTES, place + LENGTH_BYTES + view.getUint32(place))

  const reserve = (length: number): void => {
    if (end + length <= values.length) return
    const grown = new Uint8Array((end + length) * 2)
    grown.set(values.subarray(0, end))
    values = grown
    view = new DataView(values.buffer)
  }

  return {
    get bytes() {
      return end + entryBytes
    },
    get isEmpty() {
      return places.size === 0
    },
    get(name) {
      const place = places.get(name)
      return place === undefined ? undefined : place === REMOVED ? null : valueAt(place).slice()
    },
    set(name, value) {
      entryBytes += ENTRY_BYTES + name.length
      if (value === null) return void places.set(name, REMOVED)
      reserve(LENGTH_BYTES + value.length)
      view.setUint32(end, value.length)
      values.set(value, end + LENGTH_BYTES)
      places.set(name, end)
      end += LENGTH_BYTES + value.length
    },
    addTo(batch) {
      for (const [name, place] of places) {
        const prefix = name.charCodeAt(0) as RowsPrefix
        const key = new Uint8Array(name.length - 1)
        for (let i = 0; i < key.length; i++) key[i] = name.charCodeAt(i + 1)
        if (place === REMOVED) batch.remove(prefix, key)
        else batch.put(prefix, key, valueAt(place))
      }
    },
  }
}

function nameOf(prefix: RowsPrefix, key: Uint8Array): string {
  return String.fromCharCode(prefix) + bytesToMapKey(key)
}
