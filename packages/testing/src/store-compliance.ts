import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { RowChange, SignedState, Store, StoreCommit } from '@telltale/ledger'
import { createSeededRandom } from './seeded-random.ts'
import type { SeededRandom } from './seeded-random.ts'

/** A way to make an empty store, and, where it lives on, to close it and open it again. */
export interface StoreFactory {
  create(): Promise<Store>
  /** Closes the store and opens what it left; missing where a store dies when it is closed. */
  reopen?(store: Store): Promise<Store>
}

/** Every promise of `Store`, for every implementation: call it at the top of a test file. */
export function storeCompliance(name: string, factory: StoreFactory): void {
  const withStore = (title: string, run: (store: Store) => Promise<void>): void => {
    it(title, async () => {
      const store = await factory.create()
      try {
        await run(store)
      } finally {
        await store.close()
      }
    })
  }
  describe(`store compliance: ${name}`, () => {
    testBlocks(withStore)
    testRows(withStore)
    testReverts(withStore)
    testReplay(withStore)
    testAttachments(withStore)
    testSide(withStore)
    testClosed(factory)
    const { reopen } = factory
    if (reopen !== undefined) testReopened({ ...factory, reopen })
  })
}

type WithStore = (title: string, run: (store: Store) => Promise<void>) => void

const encoder = new TextEncoder()

export function textBytes(text: string): Uint8Array {
  return encoder.encode(text)
}

export function hashOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

export function attachmentOf(bytes: Uint8Array): { sha256: Uint8Array; bytes: Uint8Array } {
  return { sha256: hashOf(bytes), bytes }
}

/** A block with contents that say its height and name, and no rows. */
export function blockCommit(height: number, name = 'block', parts: Partial<StoreCommit> = {}): StoreCommit {
  const bytes = textBytes(`${name} ${height}`)
  return { block: { height, id: hashOf(bytes), bytes }, attachments: [], rows: [], undo: null, ...parts }
}

