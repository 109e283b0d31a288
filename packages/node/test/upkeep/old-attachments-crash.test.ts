import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { suite, test } from 'node:test'
import { openLedger } from '@telltale/ledger'
import type { Ledger } from '@telltale/ledger'
import { checkStore, createMemoryRows, createStore } from '@telltale/storage'
import { SimulatedDisk, createSeededRandom, createSimulatedRows } from '@telltale/testing'
import { createNodePrimitives } from '../../src/crypto/node-primitives.ts'
import { createBlockReplay } from '../../src/upkeep/block-replay.ts'
import { dropOldAttachments } from '../../src/upkeep/old-attachments.ts'
import { DAY_MS, bytesOf, createCar } from './aging-car.ts'

const DIRECTORY = '/data/store'
const primitives = createNodePrimitives()

interface Machine {
  disk: SimulatedDisk
  rows: ReturnType<typeof machineRows>
}

function machineRows(disk: SimulatedDisk) {
  return createSimulatedRows(disk, createMemoryRows)
}

/** Segments hold a few attachments each, so that some are old as a whole, some in part, and the last one is written still. */
function openOn({ disk, rows }: Machine, create = false): ReturnType<typeof createStore> {
  return createStore({ directory: DIRECTORY, create, disk, rows, segmentBytesMax: 12_000 })
}

async function machineOf(files: Map<string, Uint8Array>): Promise<Machine> {
  const disk = new SimulatedDisk()
  for (const [path, bytes] of files) {
    await disk.makeDirectory(dirname(path))
    const file = await disk.open(path, 'create')
    await file.write([bytes], 0)
    await file.sync()
    await file.close()
    await disk.syncDirectory(dirname(path))
  }
  return { disk, rows: machineRows(disk) }
}

function drop(ledger: Ledger): ReturnType<typeof dropOldAttachments> {
  return dropOldAttachments(ledger, { signal: new AbortController().signal, rest: async () => undefined })
}

suite('dropping old attachments on a machine that loses power', () => {
  test('leaves a whole store at any step, and is done the next time', async () => {
    const first = new SimulatedDisk()
    const store = await openOn({ disk: first, rows: machineRows(first) }, true)
    const { network, record } = await createCar(30 * DAY_MS, store)
    const [old, young]: [Uint8Array[], Uint8Array[]] = [[], []]
    for (let i = 0; i < 8; i++) old.push(await record(1, bytesOf(`old ${i}`, 3_000)))
    for (let i = 0; i < 2; i++) young.push(await record(50, bytesOf(`young ${i}`, 3_000)))
    await store.close()
    const files = first.snapshot()
    const { id } = network.ledger.position
    let partly = 0
    for (let step = 1, isDone = false; !isDone; step++) {
      const random = createSeededRandom(step)
      const machine = await machineOf(files)
      const { disk } = machine
      const before = await openLedger({ store: await openOn(machine), primitives })
      disk.crashAtStep = disk.steps + step
      isDone = await drop(before).then(() => true, () => false)
      disk.restart(random)
      const ledger = await openLedger({ store: await openOn(machine), primitives })
      assert.deepEqual(ledger.position.id, id)
      const left = old.filter((hash) => ledger.store.hasAttachment(hash)).length
      if (left === 0 && !isDone) partly += 1
      await drop(ledger)
      assert.deepEqual([old.some((hash) => ledger.store.hasAttachment(hash)), young.every((hash) => ledger.store.hasAttachment(hash))], [false, true], `step ${step}`)
      for (const hash of young) assert.equal((await ledger.store.readAttachment(hash))?.length, 3_000)
      await ledger.store.close()
      const held = disk.paths().filter((path) => path.includes('/attachments/')).reduce((sum, path) => sum + disk.contents(path).length, 0)
      assert.ok(held < 10_000, `step ${step}: ${held} bytes are left of 30,000`)
      const { replay } = createBlockReplay(primitives)
      assert.deepEqual((await checkStore(DIRECTORY, { disk, rows: machine.rows, replayBlock: replay })).problems, [], `step ${step}`)
    }
    assert.ok(partly > 3, 'it was cut off between dropping and freeing too')
  })
})
