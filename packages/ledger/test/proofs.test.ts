import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex, decode, decodeTransaction, encode, isAbsentFromState, isConsistent, isInState, leafHash, recordLeaf, rootFromInclusion, rootFromRange, transactionId } from '@telltale/core'
import type { Checkpoint } from '@telltale/core'
import { CALLS, createPlainStore, recordContent } from '@telltale/testing'
import type { TestNetwork } from '@telltale/testing'
import { encodeBlock } from '../src/block/block.ts'
import { blockId, encodeHeader } from '../src/block/header.ts'
import { openLedger } from '../src/ledger.ts'
import { assetKey, counterKey, identityKey, NETWORK_KEY, streamKey } from '../src/state/key.ts'
import { createWorld } from './world.ts'
import type { World } from './world.ts'

/** Blocks of these many records each: sizes that cross 256 and 512, where whole subtrees become rows. */
const BLOCKS = [1, 100, 148, 1, 1, 1, 3, 255, 2, 40]

/** `branch` tells the records of one branch from those of another. */
async function addRecords({ network, device }: World, count: number, { isFinal = true, branch = 0 } = {}): Promise<void> {
  const row = network.stream(device.address, 'odometer')!
  const list: Uint8Array[] = []
  let previous = row.head
  for (let i = 0; i < count; i++) {
    const sequence = row.count + i
    const bytes = await network.sign({ key: { ...device, signer: { ...device.signer, sign: () => new Uint8Array(64).fill(branch) } }, call: CALLS.record, sub: 'odometer', args: recordContent(network, device, 'odometer', { sequence, previous }).args, sequence })
    previous = transactionId(decodeTransaction(bytes), network.primitives)
    list.push(bytes)
  }
  await commitUnchecked(network, list, isFinal)
}

/** As when a node replays what it verified before: the signatures of hundreds of records are not what this is about. */
async function commitUnchecked({ ledger, primitives, authorities }: TestNetwork, list: Uint8Array[], isFinal: boolean): Promise<void> {
  const { position } = ledger
  const transactions = list.map((bytes) => {
    const read = ledger.read(bytes)
    assert.ok(read.ok)
    return { read: read.value, keys: null }
  })
  const height = position.height + 1
  const execution = ledger.execute(position, { height, timeMs: position.timeMs + 1000, finalHeight: isFinal ? position.height : position.height - 1, transactions }, (_, verdict) => assert.fail(verdict.code))
  const headerBytes = encodeHeader(ledger.header(position, execution, authorities[0]!.address, 0, 1))
  await ledger.commit(execution, { height, id: blockId(headerBytes, primitives), bytes: encodeBlock(headerBytes, { keyNumber: 0, signature: new Uint8Array(64) }, list) }, [], isFinal)
}

