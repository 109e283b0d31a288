import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex, encode, equalBytes, stateRoot } from '@telltale/core'
import type { Verdict } from '@telltale/core'
import { CALLS, admitMessage, createPlainStore, record, recordContent, role, testIdentity, tick } from '@telltale/testing'
import type { PlainStore, TestNetwork } from '@telltale/testing'
import { pendingPosition } from '../src/base-position.ts'
import { decodeBlock, encodeBlock } from '../src/block/block.ts'
import { blockId, encodeHeader } from '../src/block/header.ts'
import type { BlockHeader } from '../src/block/header.ts'
import { refuseBlock } from '../src/execute.ts'
import type { BlockPlan, Execution } from '../src/execute.ts'
import { executeStored, openLedger } from '../src/ledger.ts'
import { createWorld, sendAll } from './world.ts'
import type { World } from './world.ts'

const rowsText = (store: PlainStore): string[] => store.rows().map(([key, value]) => `${bytesToHex(key)} ${bytesToHex(value)}`)
const rootsText = ({ size, logRoot, stateRoot: root, setHash }: Execution): string[] => [String(size), bytesToHex(logRoot), bytesToHex(root), bytesToHex(setHash)]

async function planOf({ ledger }: TestNetwork, transactions: Uint8Array[], change: Partial<BlockPlan> = {}): Promise<BlockPlan> {
  const { position } = ledger
  const checked = transactions.map((bytes) => {
    const read = ledger.read(bytes)
    assert.ok(read.ok)
    return { read: read.value, keys: null }
  })
  return { height: position.height + 1, timeMs: position.timeMs + 1000, finalHeight: position.height, transactions: checked, ...change }
}

async function worldWithStore(): Promise<World & { store: PlainStore }> {
  const store = createPlainStore()
  return { ...(await createWorld({ store })), store }
}

/** A block of some of everything. */
async function someTransactions({ network, device, owner, operator, stream, asset }: World): Promise<Uint8Array[]> {
  const { args } = recordContent(network, device, 'odometer', { epoch: 0 })
  return Promise.all(
    [
      { key: device, call: CALLS.record, sub: 'odometer', args },
      { key: owner, call: CALLS.addStream, sub: asset.id, args: [device.address, 'driving', null] },
      { key: operator, call: CALLS.correction, sub: stream, args: [null, null, 'what', 'text'] },
      await admitMessage(network, testIdentity(400), { roles: [role('owner')] }),
    ].map(network.sign),
  )
}

suite('executing a block', () => {
  test('is pure: the same block on the same parent gives the same, and nothing has changed', async () => {
    const world = await worldWithStore()
    const { network, store } = world
    const { ledger } = network
    const plan = await planOf(network, await someTransactions(world))
    const before = rowsText(store)
    const { position } = ledger
    const [log, tree] = [bytesToHex(encode(position.log.hashes)), bytesToHex(stateRoot(position.stateTree))]
    const first = ledger.execute(position, plan, refuseBlock)
    const second = ledger.execute(position, plan, refuseBlock)
    assert.deepEqual(rootsText(second), rootsText(first))
    assert.deepEqual(second.writes.map(({ value }) => value), first.writes.map(({ value }) => value))
    assert.deepEqual(rowsText(store), before)
    assert.equal(ledger.position, position)
    assert.deepEqual([bytesToHex(encode(position.log.hashes)), bytesToHex(stateRoot(position.stateTree))], [log, tree])
    assert.equal(network.stream(world.device.address, 'odometer')?.count, 0)
  })

  test('its outcome hangs on time, order and content, and on nothing else', async () => {
    const world = await worldWithStore()
    const { ledger } = world.network
    const transactions = await someTransactions(world)
    const roots = async (list: Uint8Array[], change: Partial<BlockPlan> = {}): Promise<string[]> => rootsText(ledger.execute(ledger.position, await planOf(world.network, list, change), refuseBlock))
    const base = await roots(transactions)
    assert.deepEqual(await roots(transactions), base)
    const [, , stateOfReversed] = await roots(transactions.toReversed())
    assert.equal(stateOfReversed, base[2], 'senders do not depend on each other within a block')
    assert.notEqual((await roots(transactions.toReversed()))[1], base[1])
    assert.notEqual((await roots(transactions, { timeMs: ledger.position.timeMs + 2000 }))[2], base[2])
    assert.notEqual((await roots(transactions.slice(1)))[2], base[2])
  })

  test('a proposer drops what fails and keeps the rest; a validator refuses the block', async () => {
    const world = await worldWithStore()
    const { network, buyer, device, asset } = world
    const honest = await someTransactions(world)
    const failing = await network.sign({ key: buyer, call: CALLS.addStream, sub: asset.id, args: [device.address, 'stolen', null] })
    const plan = await planOf(network, [...honest.slice(0, 2), failing, ...honest.slice(2)])
    const verdicts: Verdict[] = []
    const execution = network.ledger.execute(network.ledger.position, plan, (_, verdict) => verdicts.push(verdict))
    assert.deepEqual(verdicts.map(({ code }) => code), ['not-allowed'])
    const without = network.ledger.execute(network.ledger.position, await planOf(network, honest), refuseBlock)
    assert.deepEqual(rootsText(execution), rootsText(without))
    assert.throws(() => network.ledger.execute(network.ledger.position, plan, refuseBlock), { code: 'invalid-transaction' })
  })

  test('on top of a block that is not committed yet: the same as after it', async () => {
    const world = await worldWithStore()
    const { network, device } = world
    const { ledger } = network
    const first = await network.sign({ key: device, call: CALLS.record, sub: 'odometer', args: recordContent(network, device, 'odometer').args })
    const plan = await planOf(network, [first])
    const execution = ledger.execute(ledger.position, plan, refuseBlock)
    let isCommitted = false
    const ahead = pendingPosition(ledger.position, execution, new Uint8Array(32).fill(1), () => ledger.position, () => isCommitted)
    const second = await network.sign({ key: device, call: CALLS.record, sub: 'odometer', ...pick(recordContent(network, device, 'odometer', { sequence: 1, previous: plan.transactions[0]!.read.id })) })
    const next = { ...(await planOf(network, [second])), height: plan.height + 1, timeMs: plan.timeMs + 1000, finalHeight: plan.height }
    const early = ledger.execute(ahead, next, refuseBlock)
    await network.block([first], { timeMs: plan.timeMs })
    isCommitted = true
    const late = ledger.execute(ledger.position, next, refuseBlock)
    assert.deepEqual(rootsText(early), rootsText(late))
    assert.deepEqual(rootsText(ledger.execute(ahead, next, refuseBlock)), rootsText(late))
    assert.ok(ahead.has(plan.transactions[0]!.read.id) && !ahead.has(new Uint8Array(32)))
  })
})

