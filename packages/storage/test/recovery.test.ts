import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encode } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { SimulatedDisk, attachmentOf, blockCommit, createSimulatedRows, hashOf, row, rowsOf, textBytes } from '@telltale/testing'
import { checkStore } from '../src/check.ts'
import { createStore } from '../src/create-store.ts'
import { heightKey, readLogsRow, readRowsHeight } from '../src/log-index.ts'
import { createMemoryRows } from '../src/memory-rows.ts'
import { ROWS } from '../src/rows.ts'
import type { RowsHome } from '../src/rows.ts'
import type { LogEnd } from '../src/segment-log.ts'
import type { DiskStore } from '../src/store.ts'

const DIRECTORY = '/data/store'
const BLOCKS = `${DIRECTORY}/blocks/000000000000.seg`
const ATTACHMENTS = `${DIRECTORY}/attachments/000000000000.seg`
const SIDE = `${DIRECTORY}/side/000000000000.seg`
const SIGNED = { sealedHeight: 2, sealedId: hashOf(textBytes('id')), size: 3, logRoot: hashOf(textBytes('root')), issuedAtSeconds: 5 }

interface Machine {
  disk: SimulatedDisk
  rows: RowsHome
  notices: string[]
}

/** A store of three blocks whose process was killed; `finish` runs before that. */
async function makeKilled(finish: (store: DiskStore) => Promise<void> = async () => undefined): Promise<Machine> {
  const disk = new SimulatedDisk()
  const machine: Machine = { disk, rows: createSimulatedRows(disk, createMemoryRows), notices: [] }
  const store = await open(machine)
  for (let height = 0; height < 3; height++) {
    const attachments = [attachmentOf(textBytes(`attachment ${height}`))]
    await store.commit(blockCommit(height, 'block', { rows: [row('height', String(height))], attachments, undo: [row('height', height === 0 ? null : String(height - 1))] }))
  }
  await finish(store)
  disk.kill()
  return machine
}

function open({ disk, rows, notices }: Machine): Promise<DiskStore> {
  return createStore({ directory: DIRECTORY, create: true, disk, rows, onNotice: ({ code }) => notices.push(code) })
}

/** What a loss of power does at worst to rows that were not synced. */
async function forgetRows({ rows }: Machine): Promise<void> {
  await rows.remove(`${DIRECTORY}/rows`)
}

function flipLast(disk: SimulatedDisk, path: string): void {
  disk.damage(path, (bytes) => bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)))
}

function cut(disk: SimulatedDisk, path: string, count: number): void {
  disk.damage(path, (bytes) => bytes.slice(0, -count))
}

async function assertHeight(machine: Machine, height: number): Promise<void> {
  const store = await open(machine)
  assert.equal(store.height, height)
  assert.equal(store.hasAttachment(hashOf(textBytes(`attachment ${height}`))), true)
  assert.equal(store.hasAttachment(hashOf(textBytes(`attachment ${height + 1}`))), false)
  for (let at = store.rowsHeight + 1; at <= height; at++) await store.replay(at, [row('height', String(at))], null)
  await store.commit(blockCommit(height + 1))
  await store.close()
}

