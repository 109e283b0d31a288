import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SimulatedDisk, blockCommit, createSimulatedRows, hashOf, textBytes } from '@telltale/testing'
import type { SignedState } from '@telltale/ledger'
import { createStore } from '../src/create-store.ts'
import { SIGNED_SLOT_BYTES } from '../src/limits.ts'
import { createMemoryRows } from '../src/memory-rows.ts'
import type { RowsHome } from '../src/rows.ts'
import type { DiskStore } from '../src/store.ts'

const DIRECTORY = '/data/store'
const SIGNED = `${DIRECTORY}/signed`

function state(size: number): SignedState {
  return { sealedHeight: 0, sealedId: hashOf(textBytes('id')), size, logRoot: hashOf(textBytes(`root ${size}`)), issuedAtSeconds: 100 + size }
}

interface Machine {
  disk: SimulatedDisk
  rows: RowsHome
}

function createMachine(): Machine {
  const disk = new SimulatedDisk()
  return { disk, rows: createSimulatedRows(disk, createMemoryRows) }
}

function open(machine: Machine): Promise<DiskStore> {
  return createStore({ directory: DIRECTORY, create: true, ...machine })
}

function spoil(disk: SimulatedDisk, ...slots: number[]): void {
  disk.damage(SIGNED, (bytes) => bytes.map((byte, at) => (slots.some((slot) => at === slot * SIGNED_SLOT_BYTES + 40) ? byte ^ 0xff : byte)))
}

function newestSlot(disk: SimulatedDisk, size: number): number {
  const at = Buffer.from(disk.contents(SIGNED)).indexOf(state(size).logRoot)
  assert.ok(at > 0)
  return at < SIGNED_SLOT_BYTES ? 0 : 1
}

describe('what was signed', () => {
  it('survives either slot at rest, and refuses to open without both', async () => {
    for (const [slots, isReadable] of [[[], true], [[0], true], [[1], true], [[0, 1], false]] as const) {
      const machine = createMachine()
      const store = await open(machine)
      await store.commit(blockCommit(0))
      for (let size = 1; size <= 4; size++) await store.writeSigned(state(size))
      await store.close()
      spoil(machine.disk, ...slots)
      if (!isReadable) {
        await assert.rejects(open(machine), { code: 'signed-state-damaged' })
        continue
      }
      const reopened = await open(machine)
      assert.deepEqual(reopened.signed, state(4))
      await reopened.close()
    }
  })

  it('is the older after a torn write, and the newer after a whole one', async () => {
    for (const [sectors, expected] of [[0, 2], [8, 3]] as const) {
      const machine = createMachine()
      const store = await open(machine)
      await store.writeSigned(state(1))
      await store.writeSigned(state(2))
      const before = machine.disk.contents(SIGNED)
      await store.writeSigned(state(3))
      machine.disk.kill()
      // Of the slot's eight sectors so many reached the disk.
      machine.disk.damage(SIGNED, (after) => after.map((byte, at) => (at % SIGNED_SLOT_BYTES < sectors * 512 ? byte : (before[at] as number))))
      const reopened = await open(machine)
      assert.deepEqual(reopened.signed, state(expected))
      await reopened.close()
    }
  })

  it('falls back by one write and no further when the newest slot is lost', async () => {
    for (const last of [3, 4]) {
      const machine = createMachine()
      const store = await open(machine)
      for (let size = 1; size <= last; size++) await store.writeSigned(state(size))
      machine.disk.kill()
      spoil(machine.disk, newestSlot(machine.disk, last))
      const reopened = await open(machine)
      assert.deepEqual(reopened.signed, state(last - 1))
      await reopened.close()
    }
  })

  it('is never the older without a word once a block or a statement was written after it', async () => {
    const later: ((store: DiskStore) => Promise<void>)[] = [(store) => store.commit(blockCommit(1)), (store) => store.keep('cosignature', textBytes('c'))]
    for (const write of later) {
      const machine = createMachine()
      const store = await open(machine)
      await store.commit(blockCommit(0))
      await store.writeSigned(state(1))
      await store.writeSigned(state(2))
      await write(store)
      machine.disk.kill()
      spoil(machine.disk, newestSlot(machine.disk, 2))
      await assert.rejects(open(machine), { code: 'signed-state-damaged', message: /2 times/ })
    }
  })

  it('is not lost with the file', async () => {
    const machine = createMachine()
    const store = await open(machine)
    await store.writeSigned(state(1))
    await store.close()
    await machine.disk.remove(SIGNED)
    await assert.rejects(open(machine), { code: 'signed-state-damaged' })
  })
})