suite('what the ledger proves about itself', () => {
  test('inclusion, consistency, ranges and entries, at every size it ever certified', async () => {
    const store = createPlainStore()
    const world = await createWorld({ store })
    const { network, stream, device } = world
    const { reader, primitives } = network
    const { sha256 } = primitives
    const first = network.ledger.position.log.size
    const checkpoints: Checkpoint[] = []
    for (const count of BLOCKS) {
      await addRecords(world, count)
      checkpoints.push(await network.checkpointAt(network.ledger.position.height))
    }
    const head = checkpoints.at(-1) as Checkpoint
    for (const { size, logRoot } of checkpoints) {
      assert.ok(isConsistent(size, head.size, logRoot, head.logRoot, await reader.consistency(size, head.size), sha256), `consistent ${size}`)
      for (const index of [0, first, size - 1, Math.floor(size / 2)]) {
        const { bytes, height } = await reader.transaction(index)
        const root = rootFromInclusion(leafHash(bytes, sha256), index, size, await reader.inclusion(index, size), sha256)
        assert.equal(bytesToHex(root as Uint8Array), bytesToHex(logRoot), `leaf ${index} of ${size}`)
        assert.ok(height <= network.ledger.position.height)
        assert.equal(reader.indexOf(transactionId(decodeTransaction(bytes), primitives)), index)
      }
    }
    const row = network.stream(device.address, 'odometer')!
    assert.equal(row.count, BLOCKS.reduce((sum, count) => sum + count, 0))
    for (const [from, to] of [[0, 1], [0, row.count], [255, 257], [256, 512], [511, 513], [100, 400], [row.count - 1, row.count], [5, 5]] as const) {
      const entries = await reader.entries('records', stream, from, to)
      assert.equal(entries.length, to - from)
      const leaves = entries.map(({ bytes, height, timeMs }) => leafHash(encode(recordLeaf(height, timeMs, transactionId(decodeTransaction(bytes), primitives))), sha256))
      const root = rootFromRange(leaves, from, row.count, await reader.range(stream, from, to, row.count), sha256)
      assert.equal(bytesToHex(root as Uint8Array), bytesToHex(row.recordRoot), `${from} to ${to}`)
    }
    const rows = store.rows().map(([key, value]) => bytesToHex(key) + bytesToHex(value))
    await store.clearRows()
    await openLedger({ store, primitives })
    assert.deepEqual(store.rows().map(([key, value]) => bytesToHex(key) + bytesToHex(value)), rows)
  })

  test('inclusion in the branch that stands, after another one was proved and reverted', async () => {
    const world = await createWorld({ store: createPlainStore() })
    const { ledger, reader, primitives } = world.network
    const proveAll = async (): Promise<string> => {
      const { size } = ledger.position.log
      const logRoot = bytesToHex(await reader.logRoot(size))
      for (const index of [0, 300, 700, size - 1]) {
        const { bytes } = await reader.transaction(index)
        const root = rootFromInclusion(leafHash(bytes, primitives.sha256), index, size, await reader.inclusion(index, size), primitives.sha256)
        assert.equal(bytesToHex(root as Uint8Array), logRoot, `leaf ${index} of ${size}`)
      }
      return logRoot
    }
    await addRecords(world, 600)
    await addRecords(world, 1500, { isFinal: false, branch: 1 })
    const abandoned = await proveAll()
    await ledger.revert()
    await addRecords(world, 1500, { isFinal: false, branch: 2 })
    assert.notEqual(await proveAll(), abandoned)
  })

  test('entries of the state, and that others are absent', async () => {
    const { network, device, asset, owner } = await createWorld()
    const { ledger, reader, primitives } = network
    const { stateRoot } = await network.checkpointAt(ledger.position.height)
    for (const key of [NETWORK_KEY, identityKey(device.address), assetKey(asset.id), streamKey(device.address, 'odometer'), counterKey(owner.address, owner.address)]) {
      const { key: keyBytes, value, siblings } = reader.state(key)
      assert.ok(value && isInState(ledger.network, keyBytes, value, siblings, stateRoot, primitives.sha256))
      assert.ok(decode(value) !== undefined)
    }
    const { key, value, siblings, neighbour } = reader.state(identityKey('tt1nobody'))
    assert.equal(value, null)
    assert.ok(isAbsentFromState(ledger.network, key, neighbour, siblings, stateRoot, primitives.sha256))
    assert.equal(reader.indexOf(new Uint8Array(32)), null)
  })

  test('what a sender said about a subject, in order', async () => {
    const { network, authority, owner } = await createWorld()
    const sent = await network.reader.sent(authority.address, authority.address, 0)
    assert.deepEqual(sent.map(({ bytes }) => decodeTransaction(bytes).call), [CALLS.createAsset])
    assert.deepEqual((await network.reader.sent(owner.address, owner.address, 0)).map(({ bytes }) => decodeTransaction(bytes).call), [CALLS.enrolDevice])
    assert.deepEqual(await network.reader.sent(owner.address, owner.address, 1), [])
    assert.deepEqual(await network.reader.sent(owner.address, authority.address, 0), [])
  })
})