describe('a torn last block', () => {
  it('is cut off, and said, if nothing shows that it was acknowledged', async () => {
    for (const path of [BLOCKS, ATTACHMENTS]) {
      for (const damage of [flipLast, (disk: SimulatedDisk) => cut(disk, path, 1), (disk: SimulatedDisk) => cut(disk, path, 45)]) {
        const machine = await makeKilled()
        await forgetRows(machine)
        damage(machine.disk, path)
        await assertHeight(machine, 1)
        assert.ok(machine.notices.includes('torn-tail-cut'), path)
      }
    }
  })

  it('is damage if the index, a statement or the signed state shows that it was acknowledged', async () => {
    const witnesses: Record<string, { finish: (store: DiskStore) => Promise<void>; keepsRows: boolean }> = {
      index: { finish: (store) => store.close(), keepsRows: true },
      statement: { finish: (store) => store.keep('cosignature', textBytes('c')), keepsRows: false },
      signed: { finish: (store) => store.writeSigned(SIGNED), keepsRows: false },
    }
    for (const [name, { finish, keepsRows }] of Object.entries(witnesses)) {
      for (const path of [BLOCKS, ATTACHMENTS]) {
        for (const damage of [(disk: SimulatedDisk) => cut(disk, path, 1), (disk: SimulatedDisk) => cut(disk, path, path === BLOCKS ? 95 : 96)]) {
          const machine = await makeKilled(finish)
          if (!keepsRows) await forgetRows(machine)
          damage(machine.disk)
          await assert.rejects(open(machine), { code: 'segment-damaged' }, `${name}, ${path}`)
          const { problems } = await checkStore(DIRECTORY, machine)
          assert.ok(problems.some(({ code }) => code === 'segment-damaged'), `${name}, ${path}`)
        }
      }
    }
  })

  it('is damage if a later block shows it', async () => {
    const machine = await makeKilled()
    await forgetRows(machine)
    const middle = Buffer.from(machine.disk.contents(BLOCKS)).indexOf('block 1')
    machine.disk.damage(BLOCKS, (bytes) => bytes.map((byte, at) => (at === middle ? byte ^ 1 : byte)))
    await assert.rejects(open(machine), { code: 'segment-damaged', message: /frame 2/ })
  })

  it('is told apart by the check', async () => {
    const machine = await makeKilled()
    await forgetRows(machine)
    cut(machine.disk, BLOCKS, 1)
    const { problems } = await checkStore(DIRECTORY, machine)
    assert.ok(problems.length > 0 && problems.every(({ code }) => code === 'torn-tail'), JSON.stringify(problems))
  })
})

/** Puts another block in the place of the last with rows of its own, as if those on the disk had not been synced. */
async function revertBehindRows(machine: Machine): Promise<void> {
  const rows = createSimulatedRows(machine.disk, createMemoryRows)
  const store = await open({ ...machine, rows, notices: [] })
  for (let height = 0; height < 3; height++) await store.replay(height, [], height === 2 ? [] : null)
  await store.revert()
  await store.commit(blockCommit(2, 'other'))
  machine.disk.kill()
}

describe('segments that are missing', () => {
  it('are damage, never an empty store', async () => {
    for (const path of [BLOCKS, ATTACHMENTS]) {
      const machine = await makeKilled((store) => store.close())
      await machine.disk.remove(path)
      await assert.rejects(open(machine), { code: 'segment-damaged' })
    }
  })
})

