import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decodeTransaction, fail } from '@telltale/core'
import type { Submission } from '@telltale/core'
import { createLedgerReader, openLedger } from '@telltale/ledger'
import type { Store } from '@telltale/ledger'
import { CALLS, createPlainStore, tick } from '@telltale/testing'
import type { PlainStore } from '@telltale/testing'
import { createPool } from '../src/chain/pool.ts'
import type { Waiting } from '../src/chain/pool.ts'
import { codeOf, createGate, createRig, reopen, replaceCalls, signRecords, startChain } from './rig.ts'
import type { Rig } from './rig.ts'

const diskFull = (): Error => fail('disk-full', 'There is no room left.')

/** A rig whose chain stands on a store with some calls replaced; the store itself outlives it, as a disk outlives a process. */
async function onBrokenStore(calls: (store: PlainStore) => Partial<Store>): Promise<{ rig: Rig; chain: Awaited<ReturnType<typeof startChain>> }> {
  const rig = await createRig()
  const ledger = await reopen(rig, replaceCalls(rig.store, calls(rig.store)))
  return { rig, chain: await startChain(rig, { ledger }) }
}

async function countLeaves(store: Store): Promise<number> {
  return (await openLedger({ store, primitives: (await createRig()).network.primitives })).position.log.size
}

suite('a store that fails', () => {
  test('before the block is durable: nobody is told that it is, and it can be sent again', async () => {
    const { rig, chain } = await onBrokenStore(() => ({ commit: async () => Promise.reject(diskFull()) }))
    const size = rig.network.ledger.position.log.size
    const [one, two] = (await signRecords(rig, 2)) as [Submission, Submission]
    assert.deepEqual(await Promise.all([codeOf(chain.submit(one)), codeOf(chain.submit(two))]), ['disk-full', 'disk-full'])
    assert.equal(await codeOf(chain.submit(one)), 'disk-full')
    assert.equal(await codeOf(chain.atCertified(() => 0)), 'disk-full')
    await chain.stop()
    assert.equal(await countLeaves(rig.store), size)
    const again = await startChain(rig, { ledger: await reopen(rig, rig.store) })
    assert.equal((await again.submit(one)).index, size)
    assert.equal((await again.submit(two)).index, size + 1)
  })

  test('after the block is durable: nobody is told, and whoever sends again learns that it is there, once', async () => {
    const { rig, chain } = await onBrokenStore((store) => ({
      commit: async (commit) => {
        await store.commit(commit)
        throw diskFull()
      },
    }))
    const size = rig.network.ledger.position.log.size
    const [one, two] = (await signRecords(rig, 2)) as [Submission, Submission]
    assert.equal(await codeOf(chain.submit(one)), 'disk-full')
    assert.equal(await codeOf(chain.submit(two)), 'disk-full')
    await chain.stop()
    const again = await startChain(rig, { ledger: await reopen(rig, rig.store) })
    assert.equal(again.head?.checkpoint.size, size + 1)
    assert.equal(await codeOf(again.submit(one)), 'already-included')
    assert.equal((await again.submit(two)).index, size + 1)
    assert.equal(await countLeaves(rig.store), size + 2)
  })

  test('between block and cosignature: readers learn it too, and a restart certifies the block', async () => {
    let reading: Promise<string> | null = null
    const { rig, chain } = await onBrokenStore((store) => ({
      async writeSigned(state) {
        if (state.size === 3) return store.writeSigned(state)
        reading = codeOf(chain.atCertified(() => 0))
        throw diskFull()
      },
    }))
    const before = rig.store.signed
    const [one] = (await signRecords(rig, 1)) as [Submission]
    assert.equal(await codeOf(chain.submit(one)), 'disk-full')
    assert.equal(await (reading as Promise<string> | null), 'disk-full')
    assert.equal(await codeOf(chain.atCertified(() => 0)), 'disk-full')
    assert.deepEqual(rig.store.signed, before)
    const ledger = await reopen(rig, rig.store)
    const again = await startChain(rig, { ledger })
    assert.equal(again.head?.checkpoint.height, ledger.position.height)
    assert.equal(rig.store.signed?.size, ledger.position.log.size)
    assert.equal(await codeOf(again.submit(one)), 'already-included')
  })

  test('between what was signed and the signature: a restart signs the same again', async () => {
    const { rig, chain } = await onBrokenStore((store) => ({ keep: async (kind, bytes) => (store.signed!.size > 3 ? Promise.reject(diskFull()) : store.keep(kind, bytes)) }))
    const [one] = (await signRecords(rig, 1)) as [Submission]
    assert.equal(await codeOf(chain.submit(one)), 'disk-full')
    const { signed } = rig.store
    rig.clock.ms += 100_000
    const again = await startChain(rig, { ledger: await reopen(rig, rig.store) })
    assert.deepEqual(rig.store.signed, signed)
    assert.equal(again.head?.cosignatures[0]!.issuedAtSeconds, signed?.issuedAtSeconds)
    assert.equal(again.head?.checkpoint.size, signed?.size)
  })

  test('a bug while a block is made leaves nobody waiting', async () => {
    const rig = await createRig()
    const ledger = new Proxy(rig.network.ledger, { get: (target, name) => (name === 'execute' ? () => assert.fail('a bug') : Reflect.get(target, name)) as unknown })
    const chain = await startChain(rig, { ledger })
    const [one] = (await signRecords(rig, 1)) as [Submission]
    await assert.rejects(chain.submit(one), { message: 'a bug' })
    await assert.rejects(chain.submit(one), { message: 'a bug' })
  })
})