export async function rowsOf(store: Store, prefix = '', from?: string): Promise<string[]> {
  const rows: string[] = []
  for await (const [key, value] of store.scan(textBytes(prefix), from === undefined ? undefined : textBytes(from))) rows.push(`${decode(key)}=${decode(value)}`)
  return rows
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

export function row(key: string, value: string | null): RowChange {
  return [textBytes(key), value === null ? null : textBytes(value)]
}

function get(store: Store, key: string): string | null {
  const value = store.get(textBytes(key))
  return value === null ? null : decode(value)
}

function coded(code: string): { code: string } {
  return { code }
}

function testBlocks(withStore: WithStore): void {
  withStore('is empty at first', async (store) => {
    assert.deepEqual([store.height, store.rowsHeight, store.signed], [-1, -1, null])
    assert.equal(store.get(textBytes('a')), null)
    assert.deepEqual(await rowsOf(store), [])
    await assert.rejects(store.readBlock(0), coded('no-such-block'))
    assert.equal(store.hasAttachment(hashOf(textBytes('a'))), false)
  })

  withStore('gives a committed block back', async (store) => {
    const first = blockCommit(0)
    const second = blockCommit(1)
    await store.commit(first)
    await store.commit(second)
    assert.deepEqual([store.height, store.rowsHeight], [1, 1])
    assert.deepEqual(await store.readBlock(0), first.block)
    assert.deepEqual(await store.readBlock(1), second.block)
    for (const height of [2, -1, 0.5, Number.NaN]) await assert.rejects(store.readBlock(height), coded('no-such-block'))
  })

  withStore('keeps blocks of no bytes and of many', async (store) => {
    const random = createSeededRandom(1)
    for (const [height, length] of [0, 1, 100_000, 3_000_000].entries()) {
      const bytes = random.bytes(length)
      await store.commit({ block: { height, id: hashOf(bytes), bytes }, attachments: [], rows: [], undo: null })
      assert.deepEqual((await store.readBlock(height)).bytes, bytes)
    }
  })

  withStore('refuses a block of another height and changes nothing', async (store) => {
    await store.commit(blockCommit(0, 'block', { rows: [row('a', '1')] }))
    for (const height of [0, 2, -1]) {
      const parts = { rows: [row('a', '2')], attachments: [attachmentOf(textBytes('x'))] }
      await assert.rejects(store.commit(blockCommit(height, 'wrong', parts)), coded('wrong-height'))
    }
    assert.deepEqual([store.height, get(store, 'a'), store.hasAttachment(hashOf(textBytes('x')))], [0, '1', false])
    await store.commit(blockCommit(1))
    assert.equal(store.height, 1)
  })
}

function testRows(withStore: WithStore): void {
  withStore('puts, overwrites and deletes rows', async (store) => {
    await store.commit(blockCommit(0, 'block', { rows: [row('a', '1'), row('b', '2'), row('c', '')] }))
    assert.deepEqual([get(store, 'a'), get(store, 'b'), get(store, 'c'), get(store, 'd')], ['1', '2', '', null])
    await store.commit(blockCommit(1, 'block', { rows: [row('a', '3'), row('b', null), row('missing', null)] }))
    assert.deepEqual([get(store, 'a'), get(store, 'b'), get(store, 'c')], ['3', null, ''])
    assert.deepEqual(await rowsOf(store), ['a=3', 'c='])
  })

  withStore('takes the last of several changes of one key', async (store) => {
    await store.commit(blockCommit(0, 'block', { rows: [row('a', '1'), row('a', '2'), row('b', '1'), row('b', null)] }))
    assert.deepEqual(await rowsOf(store), ['a=2'])
  })

  withStore('scans a prefix in bytewise order, from a key on', async (store) => {
    await store.commit(blockCommit(0, 'block', { rows: ['b', 'ab', 'a', 'aa', '', 'ac', 'aba', 'z'].map((key) => row(key, 'v')) }))
    assert.deepEqual(await rowsOf(store), ['=v', 'a=v', 'aa=v', 'ab=v', 'aba=v', 'ac=v', 'b=v', 'z=v'])
    assert.deepEqual(await rowsOf(store, 'a'), ['a=v', 'aa=v', 'ab=v', 'aba=v', 'ac=v'])
    assert.deepEqual(await rowsOf(store, 'a', 'ab'), ['ab=v', 'aba=v', 'ac=v'])
    assert.deepEqual(await rowsOf(store, 'a', 'abb'), ['ac=v'])
    assert.deepEqual(await rowsOf(store, 'b', 'a'), ['b=v'])
    assert.deepEqual(await rowsOf(store, 'a', 'b'), [])
    assert.deepEqual(await rowsOf(store, 'y'), [])
  })

  withStore('scans prefixes of high bytes', async (store) => {
    const keys = [[0xff], [0xff, 0xff], [0xff, 0xff, 0], [0xfe, 0xff], [0xfe]].map((key) => Uint8Array.from(key))
    await store.commit(blockCommit(0, 'block', { rows: keys.map((key): RowChange => [key, Uint8Array.of(1)]) }))
    const found: number[][] = []
    for await (const [key] of store.scan(Uint8Array.of(0xff, 0xff))) found.push([...key])
    assert.deepEqual(found, [[0xff, 0xff], [0xff, 0xff, 0]])
  })

  withStore('scans a state that a later block does not change', async (store) => {
    const rows = Array.from({ length: 1500 }, (_, index) => row(`k${String(index).padStart(4, '0')}`, 'old'))
    await store.commit(blockCommit(0, 'block', { rows }))
    const values: string[] = []
    let isCommitted = false
    for await (const [, value] of store.scan(textBytes('k'))) {
      values.push(decode(value))
      if (!isCommitted) await store.commit(blockCommit(1, 'block', { rows: rows.map(([key]): RowChange => [key, textBytes('new')]) }))
      isCommitted = true
    }
    assert.deepEqual([values.length, new Set(values)], [1500, new Set(['old'])])
  })

  withStore('hands out rows that nobody else holds', async (store) => {
    const [key, value] = [textBytes('a'), textBytes('1')]
    await store.commit(blockCommit(0, 'block', { rows: [[key, value]] }))
    value[0] = 0
    store.get(key)?.fill(0)
    for await (const [scanned, held] of store.scan(new Uint8Array(0))) {
      scanned.fill(0)
      held.fill(0)
    }
    assert.equal(get(store, 'a'), '1')
  })
}

function testReverts(withStore: WithStore): void {
  withStore('takes blocks back, the last first', async (store) => {
    await store.commit(blockCommit(0, 'block', { rows: [row('a', '0'), row('b', '0')] }))
    await store.commit(blockCommit(1, 'block', { rows: [row('a', '1'), row('c', '1')], undo: [row('a', '0'), row('c', null)] }))
    await store.commit(blockCommit(2, 'block', { rows: [row('a', '2'), row('b', null)], undo: [row('a', '1'), row('b', '0')] }))
    await store.revert()
    assert.deepEqual([store.height, store.rowsHeight, ...(await rowsOf(store))], [1, 1, 'a=1', 'b=0', 'c=1'])
    await assert.rejects(store.readBlock(2), coded('no-such-block'))
    await store.revert()
    assert.deepEqual([store.height, ...(await rowsOf(store))], [0, 'a=0', 'b=0'])
    const other = blockCommit(1, 'other', { rows: [row('d', '1')], undo: [row('d', null)] })
    await store.commit(other)
    assert.deepEqual(await store.readBlock(1), other.block)
    assert.deepEqual(await rowsOf(store), ['a=0', 'b=0', 'd=1'])
  })

  withStore('takes no final block back, nor any before it', async (store) => {
    await assert.rejects(store.revert(), coded('cannot-revert'))
    await store.commit(blockCommit(0, 'block', { rows: [row('a', '0')], undo: [row('a', null)] }))
    await store.commit(blockCommit(1, 'block', { rows: [row('a', '1')] }))
    await assert.rejects(store.revert(), coded('cannot-revert'))
    assert.deepEqual([store.height, get(store, 'a')], [1, '1'])
    await store.commit(blockCommit(2, 'block', { rows: [row('a', '2')], undo: [row('a', '1')] }))
    await store.revert()
    await assert.rejects(store.revert(), coded('cannot-revert'))
    assert.deepEqual([store.height, get(store, 'a')], [1, '1'])
  })
}

function testReplay(withStore: WithStore): void {
  withStore('forgets its rows and takes them again', async (store) => {
    await store.commit(blockCommit(0, 'block', { rows: [row('a', '0')] }))
    await store.commit(blockCommit(1, 'block', { rows: [row('b', '1')], attachments: [attachmentOf(textBytes('x'))], undo: [row('b', null)] }))
    await store.clearRows()
    assert.deepEqual([store.height, store.rowsHeight, ...(await rowsOf(store))], [1, -1])
    assert.deepEqual(await store.readBlock(1), blockCommit(1).block)
    assert.equal(store.hasAttachment(hashOf(textBytes('x'))), true)
    await assert.rejects(store.commit(blockCommit(2)), coded('rows-behind'))
    await assert.rejects(store.replay(1, [], null), coded('wrong-height'))
    await store.replay(0, [row('a', '0')], null)
    await store.replay(1, [row('b', '1')], [row('b', null)])
    assert.deepEqual([store.rowsHeight, ...(await rowsOf(store))], [1, 'a=0', 'b=1'])
    await assert.rejects(store.replay(2, [], null), coded('no-such-block'))
    await store.revert()
    assert.deepEqual([store.height, ...(await rowsOf(store))], [0, 'a=0'])
  })
}

function testAttachments(withStore: WithStore): void {
  withStore('keeps attachments until they are dropped', async (store) => {
    const [first, second, empty] = [attachmentOf(textBytes('first')), attachmentOf(textBytes('second')), attachmentOf(new Uint8Array(0))]
    await store.commit(blockCommit(0, 'block', { attachments: [first, second, first, empty] }))
    assert.deepEqual(await store.readAttachment(first.sha256), first.bytes)
    assert.deepEqual(await store.readAttachment(empty.sha256), empty.bytes)
    await Promise.all([store.dropAttachment(first.sha256), store.dropAttachment(empty.sha256), store.dropAttachment(hashOf(textBytes('unknown')))])
    assert.deepEqual([store.hasAttachment(first.sha256), await store.readAttachment(first.sha256), await store.readAttachment(empty.sha256)], [false, null, null])
    assert.deepEqual(await store.readAttachment(second.sha256), second.bytes)
    await store.dropAttachment(first.sha256)
    await store.commit(blockCommit(1, 'block', { attachments: [first] }))
    assert.deepEqual(await store.readAttachment(first.sha256), first.bytes)
  })

  withStore('drops what is chosen in view of the last block, and remembers up to where', async (store) => {
    const [old, young] = [attachmentOf(textBytes('old')), attachmentOf(textBytes('young'))]
    await store.commit(blockCommit(0, 'block', { attachments: [old] }))
    await store.commit(blockCommit(1, 'block', { attachments: [young] }))
    assert.equal(store.droppedUpTo, 0)
    await assert.rejects(store.dropOld(1, () => Promise.reject(new TypeError('not now'))), TypeError)
    assert.deepEqual([store.hasAttachment(old.sha256), store.droppedUpTo], [true, 0])
    const heights: number[] = []
    const choose = async (height: number): Promise<Uint8Array[]> => {
      heights.push(height)
      return [old.sha256, hashOf(textBytes('unknown'))]
    }
    await Promise.all([store.commit(blockCommit(2)), store.dropOld(1, choose)])
    assert.equal(heights.at(-1), 2, 'a block that was on its way is there')
    assert.deepEqual([store.hasAttachment(old.sha256), store.hasAttachment(young.sha256), store.droppedUpTo], [false, true, 1])
    await store.dropOld(2, async () => [])
    assert.equal(store.droppedUpTo, 2)
  })

  withStore('refuses an attachment that is not what its hash says', async (store) => {
    const wrong = { sha256: hashOf(textBytes('a')), bytes: textBytes('b') }
    await assert.rejects(store.commit(blockCommit(0, 'block', { attachments: [wrong] })), coded('attachment-hash-mismatch'))
    assert.deepEqual([store.height, store.hasAttachment(wrong.sha256)], [-1, false])
    await store.commit(blockCommit(0, 'block', { attachments: [attachmentOf(textBytes('b'))] }))
  })
}

const SIGNED: SignedState = { sealedHeight: 4, sealedId: hashOf(textBytes('sealed')), size: 10, logRoot: hashOf(textBytes('root')), issuedAtSeconds: 1_000 }

function testSide(withStore: WithStore): void {
  withStore('keeps statements in order, each kind by itself', async (store) => {
    for (const [kind, text] of [['cosignature', 'c1'], ['refusal', 'r1'], ['cosignature', 'c2'], ['cosignature', '']] as const) await store.keep(kind, textBytes(text))
    assert.deepEqual(await keptOf(store, 'cosignature'), ['c1', 'c2', ''])
    assert.deepEqual(await keptOf(store, 'refusal'), ['r1'])
  })

  withStore('remembers what was signed and never less', async (store) => {
    await store.writeSigned(SIGNED)
    assert.deepEqual(store.signed, SIGNED)
    const lower: Partial<SignedState>[] = [{ sealedHeight: 3 }, { size: 9 }, { issuedAtSeconds: 999 }, { logRoot: hashOf(textBytes('other')) }]
    for (const change of lower) await assert.rejects(store.writeSigned({ ...SIGNED, ...change }), coded('would-lower-signed-state'))
    assert.deepEqual(store.signed, SIGNED)
    const next = { ...SIGNED, sealedHeight: 5, size: 11, logRoot: hashOf(textBytes('next')), issuedAtSeconds: 1_001 }
    await store.writeSigned(next)
    store.signed?.logRoot.fill(0)
    assert.deepEqual(store.signed, next)
    await store.writeSigned(SIGNED, { acceptLoss: true })
    assert.deepEqual(store.signed, SIGNED)
  })
}

async function keptOf(store: Store, kind: 'cosignature' | 'refusal'): Promise<string[]> {
  const texts: string[] = []
  for await (const bytes of store.kept(kind)) texts.push(decode(bytes))
  return texts
}

function testClosed(factory: StoreFactory): void {
  it('refuses everything once it is closed', async () => {
    const store = await factory.create()
    await store.commit(blockCommit(0))
    await store.close()
    await store.close()
    assert.throws(() => store.get(textBytes('a')), coded('store-closed'))
    await assert.rejects(store.commit(blockCommit(1)), coded('store-closed'))
    await assert.rejects(store.readBlock(0), coded('store-closed'))
    await assert.rejects(store.keep('refusal', textBytes('r')), coded('store-closed'))
    await assert.rejects(store.writeSigned(SIGNED), coded('store-closed'))
  })
}

function testReopened({ create, reopen }: Required<StoreFactory>): void {
  it('holds everything after it was closed and opened again', async () => {
    let store = await create()
    const kept = attachmentOf(textBytes('kept'))
    const dropped = attachmentOf(textBytes('dropped'))
    await store.commit(blockCommit(0, 'block', { rows: [row('a', '0')], attachments: [kept, dropped] }))
    await store.commit(blockCommit(1, 'block', { rows: [row('a', '1')], undo: [row('a', '0')] }))
    await store.commit(blockCommit(2, 'block', { rows: [row('a', '2')], undo: [row('a', '1')] }))
    await store.revert()
    await store.dropOld(1, async () => [dropped.sha256])
    await store.keep('cosignature', textBytes('c'))
    await store.writeSigned(SIGNED)
    for (let round = 0; round < 2; round++) {
      store = await reopen(store)
      assert.deepEqual([store.height, store.rowsHeight, ...(await rowsOf(store))], [1, 1, 'a=1'])
      assert.deepEqual(await store.readBlock(1), blockCommit(1).block)
      assert.deepEqual([await store.readAttachment(kept.sha256), store.hasAttachment(dropped.sha256), store.droppedUpTo], [kept.bytes, false, 1])
      assert.deepEqual([await keptOf(store, 'cosignature'), store.signed], [['c'], SIGNED])
    }
    await store.revert()
    assert.deepEqual(await rowsOf(store), ['a=0'])
    await store.close()
  })

  it('does what a model does, opened again now and then', async () => {
    const random = createSeededRandom(20_250_101)
    const model = createModel()
    let store = await create()
    for (let step = 0; step < 120; step++) {
      if (random.chance(0.1)) store = await reopen(store)
      else if (random.chance(0.2)) await revertBoth(store, model)
      else await commitBoth(store, model, random)
      assert.deepEqual(await rowsOf(store), model.rows(), `seed ${random.seed}, step ${step}`)
      assert.equal(store.height, model.blocks.length - 1)
      const height = random.below(model.blocks.length + 1)
      if (height < model.blocks.length) assert.deepEqual((await store.readBlock(height)).bytes, model.blocks[height]?.bytes)
      else await assert.rejects(store.readBlock(height), coded('no-such-block'))
    }
    await store.close()
  })
}

interface Model {
  values: Map<string, string>
  blocks: { bytes: Uint8Array; undo: RowChange[] | null }[]
  rows(): string[]
}

function createModel(): Model {
  const values = new Map<string, string>()
  return { values, blocks: [], rows: () => [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`) }
}

async function commitBoth(store: Store, model: Model, random: SeededRandom): Promise<void> {
  const keys = [...new Set(Array.from({ length: random.below(6) }, () => `key${random.below(12)}`))]
  const rows = keys.map((key) => row(key, random.chance(0.3) ? null : `value${random.below(1000)}`))
  const undo = random.chance(0.2) ? null : keys.map((key) => row(key, model.values.get(key) ?? null))
  const bytes = random.bytes(random.below(2_000))
  await store.commit({ block: { height: model.blocks.length, id: hashOf(bytes), bytes }, attachments: [], rows, undo })
  applyModel(model, rows)
  if (undo === null) for (const block of model.blocks) block.undo = null
  model.blocks.push({ bytes, undo })
}

async function revertBoth(store: Store, model: Model): Promise<void> {
  const undo = model.blocks.at(-1)?.undo ?? null
  if (undo === null) return assert.rejects(store.revert(), coded('cannot-revert'))
  await store.revert()
  applyModel(model, undo)
  model.blocks.pop()
}

function applyModel(model: Model, rows: readonly RowChange[]): void {
  for (const [key, value] of rows) {
    if (value === null) model.values.delete(decode(key))
    else model.values.set(decode(key), decode(value))
  }
}
