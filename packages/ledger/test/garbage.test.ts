import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { TelltaleError, decode, encode, portable } from '@telltale/core'
import { createSeededRandom, record, tick } from '@telltale/testing'
import type { SeededRandom } from '@telltale/testing'
import { readTransaction } from '../src/admission.ts'
import { decodeBlock } from '../src/block/block.ts'
import { decodeHeader, encodeHeader } from '../src/block/header.ts'
import { createCalls } from '../src/calls.ts'
import { readGenesis } from '../src/genesis.ts'
import { decodeRow } from '../src/state/codec.ts'
import type { StateKind } from '../src/state/key.ts'
import { createWorld } from './world.ts'

/** Some bytes changed, cut, doubled or put in. */
function damage(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const list = Array.from(bytes)
  for (let i = random.below(3); i >= 0; i--) {
    const at = random.below(list.length + 1)
    switch (random.below(5)) {
      case 0:
        list[at] = random.below(256)
        break
      case 1:
        list.splice(at, 1 + random.below(4))
        break
      case 2:
        list.splice(at, 0, ...list.slice(at, at + random.below(40)))
        break
      case 3:
        list.length = at
        break
      default:
        list.splice(at, 0, random.pick([0xf6, 0x80, 0xa0, 0x40, 0x60, 0x1b, 0x9b, 0x5b, 0xd2, 0xc4, 0xff]))
    }
  }
  return Uint8Array.from(list)
}

/** Reads damaged inputs: whatever it is, it is read or refused with a code. Returns how often it was read. */
async function readAll(inputs: Uint8Array[], count: number, read: (bytes: Uint8Array) => unknown): Promise<number> {
  const random = createSeededRandom(count)
  let accepted = 0
  for (let i = 0; i < count; i++) {
    const bytes = damage(random.pick(inputs), random)
    try {
      await read(bytes)
      accepted += 1
    } catch (error) {
      assert.ok(error instanceof TelltaleError, `${Buffer.from(bytes).toString('hex')}: ${String(error)}`)
      assert.match(error.code, /^[a-z][a-z0-9-]*$/)
    }
  }
  return accepted
}

suite('whatever comes from outside is read or refused with a code', () => {
  test('transactions, and every kind of arguments', async () => {
    const { network, device } = await createWorld()
    await record(network, device, 'odometer')
    const transactions: Uint8Array[] = []
    for (let i = 0; i < network.ledger.position.log.size; i++) transactions.push((await network.reader.transaction(i)).bytes)
    const calls = createCalls(portable)
    const accepted = await readAll(transactions, 6_000, (bytes) => {
      const judged = readTransaction(bytes, calls, portable)
      if (!judged.ok) throw new TelltaleError(judged.verdict.code, judged.verdict.message)
    })
    assert.ok(accepted > 100)
    // Arguments that are damaged inside of a transaction whose form holds.
    const args = transactions.map((bytes) => ({ call: network.ledger.read(bytes), bytes }))
    for (const { call } of args) {
      assert.ok(call.ok)
      const { transaction, call: kind } = call.value
      await readAll([encode(transaction.args)], 400, (bytes) => {
        const items = decode(bytes)
        if (Array.isArray(items)) kind.read(items)
      })
    }
  })

  test('blocks and headers', async () => {
    const { network } = await createWorld()
    await tick(network)
    const { bytes } = await network.ledger.store.readBlock(network.ledger.position.height)
    assert.ok((await readAll([bytes], 5_000, decodeBlock)) > 100)
    assert.ok((await readAll([encodeHeader(decodeBlock(bytes).header)], 5_000, decodeHeader)) > 100)
  })

  test('genesis files', async () => {
    const { network } = await createWorld()
    assert.equal(await readAll([network.genesis], 1_500, (bytes) => readGenesis(bytes, portable)) <= 3, true)
  })

  test('entries of the state, as a certificate carries them', async () => {
    const { network, device } = await createWorld({ authorities: 4 })
    await record(network, device, 'odometer')
    const rows = (network.ledger.store as unknown as { rows(): [Uint8Array, Uint8Array][] }).rows().filter(([key]) => key[0] === 0x73)
    for (const kind of [0, 1, 2, 3, 4, 5] as StateKind[]) {
      const values = rows.filter(([key]) => (decode(key.subarray(1)) as number[])[0] === kind).map(([, value]) => value)
      await readAll(values.length > 0 ? values : [encode(['parameters', new Uint8Array([0x80]), '', [], null])], 600, (bytes) => decodeRow(kind, bytes))
    }
  })

  test('a header has 240 bytes', async () => {
    const header = { network: new Uint8Array(16), height: 100_000, parent: new Uint8Array(32), timeMs: 1_750_000_000_000, size: 100_000, logRoot: new Uint8Array(32), stateRoot: new Uint8Array(32), setHash: new Uint8Array(32), bodyHash: new Uint8Array(32), sealer: new Uint8Array(20), turn: 0, difficulty: 4, nonce: new Uint8Array(8) }
    assert.deepEqual(decodeHeader(encodeHeader(header)), header)
    assert.equal(encodeHeader(header).length, 240)
  })
})
