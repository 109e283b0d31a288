import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { makeCertificate, verifyCertificate } from '@telltale/certificate'
import { portable } from '@telltale/core'
import { createLedgerReader, openLedger } from '@telltale/ledger'
import { checkStore, createStore } from '@telltale/storage'
import type { TestNetwork } from '@telltale/testing'
import { createBlockReplay } from '../../src/upkeep/block-replay.ts'
import { dropOldAttachments } from '../../src/upkeep/old-attachments.ts'
import type { OldDropped } from '../../src/upkeep/old-attachments.ts'
import { DAY_MS, bytesOf, createCar } from './aging-car.ts'

const never = new AbortController().signal

function drop({ ledger }: TestNetwork, rest = async (): Promise<void> => undefined, signal = never): Promise<OldDropped> {
  return dropOldAttachments(ledger, { signal, rest })
}

suite('attachments that a network keeps no longer', () => {
  test('go once their blocks are older than its retention, counted to the newest block', async () => {
    const { network, record } = await createCar(30 * DAY_MS)
    const { store } = network.ledger
    const hashes = [await record(1), await record(2), await record(30)]
    assert.deepEqual(await drop(network), { retentionMs: 30 * DAY_MS, upTo: 0, attachments: 0, bytes: 0 })
    hashes.push(await record(32))
    const done = await drop(network)
    assert.deepEqual([done.attachments, done.bytes], [2, 4_000])
    assert.deepEqual(hashes.map((hash) => store.hasAttachment(hash)), [false, false, true, true])
    assert.equal(store.droppedUpTo, done.upTo)
    assert.deepEqual(await drop(network), { ...done, attachments: 0, bytes: 0 })
    hashes.push(await record(90))
    assert.equal((await drop(network)).attachments, 2)
    assert.deepEqual(hashes.map((hash) => store.hasAttachment(hash)), [false, false, false, false, true])
  })

  test('stay for ever where the network chose no age', async () => {
    const { network, record } = await createCar(null)
    const first = await record(1)
    await record(10_000)
    assert.deepEqual(await drop(network), { retentionMs: null, upTo: 0, attachments: 0, bytes: 0 })
    assert.equal(network.ledger.store.hasAttachment(first), true)
  })

  test('stay while a younger block names them too', async () => {
    const { network, record } = await createCar(30 * DAY_MS)
    const { store } = network.ledger
    const body = bytesOf('standing still', 2_000)
    const shared = await record(1, body)
    const own = await record(2)
    await record(40, body)
    assert.equal((await drop(network)).attachments, 1)
    assert.deepEqual([store.hasAttachment(shared), store.hasAttachment(own)], [true, false])
    await record(80)
    assert.equal((await drop(network)).attachments, 1)
    assert.equal(store.hasAttachment(shared), false)
  })

  test('stay where a block that comes while they are looked for names them', async () => {
    const { network, record } = await createCar(30 * DAY_MS)
    const body = bytesOf('standing still', 2_000)
    const shared = await record(1, body)
    const own = await record(2)
    await record(40)
    const { height } = network.ledger.position
    let steps = 0
    const done = await drop(network, async () => {
      // After the last younger block was looked through, and before anything is dropped.
      if (++steps === height) await record(41, body)
    })
    assert.equal(done.attachments, 1)
    assert.deepEqual([network.ledger.store.hasAttachment(shared), network.ledger.store.hasAttachment(own)], [true, false])
  })

  test('a grant stays for as many days as it says itself', async () => {
    const { network, record, grant, dayMs } = await createCar(30 * DAY_MS)
    const { store } = network.ledger
    const [short, long] = [await grant(10), await grant(60)]
    const own = await record(1)
    await record(40)
    assert.equal((await drop(network)).attachments, 2)
    assert.deepEqual([short, long, own].map((hash) => store.hasAttachment(hash)), [false, true, false])
    assert.ok(network.ledger.position.timeMs === dayMs(40))
  })

  test('what was stopped goes on where it was', async () => {
    const { network, record } = await createCar(30 * DAY_MS)
    for (let i = 0; i < 5; i++) await record(1 + i)
    await record(60)
    const stop = new AbortController()
    let steps = 0
    await assert.rejects(drop(network, async () => void (++steps === 4 && stop.abort()), stop.signal))
    assert.equal(network.ledger.store.droppedUpTo, 0)
    assert.equal((await drop(network)).attachments, 5)
  })
})

suite('a store on disk from which old attachments were dropped', () => {
  test('is smaller and whole; certificates made before still hold, and new ones prove what is left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'telltale-retention-'))
    try {
      const directory = join(folder, 'store')
      let store = await createStore({ directory, create: true })
      const { network, asset, device, record } = await createCar(30 * DAY_MS, store)
      for (let i = 0; i < 20; i++) await record(1, bytesOf(`large ${i}`, 50_000))
      await record(2)
      const stream = `${device.address}/odometer`
      const certify = async (disclose: 'all' | 'none' | { from: number; to: number }): Promise<Uint8Array> => makeCertificate({ asset: asset.id, streams: [{ stream, from: 0, to: null }], disclose, identity: null }, await network.materials())
      const before = await certify('none')
      await record(40)
      const sizeOf = (): number => readdirSync(join(directory, 'attachments')).reduce((sum, name) => sum + statSync(join(directory, 'attachments', name)).size, 0)
      const size = sizeOf()
      assert.equal((await drop(network)).attachments, 21)
      assert.ok(size > 1_000_000 && sizeOf() < 10_000, `${size} bytes, then ${sizeOf()}`)
      const trust = { network: network.ledger.network }
      assert.equal((await verifyCertificate(before, { trust }, portable)).refusal, null)
      await assert.rejects(certify('all'), { code: 'body-dropped' })
      const after = await verifyCertificate(await certify('none'), { trust }, portable)
      assert.deepEqual([after.refusal, after.streams[0]?.count], [null, 22])
      await store.close()
      const { replay } = createBlockReplay(portable)
      assert.deepEqual((await checkStore(directory, { replayBlock: replay })).problems, [])
      store = await createStore({ directory, create: false })
      const ledger = await openLedger({ store, primitives: portable })
      assert.deepEqual(ledger.position.id, network.ledger.position.id)
      assert.equal((await createLedgerReader(ledger, portable).entries('records', stream, 0, 22)).length, 22)
      await store.close()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