suite('what was signed', () => {
  /** The rig's store after some records, and what its chain signed. */
  async function withRecords(count: number): Promise<Rig> {
    const rig = await createRig()
    const chain = await startChain(rig)
    for (const submission of await signRecords(rig, count)) await chain.submit(submission)
    await chain.stop()
    return rig
  }

  test('the store holds it: the chain goes on', async () => {
    const rig = await withRecords(3)
    const chain = await startChain(rig, { ledger: await reopen(rig, rig.store) })
    assert.equal(chain.head?.checkpoint.size, rig.store.signed?.size)
    const [one] = (await signRecords(rig, 1)) as [Submission]
    assert.equal(await codeOf(chain.submit(one)), 'accepted')
  })

  test('its file is missing, or the store is older, or holds another log: nothing is signed', async () => {
    const rig = await withRecords(3)
    const { signed } = rig.store
    assert.ok(signed)
    const codeWith = async (change: object | null): Promise<string> => {
      const store = replaceCalls(rig.store, { signed: change && { ...signed, ...change } })
      return codeOf(startChain(rig, { ledger: await reopen(rig, store) }))
    }
    assert.equal(await codeWith({}), 'accepted')
    const lost: (object | null)[] = [null, { size: signed.size + 1 }, { sealedHeight: signed.sealedHeight + 1 }, { logRoot: new Uint8Array(32) }, { size: signed.size - 1 }, { size: signed.size - 1, logRoot: new Uint8Array(32) }]
    for (const change of lost) assert.equal(await codeWith(change), 'signed-state-lost', JSON.stringify(change))
    const before = await rig.network.reader.logRoot(signed.size - 1)
    assert.equal(await codeWith({ size: signed.size - 1, sealedHeight: signed.sealedHeight - 1, logRoot: before }), 'accepted')
  })

  test('another history of the same length under the same key is not signed', async () => {
    const rig = await withRecords(2)
    const other = await createRig()
    await tick(other.network)
    await tick(other.network)
    assert.equal(other.network.ledger.position.log.size, rig.network.ledger.position.log.size)
    const store = replaceCalls(other.store, { signed: rig.store.signed })
    assert.equal(await codeOf(startChain(other, { ledger: await reopen(other, store) })), 'signed-state-lost')
  })

  test('accepted as lost: the next block says so, and only then something is signed', async () => {
    const rig = await withRecords(3)
    const { signed } = rig.store
    const older = createPlainStore()
    for (let height = 0; height < rig.store.height; height++) await older.commit({ block: await rig.store.readBlock(height), attachments: [], rows: [], undo: null })
    await older.clearRows()
    await older.writeSigned(signed!)
    const ledger = await reopen(rig, older)
    assert.equal(await codeOf(startChain(rig, { ledger })), 'signed-state-lost')
    const chain = await startChain(rig, { ledger, acceptLoss: true })
    const last = await createLedgerReader(ledger, rig.network.primitives).transaction(ledger.position.log.size - 1)
    const { call, args } = decodeTransaction(last.bytes)
    assert.deepEqual([call, args], [CALLS.resumed, [signed!.size, signed!.size - 1]])
    assert.equal(chain.head?.checkpoint.size, ledger.position.log.size)
    assert.equal(older.signed?.size, ledger.position.log.size)
  })
})