const pick = ({ args, sequence }: ReturnType<typeof recordContent>): { args: ReturnType<typeof recordContent>['args']; sequence: number } => ({ args, sequence })

suite('blocks that are stored', () => {
  /** Executes the last block again on the ledger as it was before it, with its header or body changed. */
  async function again(change: (header: BlockHeader, transactions: Uint8Array[]) => { header?: Partial<BlockHeader>; transactions?: Uint8Array[] }): Promise<() => unknown> {
    const world = await worldWithStore()
    const { network } = world
    await network.block(await someTransactions(world), { isRevertible: true })
    const { height } = network.ledger.position
    const { header, seal, transactions } = decodeBlock((await world.store.readBlock(height)).bytes)
    await network.ledger.revert()
    const changed = change(header, transactions)
    const headerBytes = encodeHeader({ ...header, ...changed.header })
    const block = { height, id: blockId(headerBytes, network.primitives), bytes: encodeBlock(headerBytes, seal, changed.transactions ?? transactions) }
    return () => executeStored(network.ledger, block)
  }

  test('lead to exactly the roots that their header states', async () => {
    assert.ok((await again(() => ({})))())
    const wrong: Partial<BlockHeader>[] = [{ size: 1 }, { logRoot: new Uint8Array(32) }, { stateRoot: new Uint8Array(32) }, { setHash: new Uint8Array(32) }, { bodyHash: new Uint8Array(32) }]
    for (const header of wrong) assert.throws(await again(() => ({ header })), { code: 'root-mismatch' }, Object.keys(header).join())
    assert.throws(await again(({ timeMs }) => ({ header: { timeMs: timeMs + 1 } })), { code: 'root-mismatch' })
    assert.throws(await again((_, transactions) => ({ transactions: transactions.slice(1) })), { code: 'root-mismatch' })
    assert.throws(await again((_, transactions) => ({ transactions: transactions.toReversed() })), { code: 'root-mismatch' })
  })

  test('follow the block before, and hold nothing that fails', async () => {
    assert.throws(await again(({ height }) => ({ header: { height: height + 1 } })), { code: 'previous-hash-mismatch' })
    assert.throws(await again(() => ({ header: { parent: new Uint8Array(32) } })), { code: 'previous-hash-mismatch' })
    assert.throws(await again((_, transactions) => ({ transactions: [...transactions, transactions[0] as Uint8Array] })), { code: 'invalid-transaction' })
    assert.throws(await again((_, transactions) => ({ transactions: [...transactions, new Uint8Array(3)] })), { code: 'invalid-transaction' })
  })
})