describe('rows', () => {
  it('that are gone are replayed from the blocks', async () => {
    const machine = await makeKilled()
    await forgetRows(machine)
    const store = await open(machine)
    assert.deepEqual([store.height, store.rowsHeight, await rowsOf(store)], [2, -1, []])
    assert.equal(store.hasAttachment(hashOf(textBytes('attachment 1'))), true)
    for (let height = 0; height < 3; height++) await store.replay(height, [row('height', String(height))], null)
    assert.deepEqual(await rowsOf(store), ['height=2'])
    await store.close()
  })

  it('of a block that was reverted before the power failed are undone', async () => {
    const machine = await makeKilled(async (store) => {
      await store.close()
    })
    const path = `${DIRECTORY}/rows`
    const store = await open(machine)
    // Rows as they were before the revert: what a loss of power leaves of rows that were not synced.
    const before = await machine.rows.open(path, () => undefined)
    await store.revert()
    await store.commit(blockCommit(2, 'other', { rows: [row('other', 'x')], undo: [row('other', null)] }))
    machine.disk.kill()
    const restored: RowsHome = { open: async () => before, remove: machine.rows.remove }
    const reopened = await open({ ...machine, rows: restored })
    assert.deepEqual([reopened.height, reopened.rowsHeight, await rowsOf(reopened)], [2, 1, ['height=1']])
    await reopened.replay(2, [row('other', 'x')], [row('other', null)])
    await reopened.revert()
    assert.deepEqual(await rowsOf(reopened), ['height=1'])
  })

  it('that cannot be undone are cleared', async () => {
    const machine = await makeKilled((store) => store.close())
    const held = await machine.rows.open(`${DIRECTORY}/rows`, () => undefined)
    const batch = held.batch()
    batch.remove(ROWS.undo, heightKey(2))
    await batch.write()
    const copy = await machine.rows.open(`${DIRECTORY}/rows`, () => undefined)
    await revertBehindRows(machine)
    let opened = 0
    const reopened = await open({ ...machine, rows: { open: async () => (opened++ === 0 ? copy : createMemoryRows()), remove: async () => undefined } })
    assert.deepEqual([reopened.height, reopened.rowsHeight, machine.notices], [2, -1, ['rows-cleared']])
  })

  it('of an older layout are cleared, and no damage', async () => {
    const machine = await makeKilled((store) => store.close())
    const rows = await machine.rows.open(`${DIRECTORY}/rows`, () => undefined)
    const current = readLogsRow(rows)
    assert.ok(current !== null && readRowsHeight(rows) === 2)
    const batch = rows.batch()
    const end = ({ segment, offset, sequence }: LogEnd): Cbor => [segment, offset, sequence]
    const last = [current.lastFrame!.segment, current.lastFrame!.offset, current.lastFrame!.digest]
    batch.put(ROWS.meta, textBytes('logs'), encode([end(current.blocks), end(current.attachments), end(current.side), current.height + 1, current.attachmentFrames, current.signedSequence, last]))
    batch.put(ROWS.meta, textBytes('rows'), encode(3))
    await batch.write({ isSynced: true })
    assert.deepEqual((await checkStore(DIRECTORY, machine)).problems, [])
    const store = await open(machine)
    assert.deepEqual([store.height, store.rowsHeight, await rowsOf(store), machine.notices], [2, -1, [], ['rows-cleared']])
    await store.close()
  })

  it('of another store are cleared', async () => {
    const machine = await makeKilled((store) => store.close())
    const other = await makeKilled(async (store) => {
      await store.commit(blockCommit(3, 'foreign', { rows: [row('foreign', 'x')] }))
      await store.close()
    })
    const { disk } = machine
    const store = await open(machine)
    await store.commit(blockCommit(3, 'own'))
    disk.kill()
    const reopened = await open({ ...machine, rows: { open: (path, say) => (machine.notices.includes('rows-cleared') ? createSimulatedRows(disk, createMemoryRows) : other.rows).open(path, say), remove: other.rows.remove } })
    assert.deepEqual([reopened.height, reopened.rowsHeight, machine.notices], [3, -1, ['rows-cleared']])
    assert.equal(reopened.get(textBytes('foreign')), null)
    await reopened.close()
  })
})

describe('statements beside the log', () => {
  it('lose a torn tail, and say so', async () => {
    const machine = await makeKilled(async (store) => {
      await store.keep('cosignature', textBytes('first'))
      await store.keep('cosignature', textBytes('second'))
    })
    cut(machine.disk, SIDE, 3)
    const store = await open(machine)
    const kept: string[] = []
    for await (const bytes of store.kept('cosignature')) kept.push(new TextDecoder().decode(bytes))
    assert.deepEqual([kept, machine.notices], [['first'], ['torn-tail-cut']])
    await store.close()
  })

  it('are damaged where the start of their segment is', async () => {
    const machine = await makeKilled((store) => store.keep('cosignature', textBytes('first')))
    machine.disk.damage(SIDE, (bytes) => bytes.map((byte, at) => (at === 50 ? byte ^ 1 : byte)))
    await forgetRows(machine)
    await assert.rejects(open(machine), { code: 'segment-damaged', message: /side/ })
  })

  it('lose what is torn between others, and say so', async () => {
    const machine = await makeKilled(async (store) => {
      for (const text of ['first', 'second', 'third']) await store.keep('cosignature', textBytes(text))
    })
    const at = Buffer.from(machine.disk.contents(SIDE)).indexOf('second')
    machine.disk.damage(SIDE, (bytes) => bytes.map((byte, offset) => (offset === at ? 0 : byte)))
    for (const expected of [['statements-lost'], []]) {
      machine.notices.length = 0
      const store = await open(machine)
      const kept: string[] = []
      for await (const bytes of store.kept('cosignature')) kept.push(new TextDecoder().decode(bytes))
      assert.deepEqual([kept, machine.notices], [['first', 'third'], expected])
      await store.keep('cosignature', textBytes('fourth'))
      await store.close()
      assert.deepEqual((await checkStore(DIRECTORY, machine)).problems, [])
      machine.disk.damage(SIDE, (bytes) => bytes.slice(0, Buffer.from(bytes).indexOf('fourth') - 50))
      await forgetRows(machine)
    }
  })
})
