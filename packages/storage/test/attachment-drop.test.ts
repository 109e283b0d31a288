import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SimulatedDisk, attachmentOf, blockCommit, createSeededRandom, createSimulatedRows } from '@telltale/testing'
import { checkStore } from '../src/check.ts'
import { createStore } from '../src/create-store.ts'
import { createMemoryRows } from '../src/memory-rows.ts'
import type { RowsHome } from '../src/rows.ts'
import type { DiskStore } from '../src/store.ts'

const DIRECTORY = '/data/store'
const random = createSeededRandom(12)
// Four blocks with three attachments each; every segment of 3 kB holds those of two blocks.
const attachments = Array.from({ length: 12 }, () => attachmentOf(random.bytes(600)))

interface Machine {
  disk: SimulatedDisk
  rows: RowsHome
}

async function open(machine: Machine): Promise<DiskStore> {
  const store = await createStore({ directory: DIRECTORY, create: true, ...machine, segmentBytesMax: 3_000 })
  for (let height = store.rowsHeight + 1; height <= store.height; height++) await store.replay(height, [], null)
  return store
}

async function makeStore(): Promise<{ machine: Machine; store: DiskStore }> {
  const disk = new SimulatedDisk()
  const machine = { disk, rows: createSimulatedRows(disk, createMemoryRows) }
  const store = await open(machine)
  for (let height = 0; height < 4; height++) await store.commit(blockCommit(height, 'block', { attachments: attachments.slice(height * 3, height * 3 + 3) }))
  return { machine, store }
}

function dropFirst(store: DiskStore, count: number): Promise<unknown> {
  return Promise.all(attachments.slice(0, count).map(({ sha256 }) => store.dropAttachment(sha256)))
}

function isAnywhere(disk: SimulatedDisk, bytes: Uint8Array): boolean {
  return disk.paths().some((path) => Buffer.from(disk.contents(path)).includes(bytes.slice(8, -8)))
}

async function assertHeld(store: DiskStore, dropped: number): Promise<void> {
  for (const [index, { sha256, bytes }] of attachments.entries()) assert.deepEqual(await store.readAttachment(sha256), index < dropped ? null : bytes, `attachment ${index}`)
}