suite('stopping', () => {
  test('the block at hand is finished, whoever still waits is told to come back', async () => {
    const rig = await createRig()
    const gate = createGate()
    const chain = await startChain(rig, { verifier: gate })
    const waiting = (await signRecords(rig, 3)).map((submission) => codeOf(chain.submit(submission)))
    await chain.stop()
    assert.deepEqual(await Promise.all(waiting), ['stopping', 'stopping', 'stopping'])
    gate.open()
    const [one] = (await signRecords(rig, 1)) as [Submission]
    assert.equal(await codeOf(chain.submit(one)), 'stopping')
    await chain.stop()
    const again = await startChain(rig)
    assert.equal(await codeOf(again.submit(one)), 'accepted')
  })

  test('while blocks are made: everything is either in a block or refused, and the head is certified', async () => {
    const rig = await createRig({ blockTransactionsMax: 4 })
    const gate = createGate()
    const chain = await startChain(rig, { verifier: gate })
    const start = rig.network.ledger.position.log.size
    const waiting = (await signRecords(rig, 30)).map((submission) => codeOf(chain.submit(submission)))
    gate.open()
    for (let i = 0; i < 40; i++) await Promise.resolve()
    await chain.stop()
    const codes = await Promise.all(waiting)
    const accepted = codes.filter((code) => code === 'accepted').length
    assert.deepEqual(codes, codes.map((_, i) => (i < accepted ? 'accepted' : 'stopping')))
    assert.ok(accepted > 0 && accepted < 30, String(accepted))
    assert.equal(rig.network.ledger.position.log.size, start + accepted)
    assert.equal(chain.head?.checkpoint.size, start + accepted)
    assert.deepEqual(rig.store.signed?.logRoot, chain.head?.checkpoint.logRoot)
  })
})

suite('the pool', () => {
  const waiting = (bytes: number): Waiting => ({ checked: { read: { transaction: { bytes: { length: bytes } } } }, attachments: [], isValid: true, resolve: () => undefined, reject: () => undefined }) as unknown as Waiting

  test('has room for 256 MiB, and has it again once something left', () => {
    const pool = createPool()
    for (let i = 0; i < 32; i++) pool.add(waiting(8_388_608))
    assert.throws(() => pool.add(waiting(1)), { code: 'pool-full' })
    assert.equal(pool.take(1, 1).length, 1)
    pool.add(waiting(8_388_608))
    assert.throws(() => pool.add(waiting(1)), { code: 'pool-full' })
  })

  test('a transaction larger than a block still gets one of its own', () => {
    const pool = createPool()
    for (const bytes of [100, 50, 60, 10]) pool.add(waiting(bytes))
    assert.deepEqual([pool.take(10, 80).length, pool.take(10, 110).length, pool.take(10, 80).length, pool.take(10, 80).length], [1, 2, 1, 0])
  })

  test('whoever is still being checked holds back those behind, and an invalid one is passed over', () => {
    const pool = createPool()
    const entries = [true, false, null, true].map((isValid) => ({ ...waiting(10), isValid }))
    for (const entry of entries) pool.add(entry)
    assert.ok(pool.isReady)
    assert.deepEqual(pool.take(10, 1000), [entries[0]])
    assert.ok(!pool.isReady)
    entries[2]!.isValid = true
    assert.deepEqual(pool.take(10, 1000), entries.slice(2))
  })
})