suite('replay', () => {
  test('all rows are a function of the blocks', async () => {
    const world = await worldWithStore()
    const { network, store } = world
    await network.block(await someTransactions(world))
    for (let i = 0; i < 5; i++) await record(network, world.device, 'odometer', { epoch: 0 })
    await sendAll(network, [{ key: world.authority, call: CALLS.suspend, sub: world.operator.address, args: ['reason'] }])
    const rows = rowsText(store)
    const { height, log, stateTree } = network.ledger.position
    await store.clearRows()
    const heights: number[] = []
    const reopened = await openLedger({ store, primitives: network.primitives, onReplay: (at, target) => heights.push(at, target) })
    assert.deepEqual(rowsText(store), rows)
    assert.deepEqual(heights, Array.from({ length: height }, (_, i) => [i + 1, height]).flat())
    assert.deepEqual([reopened.position.height, reopened.position.timeMs], [height, network.ledger.position.timeMs])
    assert.ok(equalBytes(reopened.position.id, network.ledger.position.id))
    assert.deepEqual(reopened.position.log, log)
    assert.ok(equalBytes(stateRoot(reopened.position.stateTree), stateRoot(stateTree)))
  })

  test('a ledger that is opened again goes on as if it had never been closed', async () => {
    const world = await worldWithStore()
    const twin = await worldWithStore()
    assert.deepEqual(rowsText(world.store), rowsText(twin.store))
    const reopened = await openLedger({ store: twin.store, primitives: world.network.primitives })
    const transactions = await someTransactions(world)
    const execution = await world.network.block(transactions)
    const again = executeStored(reopened, await world.store.readBlock(execution.height))
    assert.deepEqual(rootsText(again.execution), rootsText(execution))
    await reopened.commit(again.execution, await world.store.readBlock(execution.height), [], true)
    assert.deepEqual(rowsText(twin.store), rowsText(world.store))
  })

  test('rows that do not match the last block are noticed', async () => {
    const world = await worldWithStore()
    const { store, network } = world
    await network.block(await someTransactions(world))
    const rows = store.rows()
    const open = async (change: (list: [Uint8Array, Uint8Array][]) => [Uint8Array, Uint8Array][]): Promise<unknown> => {
      const copy = createPlainStore()
      for (let height = 0; height <= store.height; height++) {
        const block = await store.readBlock(height)
        await copy.commit({ block, attachments: [], rows: height === store.height ? change(rows) : [], undo: null })
      }
      return openLedger({ store: copy, primitives: network.primitives })
    }
    await open((list) => list)
    const stateRow = rows.findIndex(([key]) => key[0] === 0x73)
    const headRow = rows.findIndex(([key]) => key[0] === 0x66 && key.every((byte, i) => i === 0 || byte === 0))
    await assert.rejects(open((list) => list.toSpliced(stateRow, 1)), { code: 'index-damaged' })
    await assert.rejects(open((list) => list.toSpliced(headRow, 1)), { code: 'index-damaged' })
  })

  test('an empty store needs a genesis', async () => {
    const { network } = await worldWithStore()
    await assert.rejects(openLedger({ store: createPlainStore(), primitives: network.primitives }), { code: 'no-genesis' })
    const ledger = await openLedger({ store: createPlainStore(), primitives: network.primitives, genesis: network.genesis })
    assert.ok(equalBytes(ledger.network, network.ledger.network))
    assert.equal(ledger.position.height, 0)
  })
})

suite('revert', () => {
  test('takes back rows, state and log, block by block, and the blocks can come again', async () => {
    const world = await worldWithStore()
    const { network, store, device } = world
    const { ledger } = network
    const snapshots: [string[], string[]][] = []
    const snapshot = (): [string[], string[]] => [rowsText(store), [String(ledger.position.height), bytesToHex(ledger.position.id), String(ledger.position.timeMs), bytesToHex(stateRoot(ledger.position.stateTree)), bytesToHex(encode(ledger.position.log.hashes))]]
    const blocks: Uint8Array[][] = []
    const recording = async (): Promise<Uint8Array[]> => [await network.sign({ key: device, call: CALLS.record, sub: 'odometer', args: recordContent(network, device, 'odometer').args })]
    for (const transactions of [() => someTransactions(world), recording, recording]) {
      snapshots.push(snapshot())
      const list = await transactions()
      blocks.push(list)
      await network.block(list, { isRevertible: true })
    }
    const end = snapshot()
    for (const expected of snapshots.toReversed()) {
      await ledger.revert()
      assert.deepEqual(snapshot(), expected)
    }
    await assert.rejects(ledger.revert(), { code: 'cannot-revert' })
    for (const list of blocks) await network.block(list, { isRevertible: true })
    assert.deepEqual(snapshot(), end)
  })

  test('what was taken back is not remembered anywhere: another block can stand there', async () => {
    const world = await worldWithStore()
    const { network, device } = world
    await network.block(await someTransactions(world), { isRevertible: true })
    await network.ledger.revert()
    const before = network.stream(device.address, 'driving')
    assert.equal(before, null)
    await tick(network)
    await record(network, device, 'odometer', { epoch: 1 })
    assert.equal(network.stream(device.address, 'odometer')?.epoch, 1)
  })

  test('a final block cannot be taken back', async () => {
    const world = await worldWithStore()
    await tick(world.network)
    await assert.rejects(world.network.ledger.revert(), { code: 'cannot-revert' })
    await tick(world.network)
  })
})
