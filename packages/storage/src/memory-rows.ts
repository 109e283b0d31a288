import { bytesToMapKey, compareBytes } from '@telltale/core'
import type { Rows, RowsBatch, RowsPrefix } from './rows.ts'

type Row = [key: Uint8Array, value: Uint8Array]

/** Rows in memory, for tests and simulations. Values are copied on their way in and out, so that nobody shares them. */
export function createMemoryRows(): Rows {
  const rows = new Map<string, Row>()
  // Sorted when somebody scans: simulations write often and scan seldom.
  let sorted: Row[] | null = null
  const full = (prefix: RowsPrefix, key: Uint8Array): string => String.fromCharCode(prefix) + bytesToMapKey(key)

  const batch = (): RowsBatch => {
    const changes: [key: string, row: Row | null][] = []
    return {
      put: (prefix, key, value) => {
        changes.push([full(prefix, key), [prefixed(prefix, key), value.slice()]])
      },
      remove: (prefix, key) => {
        changes.push([full(prefix, key), null])
      },
      write: async () => {
        for (const [key, row] of changes) {
          if (row === null) rows.delete(key)
          else rows.set(key, row)
        }
        sorted = null
      },
    }
  }

  return {
    get: (prefix, key) => rows.get(full(prefix, key))?.[1].slice() ?? null,
    scan: async function* (prefix, begin, from) {
      sorted ??= [...rows.values()].sort((a, b) => compareBytes(a[0], b[0]))
      const snapshot = sorted
      const first = prefixed(prefix, begin)
      const start = from === undefined ? first : prefixed(prefix, compareBytes(from, begin) < 0 ? begin : from)
      for (let i = firstNotBelow(snapshot, start); i < snapshot.length; i++) {
        const [key, value] = snapshot[i] as Row
        if (compareBytes(key.subarray(0, first.length), first) !== 0) return
        yield [key.slice(1), value.slice()]
      }
    },
    batch,
    close: async () => undefined,
  }
}

function prefixed(prefix: number, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(key.length + 1)
  bytes[0] = prefix
  bytes.set(key, 1)
  return bytes
}

function firstNotBelow(rows: readonly Row[], key: Uint8Array): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareBytes((rows[middle] as Row)[0], key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
