import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { openLedger } from '@telltale/ledger'
import type { Ledger } from '@telltale/ledger'
import { createPlainStore } from '@telltale/testing'
import { createNodePrimitives } from '../../src/crypto/node-primitives.ts'
import { exportChain } from '../../src/upkeep/chain-export.ts'
import { importChain } from '../../src/upkeep/chain-import.ts'
import type { ChainImport } from '../../src/upkeep/chain-import.ts'
import { DAY_MS, createCar } from './aging-car.ts'
import type { AgingCar } from './aging-car.ts'

const primitives = createNodePrimitives()
const { signal } = new AbortController()

suite('a chain file of a network that keeps attachments for a while', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-chain-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** Writes the whole chain into a file and takes it into an empty ledger. */
  async function carry({ network }: AgingCar): Promise<{ other: Ledger; taken: Promise<ChainImport> }> {
    const pieces: Uint8Array[] = []
    await exportChain({ ledger: network.ledger, reader: network.reader, primitives }, { write: async (piece) => void pieces.push(piece), onBlock: () => undefined, signal })
    const path = join(folder, 'scratch.chain')
    await writeFile(path, Buffer.concat(pieces))
    const other = await openLedger({ store: createPlainStore(), primitives, genesis: network.genesis })
    const taken = take(other, path)
    taken.catch(() => undefined)
    return { other, taken }
  }

  async function take(ledger: Ledger, path: string): Promise<ChainImport> {
    const file = await open(path, 'r')
    try {
      return await importChain({ ledger, primitives }, file, { onProgress: () => undefined, signal, nowMs: Date.now })
    } finally {
      await file.close()
    }
  }

  test('may lack bodies of old blocks', async () => {
    const car = await createCar(30 * DAY_MS)
    const [old, young] = [await car.record(1), await car.record(40)]
    await car.network.ledger.store.dropAttachment(old)
    const { other, taken } = await carry(car)
    assert.deepEqual([(await taken).height, (await taken).dropped], [car.network.ledger.position.height, 1])
    assert.deepEqual([other.store.hasAttachment(old), other.store.hasAttachment(young)], [false, true])
  })

  test('that lacks a body of a young block is refused there', async () => {
    const car = await createCar(30 * DAY_MS)
    const [old, young] = [await car.record(1), await car.record(20)]
    await car.record(40)
    await car.network.ledger.store.dropAttachment(old)
    assert.equal((await (await carry(car)).taken).dropped, 1, 'the honest one passes')
    await car.network.ledger.store.dropAttachment(young)
    const { other, taken } = await carry(car)
    await assert.rejects(taken, { code: 'missing-attachment' })
    assert.equal(other.position.height, car.network.ledger.position.height - 2, 'what came before stays')
  })

  test('may lack a young body that was forgotten, and a grant whose days are over', async () => {
    const car = await createCar(30 * DAY_MS)
    const { store } = car.network.ledger
    await car.record(1)
    const grants = [await car.grant(10), await car.grant(60)]
    const young = await car.record(20)
    await store.dropAttachment(young)
    await store.dropAttachment(grants[0]!)
    await assert.rejects((await carry(car)).taken, { code: 'missing-attachment' })
    await car.forget(1, 1)
    assert.equal((await (await carry(car)).taken).dropped, 2)
    await store.dropAttachment(grants[1]!)
    await assert.rejects((await carry(car)).taken, { code: 'missing-attachment' })
  })

  test('of a network that keeps them for ever may lack what it names, as before', async () => {
    const car = await createCar(null)
    const body = await car.record(1)
    await car.network.ledger.store.dropAttachment(body)
    assert.equal((await (await carry(car)).taken).dropped, 1)
  })
})
