/**
 * Loses power at every step of random scripts of calls on a store, again and again while it recovers, and fails every step once. After each,
 * everything acknowledged must be there and nothing half done. `storage-crash.ts [SEED] [SECONDS]`; prints the seed of a script that failed.
 */
import assert from 'node:assert/strict'
import { createMemoryRows, createStore } from '@telltale/storage'
import type { DiskStore, RowsHome } from '@telltale/storage'
import { EMPTY_STATE, SimulatedDisk, assertRecovered, blockCommit, createSeededRandom, createSimulatedRows, createStoreScript } from '@telltale/testing'
import type { ScriptedState, SeededRandom, StoreScript } from '@telltale/testing'

const DIRECTORY = '/data/store'

interface Machine {
  disk: SimulatedDisk
  rows: RowsHome
  segmentBytesMax: number
  rowsBufferBytes: number
}

function createMachine(random: SeededRandom): Machine {
  const disk = new SimulatedDisk()
  if (random.chance(0.3)) disk.writeBytesMax = 100 + random.below(1_000)
  return { disk, rows: createSimulatedRows(disk, createMemoryRows), segmentBytesMax: random.pick([600, 2_000, 8_000, 100_000]), rowsBufferBytes: random.pick([0, 1_500, 8_000, 1_000_000]) }
}

function open({ disk, rows, segmentBytesMax, rowsBufferBytes }: Machine): Promise<DiskStore> {
  return createStore({ directory: DIRECTORY, create: true, disk, rows, segmentBytesMax, rowsBufferBytes })
}

async function runScript(machine: Machine, script: StoreScript, random: SeededRandom): Promise<{ before: ScriptedState; after: ScriptedState; isDone: boolean }> {
  let before = EMPTY_STATE
  let after = EMPTY_STATE
  try {
    let store = await open(machine)
    for (const call of script.calls) {
      if (random.chance(0.05)) {
        await store.close()
        store = await open(machine)
      }
      after = call.after
      await call.run(store)
      before = call.after
    }
    await store.close()
    return { before, after, isDone: true }
  } catch {
    return { before, after, isDone: false }
  }
}

/** One script, one step at which something happens, one way in which it does. Returns false when the script ends before that step. */
async function tryStep(seed: number, script: StoreScript, step: number): Promise<boolean> {
  const random = createSeededRandom(seed)
  const machine = createMachine(random)
  const isCrash = random.chance(0.7)
  if (isCrash) machine.disk.crashAtStep = step
  else machine.disk.failAtStep = { step, code: random.pick(['ENOSPC', 'EIO']) }
  const { before, after, isDone } = await runScript(machine, script, random)
  if (isDone && (isCrash || machine.disk.failAtStep !== null)) return false
  if (isCrash) machine.disk.restart(random)
  else machine.disk.kill()
  for (let again = random.below(4); again > 0; again--) {
    const next = machine.disk.steps + 1 + random.below(25)
    if (random.chance(0.5)) machine.disk.crashAtStep = next
    else machine.disk.failAtStep = { step: next, code: 'EIO' }
    const store = await open(machine).catch(() => null)
    await store?.close().catch(() => undefined)
    machine.disk.failAtStep = null
    if (random.chance(0.5)) machine.disk.restart(random)
    else if (machine.disk.crashAtStep <= machine.disk.steps) machine.disk.restart(random)
    else machine.disk.kill()
    machine.disk.crashAtStep = Number.POSITIVE_INFINITY
  }
  const store = await open(machine)
  await assertRecovered(store, script, before, after, { isSideDurable: false })
  const { height } = store
  machine.disk.restart(random)
  const later = await open(machine)
  assert.equal(later.height, height, 'what was seen is durable')
  await assertRecovered(later, script, before, after, { isSideDurable: false })
  await later.commit(blockCommit(height + 1, 'next'))
  machine.disk.restart(random)
  const last = await open(machine)
  assert.deepEqual(await last.readBlock(height + 1), blockCommit(height + 1, 'next').block)
  await last.close()
  return true
}

const firstSeed = Number(process.argv[2] ?? 1)
const seconds = Number(process.argv[3] ?? 30)
const end = performance.now() + seconds * 1_000
let seed = firstSeed
let tries = 0
console.log(`seed ${firstSeed}, ${seconds} s`)
try {
  for (; performance.now() < end; seed++) {
    const random = createSeededRandom(seed)
    const script = createStoreScript(random, 5 + random.below(40))
    for (let step = 1; await tryStep(seed * 1_000 + step, script, step); step += 1 + random.below(3)) tries += 1
  }
  console.log(`held: ${tries} ends of ${seed - firstSeed} scripts`)
} catch (error) {
  console.error(`failed with seed ${seed}, after ${tries} tries`, error)
  process.exitCode = 1
}
