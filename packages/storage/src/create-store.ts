import type { Disk } from './disk.ts'
import { createNodeDisk } from './node-disk.ts'
import { createDiskStore } from './store.ts'
import type { DiskStore } from './store.ts'
import { openStoreCore } from './store-open.ts'
import type { StoreOptions } from './store-open.ts'

/**
 * Opens the store in a directory for this process alone, and brings it back to the last acknowledged state after whatever ended the process
 * before. Its rows may be behind its blocks (`rowsHeight < height`): replay them.
 *
 * Codes: `no-store`, `not-a-store`, `store-in-use`, `store-too-new`, `other-network`, `format-file-damaged`, `segment-damaged`,
 * `signed-state-damaged`, `disk-full`, `directory-read-only`, `disk-failed`.
 */
export async function createStore(options: Omit<StoreOptions, 'disk'> & { disk?: Disk }): Promise<DiskStore> {
  return createDiskStore(await openStoreCore({ ...options, disk: options.disk ?? createNodeDisk() }))
}
