import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EMPTY_STATE, SimulatedDisk, assertRecovered, blockCommit, createSeededRandom, createSimulatedRows, createStoreScript } from '@telltale/testing'
import type { ScriptedState, StoreScript } from '@telltale/testing'
import type { RowsHome } from '../src/rows.ts'
import { createStore } from '../src/create-store.ts'
import { createMemoryRows } from '../src/memory-rows.ts'
import type { DiskStore } from '../src/store.ts'

const DIRECTORY = '/data/store'

interface Machine {
  disk: SimulatedDisk
  rows: RowsHome
}

function createMachine(): Machine {
  const disk = new SimulatedDisk()
  return { disk, rows: createSimulatedRows(disk, createMemoryRows) }
}

function open({ disk, rows }: Machine, create = false): Promise<DiskStore> {
  return createStore({ directory: DIRECTORY, create, disk, rows, segmentBytesMax: 2_000, rowsBufferBytes: 1_500 })
}

interface Progress {
  before: ScriptedState
  after: ScriptedState
  error: unknown
}

/** Makes a store and runs the calls until one fails. */
async function runScript(machine: Machine, script: StoreScript): Promise<Progress> {
  const progress: Progress = { before: EMPTY_STATE, after: EMPTY_STATE, error: null }
  try {
    const store = await open(machine, true)
    for (const call of script.calls) {
      progress.after = call.after
      await call.run(store)
      progress.before = call.after
    }
    await store.close()
  } catch (error) {
    progress.error = error
  }
  return progress
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? String(error)
}

async function stepsOf(script: StoreScript): Promise<number> {
  const machine = createMachine()
  const { error } = await runScript(machine, script)
  assert.equal(error, null)
  return machine.disk.steps
}

describe('loss of power', () => {
  const script = createStoreScript(createSeededRandom(7), 40)

  it('at any step leaves everything that was acknowledged, and nothing half done', async () => {
    const steps = await stepsOf(script)
    assert.ok(steps > 120, `${steps} steps`)
    for (let step = 1; step <= steps; step++) {
      const random = createSeededRandom(step)
      const machine = createMachine()
      machine.disk.crashAtStep = step
      const { before, after, error } = await runScript(machine, script)
      assert.notEqual(error, null, `step ${step} stops the script`)
      // Now and then the power fails again while the store recovers.
      for (let again = 0; again < 3; again++) {
        machine.disk.restart(random)
        if (random.chance(0.6)) machine.disk.crashAtStep = machine.disk.steps + 1 + random.below(12)
        const store = await open(machine, true).catch(() => null)
        await store?.close().catch(() => undefined)
      }
      machine.disk.restart(random)
      const store = await open(machine, true).catch((cause: unknown) => assert.fail(`step ${step} of ${steps}: ${String(cause)}`))
      await assertRecovered(store, script, before, after, { isSideDurable: false }).catch((cause: unknown) => assert.fail(`step ${step} of ${steps}: ${String(cause)}`))
      await store.commit(blockCommit(store.height + 1, 'next'))
      await store.close()
      const reopened = await open(machine)
      assert.deepEqual(await reopened.readBlock(reopened.height), blockCommit(reopened.height, 'next').block)
      await reopened.close()
    }
  })

  it('loses no statement when the process alone ends', async () => {
    const machine = createMachine()
    const store = await open(machine, true)
    for (const call of script.calls) await call.run(store)
    machine.disk.kill()
    const reopened = await open(machine)
    const last = script.calls.at(-1)?.after as ScriptedState
    await assertRecovered(reopened, script, last, last, { isSideDurable: true })
    await reopened.close()
  })
})

describe('a step that fails once', () => {
  const script = createStoreScript(createSeededRandom(11), 30)
  const expected: Record<string, string> = { ENOSPC: 'disk-full', EIO: 'disk-failed', EROFS: 'directory-read-only' }

  for (const [number, code] of Object.entries(expected)) {
    it(`${number}: is told, stops the store, and costs nothing that was acknowledged`, async () => {
      const steps = await stepsOf(script)
      let stopped = 0
      for (let step = 1; step <= steps; step++) {
        const machine = createMachine()
        machine.disk.failAtStep = { step, code: number }
        const { before, after, error } = await runScript(machine, script)
        if (error === null) continue
        stopped += 1
        assert.equal(codeOf(error), code, `step ${step}`)
        // The old store holds the lock still, as in a process that goes on.
        machine.disk.kill()
        const store = await open(machine, true)
        await assertRecovered(store, script, before, after, { isSideDurable: false }).catch((cause: unknown) => assert.fail(`step ${step}: ${String(cause)}`))
        const { height } = store
        machine.disk.restart(createSeededRandom(step))
        const later = await open(machine)
        assert.equal(later.height, height, `step ${step}: what was seen after the failure is durable`)
        await assertRecovered(later, script, before, after, { isSideDurable: false })
        await later.close()
      }
      assert.ok(stopped > steps * 0.9, `${stopped} of ${steps} steps stop the store`)
    })
  }

  it('leaves a store that refuses everything until it is opened again', async () => {
    const machine = createMachine()
    const store = await open(machine, true)
    await store.commit(blockCommit(0))
    machine.disk.failAtStep = { step: machine.disk.steps + 2, code: 'EIO' }
    await assert.rejects(store.commit(blockCommit(1)), { code: 'disk-failed' })
    await assert.rejects(store.commit(blockCommit(1)), { code: 'store-failed' })
    await assert.rejects(store.readBlock(0), { code: 'store-failed' })
    await assert.rejects(store.keep('refusal', Uint8Array.of(1)), { code: 'store-failed' })
    assert.throws(() => store.get(Uint8Array.of(1)), { code: 'store-failed' })
    await store.close()
    const reopened = await open(machine)
    assert.deepEqual(await reopened.readBlock(0), blockCommit(0).block)
    await reopened.close()
  })
})