describe('dropping attachments', () => {
  it('erases their bytes at once, and nothing else', async () => {
    const { machine, store } = await makeStore()
    assert.equal(isAnywhere(machine.disk, (attachments[0] as { bytes: Uint8Array }).bytes), true)
    await dropFirst(store, 2)
    assert.deepEqual(attachments.map(({ bytes }) => isAnywhere(machine.disk, bytes)), attachments.map((_, index) => index >= 2))
    await assertHeld(store, 2)
    await store.close()
    assert.deepEqual((await checkStore(DIRECTORY, machine)).problems, [])
  })

  it('rewrites a segment of which half was dropped, so that its space is free', async () => {
    const { machine, store } = await makeStore()
    const before = machine.disk.contents(`${DIRECTORY}/attachments/000000000000.seg`).length
    await dropFirst(store, 4)
    assert.deepEqual(machine.disk.paths().filter((path) => path.includes('000000000000') && path.includes('attachments')), [`${DIRECTORY}/attachments/000000000000-1.seg`])
    assert.ok(machine.disk.contents(`${DIRECTORY}/attachments/000000000000-1.seg`).length <= before - 4 * 600)
    await assertHeld(store, 4)
    await dropFirst(store, 6)
    await assertHeld(store, 6)
    await store.close()
    assert.deepEqual((await checkStore(DIRECTORY, machine)).problems, [])
    const reopened = await open(machine)
    await assertHeld(reopened, 6)
    await reopened.close()
  })

  it('is carried out after a loss of power at any step, or not at all', async () => {
    let outcomes = 0
    for (let step = 1, isDone = false; !isDone; step++) {
      for (let seed = 0; seed < 6; seed++) {
        const { machine, store } = await makeStore()
        const { disk } = machine
        const chance = createSeededRandom(step * 100 + seed)
        disk.crashAtStep = disk.steps + step
        isDone = await dropFirst(store, 4).then(() => true, () => false)
        for (let again = chance.below(3); again > 0; again--) {
          disk.restart(chance)
          disk.crashAtStep = disk.steps + 1 + chance.below(30)
          await open(machine).catch(() => null)
        }
        disk.restart(chance)
        const reopened = await open(machine)
        const dropped = reopened.hasAttachment((attachments[0] as { sha256: Uint8Array }).sha256) ? 0 : 4
        if (isDone) assert.equal(dropped, 4)
        outcomes += dropped
        await assertHeld(reopened, dropped)
        for (const [index, { bytes }] of attachments.entries()) assert.equal(isAnywhere(disk, bytes), index >= dropped, `attachment ${index} after step ${step}`)
        await reopened.close()
        assert.deepEqual((await checkStore(DIRECTORY, machine)).problems, [], `step ${step}, seed ${seed}`)
      }
    }
    assert.ok(outcomes > 0)
  })

  it('ends the segment that is being written once that frees enough, at any step of a loss of power', async () => {
    const large = Array.from({ length: 4 }, () => attachmentOf(random.bytes(100_000)))
    const hashes = large.slice(0, 3).map(({ sha256 }) => sha256)
    const sizeOf = (disk: SimulatedDisk): number => disk.paths().filter((path) => path.includes('/attachments/')).reduce((sum, path) => sum + disk.contents(path).length, 0)
    let outcomes = 0
    for (let step = 1, isDone = false; !isDone; step++) {
      const disk = new SimulatedDisk()
      const machine = { disk, rows: createSimulatedRows(disk, createMemoryRows) }
      const store = await createStore({ directory: DIRECTORY, create: true, ...machine })
      await store.commit(blockCommit(0, 'block', { attachments: large }))
      const chance = createSeededRandom(step)
      disk.crashAtStep = disk.steps + step
      isDone = await store.dropOld(1, async () => hashes).then(() => true, () => false)
      disk.restart(chance)
      const reopened = await createStore({ directory: DIRECTORY, create: false, ...machine })
      if (reopened.rowsHeight < 0) await reopened.replay(0, [], null)
      const isDropped = !reopened.hasAttachment(hashes[0] as Uint8Array)
      outcomes += Number(isDropped)
      assert.deepEqual(large.map(({ sha256 }) => reopened.hasAttachment(sha256)), [!isDropped, !isDropped, !isDropped, true], `step ${step}`)
      assert.ok(isDropped || reopened.droppedUpTo === 0, 'what was noted is never ahead of what was done')
      // Asked again, it is done whatever was done before.
      await reopened.dropOld(1, async () => hashes)
      await reopened.dropOld(1, async () => [])
      assert.deepEqual(await reopened.readAttachment((large[3] as { sha256: Uint8Array }).sha256), (large[3] as { bytes: Uint8Array }).bytes)
      for (const { bytes } of large.slice(0, 3)) assert.equal(isAnywhere(disk, bytes), false, `step ${step}`)
      assert.ok(sizeOf(disk) < 101_000, `${sizeOf(disk)} bytes are left`)
      await reopened.commit(blockCommit(1, 'block', { attachments: [attachmentOf(random.bytes(600))] }))
      await reopened.close()
      assert.deepEqual((await checkStore(DIRECTORY, machine)).problems, [], `step ${step}`)
    }
    assert.ok(outcomes > 5)
  })

  it('stores one that is there already only once', async () => {
    const { machine, store } = await makeStore()
    const lengths = (): number => machine.disk.paths().filter((path) => path.includes('attachments')).reduce((sum, path) => sum + machine.disk.contents(path).length, 0)
    const before = lengths()
    await store.commit(blockCommit(4, 'block', { attachments: attachments.slice(0, 6) }))
    assert.equal(lengths(), before)
    await assertHeld(store, 0)
    await store.close()
    assert.deepEqual((await checkStore(DIRECTORY, machine)).problems, [])
  })

  it('counts what was dropped when the index is made anew', async () => {
    const { machine, store } = await makeStore()
    await dropFirst(store, 1)
    await store.clearRows()
    for (let height = 0; height < 4; height++) await store.replay(height, [], null)
    await dropFirst(store, 4)
    assert.ok(machine.disk.paths().includes(`${DIRECTORY}/attachments/000000000000-1.seg`))
    await store.clearRows()
    await assertHeld(store, 4)
    await store.close()
  })
})
