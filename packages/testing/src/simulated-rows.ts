import { fail } from '@telltale/core'
import type { SeededRandom } from './seeded-random.ts'
import { DiskFault } from './simulated-disk.ts'
import type { SimulatedDisk } from './simulated-disk.ts'

interface Batch<Prefix> {
  put(prefix: Prefix, key: Uint8Array, value: Uint8Array): void
  remove(prefix: Prefix, key: Uint8Array): void
  write(options?: { isSynced: boolean }): Promise<void>
}

type Operation<Prefix> = [prefix: Prefix, key: Uint8Array, value: Uint8Array | null]

/** Batches in the order of writing: those up to `synced` survive a crash, of the others some first ones may. */
interface Journal<Prefix> {
  batches: Operation<Prefix>[][]
  synced: number
}

/**
 * Rows that lose power with a simulated disk: as LevelDB's do, they come back as they were after one of the batches since the last sync. It
 * has the shape of `RowsHome` in @telltale/storage; `createRows` makes empty rows in memory.
 */
export function createSimulatedRows<Prefix, Rows extends { batch(): Batch<Prefix> }>(
  disk: SimulatedDisk,
  createRows: () => Rows,
): { open(path: string): Promise<Rows>; remove(path: string): Promise<void> } {
  const journals = new Map<string, Journal<Prefix>>()
  disk.onCrash.push((random: SeededRandom) => {
    for (const journal of journals.values()) {
      journal.batches.length = journal.synced + random.below(journal.batches.length - journal.synced + 1)
      journal.synced = journal.batches.length
    }
  })
  return {
    open: async (path) => {
      const journal = journals.get(path) ?? { batches: [], synced: 0 }
      journals.set(path, journal)
      const rows = createRows()
      for (const batch of journal.batches) await apply(rows, batch)
      return { ...rows, batch: () => journaledBatch(disk, rows, journal) }
    },
    remove: async (path) => {
      journals.delete(path)
    },
  }
}

async function apply<Prefix>(rows: { batch(): Batch<Prefix> }, operations: readonly Operation<Prefix>[]): Promise<void> {
  const batch = rows.batch()
  for (const [prefix, key, value] of operations) {
    if (value === null) batch.remove(prefix, key)
    else batch.put(prefix, key, value)
  }
  await batch.write()
}

function journaledBatch<Prefix>(disk: SimulatedDisk, rows: { batch(): Batch<Prefix> }, journal: Journal<Prefix>): Batch<Prefix> {
  const operations: Operation<Prefix>[] = []
  return {
    put: (prefix, key, value) => {
      operations.push([prefix, key.slice(), value.slice()])
    },
    remove: (prefix, key) => {
      operations.push([prefix, key.slice(), null])
    },
    write: async (options) => {
      takeStep(disk)
      await apply(rows, operations)
      journal.batches.push(operations)
      if (options?.isSynced === true) settle(journal)
    },
  }
}

/** All batches are durable now: they become one, with the last operation on each key. */
function settle<Prefix>(journal: Journal<Prefix>): void {
  const last = new Map<string, Operation<Prefix>>()
  for (const operation of journal.batches.flat()) last.set(`${String(operation[0])} ${String(operation[1])}`, operation)
  journal.batches = [[...last.values()].filter(([, , value]) => value !== null)]
  journal.synced = 1
}

const CODES: Record<string, string> = { ENOSPC: 'disk-full', EROFS: 'directory-read-only' }

/** A store's rows tell their errors by code themselves. */
function takeStep(disk: SimulatedDisk): void {
  try {
    disk.takeStep('rows')
  } catch (error) {
    const number = error instanceof DiskFault ? error.code : ''
    throw fail(CODES[number] ?? 'disk-failed', 'The simulated rows could not be written.', { expected: 'a disk that answers', found: number, cause: error })
  }
}
