import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { SimulatedDisk, createSimulatedRows, storeCompliance } from '@telltale/testing'
import { createStore } from '../src/create-store.ts'
import { createMemoryRows } from '../src/memory-rows.ts'
import { createMemoryStore } from '../src/memory-store.ts'
import type { DiskStore } from '../src/store.ts'

const root = mkdtempSync(join(tmpdir(), 'telltale-store-'))
after(() => rmSync(root, { recursive: true, force: true }))

storeCompliance('memory', { create: async () => createMemoryStore() })

let count = 0
storeCompliance('disk', {
  create: () => createStore({ directory: join(root, String(count++)), create: true }),
  reopen: async (store) => {
    await store.close()
    return createStore({ directory: (store as DiskStore).directory, create: false })
  },
})

// Segments of 4 kB, so that every test crosses many of them, and writes that the disk takes in pieces.
const disk = new SimulatedDisk()
disk.writeBytesMax = 700_001
const rows = createSimulatedRows(disk, createMemoryRows)
const simulated = (directory: string, create: boolean): Promise<DiskStore> => createStore({ directory, create, disk, rows, segmentBytesMax: 4_096 })
storeCompliance('simulated disk, small segments', {
  create: () => simulated(`/store${count++}`, true),
  reopen: async (store) => {
    await store.close()
    return simulated((store as DiskStore).directory, false)
  },
})
