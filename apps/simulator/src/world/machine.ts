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
}

const DIRECTORY = '/data/store'

export function createMachine(): Machine {
  const disk = new SimulatedDisk()
  const rows = createSimulatedRows(disk, createMemoryRows)
  let blocks: Uint8Array[] = []
  let isNew = true
  return {
    disk,
    branchLog: {
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
    kill: () => disk.kill(),
    cutPower: (random) => disk.restart(random),
  }
}
