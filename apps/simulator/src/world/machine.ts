import type { BranchLog } from '@telltale/consensus'
import { createMemoryRows, createStore } from '@telltale/storage'
import type { DiskStore } from '@telltale/storage'
import { SimulatedDisk, createSimulatedRows } from '@telltale/testing'
import type { SeededRandom } from '@telltale/testing'

/** What survives when a node ends: its disk, and on it the store and the blocks that are not final. */
export interface Machine {
  readonly disk: SimulatedDisk
  readonly branchLog: BranchLog
  openStore(network: Uint8Array): Promise<DiskStore>
  /** The process ends and nothing is lost. */
  kill(): void
  /** The power fails: what was not synced is lost, or torn. */
  cutPower(random: SeededRandom): void
  /** Keeps a copy of the files of the store. */
  backUp(): void
  /** The machine is another one, with nothing but the last copy on its disk; false where there is none. */
  restore(): Promise<boolean>
}

const DIRECTORY = '/data/store'

export function createMachine(): Machine {
  let disk = new SimulatedDisk()
  let rows = createSimulatedRows(disk, createMemoryRows)
  let blocks: Uint8Array[] = []
  let isNew = true
  /** Not on a new disk, until the process ended there once. */
  let isWhole = true
  let backup: Map<string, Uint8Array> | null = null
  return {
    get disk() {
      return disk
    },
    branchLog: {
      get isWhole() {
        return isWhole
      },
      load: async () => [...blocks],
      async append(block) {
        disk.takeStep('sync')
        blocks.push(block)
      },
      async settle(kept) {
        disk.takeStep('rename')
        blocks = kept()
      },
    },
    async openStore(network) {
      const store = await createStore({ directory: DIRECTORY, create: isNew, network, disk, rows })
      isNew = false
      return store
    },
    kill() {
      disk.kill()
      isWhole = true
    },
    cutPower(random) {
      disk.restart(random)
      isWhole = true
    },
    backUp() {
      backup = disk.snapshot()
    },
    async restore() {
      if (!backup) return false
      disk = new SimulatedDisk()
      rows = createSimulatedRows(disk, createMemoryRows)
      blocks = []
      isWhole = false
      await writeFiles(disk, backup)
      return true
    },
  }
}

async function writeFiles(disk: SimulatedDisk, files: Map<string, Uint8Array>): Promise<void> {
  for (const [path, bytes] of files) {
    const folder = path.slice(0, path.lastIndexOf('/'))
    await disk.makeDirectory(folder)
    const file = await disk.open(path, 'create')
    await file.write([bytes], 0)
    await file.sync()
    await disk.syncDirectory(folder)
  }
}
