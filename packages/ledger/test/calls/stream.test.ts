import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { NO_PREVIOUS, encode, equalBytes, frontierRoot, leafHash, recordLeaf, appendLeaves, EMPTY_FRONTIER } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { CALLS, consentOf, record, recordContent, testIdentity, testSigner } from '@telltale/testing'
import type { RecordOptions, TestMessage } from '@telltale/testing'
import { streamKey } from '../../src/state/key.ts'
import type { StreamRow } from '../../src/state/rows.ts'
import { codeOf, codeOfBlock, codeUnder, createWorld, sendAll } from '../world.ts'
import type { World } from '../world.ts'

const BOOT = new Uint8Array(6).fill(1)
const OTHER = new Uint8Array(32).fill(7)

function recording({ network, device }: World, options: RecordOptions = {}, stream = 'odometer'): TestMessage {
  const { args, sequence } = recordContent(network, device, stream, options)
  return { key: device, call: CALLS.record, sub: stream, args, sequence }
}

suite('16 record', () => {
  test('a chain of records: count, head, epoch and the root over all of them', async () => {
    const world = await createWorld()
    const { network, device } = world
    const leaves: Uint8Array[] = []
    for (const epoch of [undefined, 0, 0, 1, undefined, 1]) {
      const { id, height } = await record(network, device, 'odometer', epoch === undefined ? {} : { epoch })
      leaves.push(leafHash(encode(recordLeaf(height, network.ledger.position.timeMs, id)), network.primitives.sha256))
      const row = network.stream(device.address, 'odometer') as StreamRow
      assert.ok(equalBytes(row.head, id))
      assert.equal(row.count, leaves.length)
      assert.equal(row.lastHeight, height)
      assert.equal(row.lastTimeMs, network.ledger.position.timeMs)
      assert.deepEqual(row.recordRoot, frontierRoot(appendLeaves(EMPTY_FRONTIER, leaves, network.primitives.sha256), network.primitives.sha256))
    }
    assert.equal(network.stream(device.address, 'odometer')?.epoch, 1)
  })

  test('follows the head, in one block too', async () => {
    const world = await createWorld()
    const { network } = world
    assert.equal(await codeOf(network, recording(world, { previous: OTHER })), 'previous-mismatch')
    const first = await network.sign(recording(world))
    const read = network.ledger.read(first)
    assert.ok(read.ok)
    const unlinked = await network.sign(recording(world, { sequence: 1 }))
    assert.equal(await codeOfBlock(network, [first, unlinked]), 'previous-mismatch')
    const second = await network.sign(recording(world, { sequence: 1, previous: read.value.id }))
    assert.equal(await codeOfBlock(network, [second, first]), 'gap')
    assert.equal(await codeOfBlock(network, [first, second]), 'accepted')
    assert.equal(await codeOf(network, recording(world, { previous: NO_PREVIOUS })), 'previous-mismatch')
  })

  test('by the device that has the stream, while it is active', async () => {
    const world = await createWorld()
    const { network, device, owner } = world
    assert.equal(await codeOf(network, { ...recording(world), key: owner }), 'unknown-stream')
    assert.equal(await codeOf(network, recording(world, {}, 'driving')), 'unknown-stream')
    assert.equal(await codeOf(network, recording(world)), 'accepted')
    await network.send(owner, CALLS.retireDevice, world.asset.id, [device.address, 'stolen'])
    assert.equal(await codeOf(network, recording(world)), 'role-not-in-force')
  })

  test('epochs stay or rise by one; an open record changes none', async () => {
    const world = await createWorld()
    const { network } = world
    assert.equal(await codeOf(network, recording(world, { epoch: 2 })), 'wrong-epoch')
    assert.equal(await codeOf(network, recording(world, { epoch: 1 })), 'accepted')
    assert.equal(await codeOf(network, recording(world)), 'accepted')
    for (const epoch of [0, 3, 2 ** 32 - 1]) assert.equal(await codeOf(network, recording(world, { epoch })), 'wrong-epoch')
    assert.equal(await codeOf(network, recording(world, { epoch: 1 })), 'accepted')
    assert.equal(await codeOf(network, recording(world, { epoch: 2 })), 'accepted')
  })

  test('cites only what is in the log', async () => {
    const world = await createWorld()
    const { network, device } = world
    assert.equal(await codeOf(network, recording(world, { cites: OTHER })), 'unknown-citation')
    const { id } = await record(network, device, 'odometer')
    // All of the id counts, whether its block is committed or not: nodes that look at a part of it would not agree.
    assert.equal(await codeOf(network, recording(world, { cites: id.with(31, (id[31] as number) ^ 1) })), 'unknown-citation')
    assert.equal(await codeOf(network, recording(world, { cites: id })), 'accepted')
  })

  test('another shape is refused', async () => {
    const world = await createWorld()
    const { network } = world
    const honest = recording(world)
    const wrong: [number, Cbor][] = [[0, new Uint8Array(31)], [1, new Uint8Array(5)], [2, -1], [2, 2 ** 32], [2, null], [2, [0, 0, 0]], [2, [3, 0, 0, 0]], [2, [0, 2 ** 49, 0, 0]], [2, [0, 0, 0, 16_385]], [3, null], [3, [new Uint8Array(31), 1]], [3, [new Uint8Array(32), 8_388_609]], [4, new Uint8Array(31)]]
    for (const [at, value] of wrong) assert.equal(await codeOf(network, { ...honest, args: honest.args.with(at, value) }), 'wrong-shape', JSON.stringify([at, value]))
    assert.equal(await codeOf(network, honest), 'accepted')
  })

  test('a stream holds 2^32 records', async () => {
    const world = await createWorld()
    const { network, device } = world
    const at = (count: number): Promise<string> => codeUnder(network, recording(world, { sequence: count, previous: NO_PREVIOUS }), streamKey(device.address, 'odometer'), (row: StreamRow) => ({ ...row, count }))
    assert.equal(await at(2 ** 32 - 1), 'accepted')
    assert.equal(await at(2 ** 32), 'stream-full')
  })
})

suite('17 resume', () => {
  const resuming = ({ network, device }: World, previous: Uint8Array, sub = 'odometer'): TestMessage => ({ key: device, call: CALLS.resume, sub, args: [previous, BOOT, 'state lost'], sequence: network.stream(device.address, sub)?.count ?? 0 })

  test('from the head that the ledger shows; it is a leaf, and it is counted', async () => {
    const world = await createWorld()
    const { network, device, stream } = world
    assert.equal(await codeOf(network, resuming(world, NO_PREVIOUS)), 'nothing-to-resume')
    assert.equal(await codeOf(network, resuming(world, OTHER)), 'previous-mismatch')
    assert.equal(await codeOf(network, resuming(world, OTHER, 'driving')), 'unknown-stream')
    const { id } = await record(network, device, 'odometer')
    assert.equal(await codeOf(network, { ...resuming(world, id), args: [id, BOOT, 'x'.repeat(1025)] }), 'wrong-shape')
    assert.equal(await codeOf(network, resuming(world, id)), 'accepted')
    const row = network.stream(device.address, 'odometer') as StreamRow
    assert.deepEqual([row.count, row.discontinuities], [2, 1])
    assert.equal(await codeOf(network, recording(world)), 'accepted')
    const calls = (await network.reader.entries('records', stream, 0, 3)).map(({ bytes }) => network.ledger.read(bytes)).map((read) => read.ok && read.value.transaction.call)
    assert.deepEqual(calls, [16, 17, 16])
  })

  test('what the device signed before it resumed no longer fits', async () => {
    const world = await createWorld()
    const { network, device } = world
    const { id } = await record(network, device, 'odometer')
    const lost = await network.sign(recording(world))
    assert.equal(await codeOf(network, resuming(world, id)), 'accepted')
    assert.equal(await codeOfBlock(network, [lost]), 'sequence-taken')
  })

  test('by an active device only', async () => {
    const world = await createWorld()
    const { network, device, owner } = world
    const { id } = await record(network, device, 'odometer')
    await network.send(owner, CALLS.retireDevice, world.asset.id, [device.address, 'stolen'])
    assert.equal(await codeOf(network, resuming(world, id)), 'role-not-in-force')
  })
})

suite('18 grant', () => {
  const granting = ({ device, buyer }: World, change: { reader?: string; number?: number; stream?: string; range?: Cbor; days?: Cbor; sub?: string } = {}): TestMessage => ({
    key: device,
    call: CALLS.grant,
    sub: change.sub ?? device.address,
    args: [change.reader ?? buyer.address, change.number ?? 0, change.stream ?? 'odometer', 0, change.range ?? [0, null], [OTHER, 100], change.days ?? 30],
  })

  test('by the device, of its own stream, to a reader with a seal key in force', async () => {
    const world = await createWorld()
    const { network, buyer, owner, device } = world
    assert.equal(await codeOf(network, granting(world)), 'unknown-seal-key')
    await network.send(buyer, CALLS.sealKey, buyer.address, [0, new Uint8Array(32).fill(9)])
    assert.equal(await codeOf(network, granting(world, { sub: buyer.address })), 'wrong-subject')
    assert.equal(await codeOf(network, { ...granting(world), key: owner, sub: owner.address }), 'role-not-in-force')
    assert.equal(await codeOf(network, granting(world, { stream: 'driving' })), 'unknown-stream')
    assert.equal(await codeOf(network, granting(world, { reader: testIdentity(99).address })), 'unknown-identity')
    assert.equal(await codeOf(network, granting(world, { number: 1 })), 'unknown-seal-key')
    for (const range of [[2, 1], [-1, null], [0], [0, 2 ** 32]]) assert.equal(await codeOf(network, granting(world, { range })), 'wrong-shape')
    for (const days of [-1, 36_526, 'many']) assert.equal(await codeOf(network, granting(world, { days })), 'wrong-shape')
    assert.equal(await codeOf(network, granting(world)), 'accepted')
    assert.equal(await codeOf(network, granting(world, { range: [5, 5] })), 'accepted')
    await network.send(buyer, CALLS.sealKey, buyer.address, [1, new Uint8Array(32).fill(8)])
    assert.equal(await codeOf(network, granting(world)), 'unknown-seal-key')
    await network.send(owner, CALLS.retireDevice, world.asset.id, [device.address, 'stolen'])
    assert.equal(await codeOf(network, granting(world, { number: 1 })), 'role-not-in-force')
  })

  test('names its attachment', async () => {
    const world = await createWorld()
    const read = world.network.ledger.read(await world.network.sign(granting(world)))
    assert.ok(read.ok)
    assert.deepEqual(world.network.ledger.attachments(read.value), [{ sha256: OTHER, length: 100 }])
  })
})

suite('19 forget', () => {
  const forgetting = async ({ network, device, owner }: World, change: { stream?: string; party?: World['owner']; range?: Cbor; key?: World['owner'] } = {}): Promise<TestMessage> => {
    const key = change.key ?? device
    const args: Cbor[] = [change.stream ?? 'odometer', 0, change.range ?? [0, null]]
    return { key, call: CALLS.forget, sub: key.address, args: [...args, await consentOf(network, change.party ?? owner, CALLS.forget, key.address, key.address, args)] }
  }

  test('by the device, with the consent of the owner', async () => {
    const world = await createWorld()
    const { network, buyer, owner, device } = world
    assert.equal(await codeOf(network, await forgetting(world, { key: owner })), 'role-not-in-force')
    assert.equal(await codeOf(network, { ...(await forgetting(world)), sub: owner.address }), 'invalid-signature')
    assert.equal(await codeOf(network, await forgetting(world, { stream: 'driving' })), 'unknown-stream')
    assert.equal(await codeOf(network, await forgetting(world, { party: buyer })), 'invalid-signature')
    assert.equal(await codeOf(network, await forgetting(world, { party: device })), 'invalid-signature')
    assert.equal(await codeOf(network, await forgetting(world, { party: { ...owner, signer: testSigner(12, 'EdDSA', 4) } })), 'consent-required')
    const honest = await forgetting(world)
    assert.equal(await codeOf(network, { ...honest, args: honest.args.with(2, [0, 5]) }), 'invalid-signature')
    assert.equal(await codeOf(network, { ...honest, args: honest.args.with(3, null) }), 'wrong-shape')
    assert.equal(await codeOf(network, honest), 'accepted')
  })

  test('the consent is about one subject', async () => {
    const world = await createWorld()
    const { network, device, owner } = world
    const args: Cbor[] = ['odometer', 0, [0, null]]
    const elsewhere: TestMessage = { key: device, call: CALLS.forget, sub: owner.address, args: [...args, await consentOf(network, owner, CALLS.forget, device.address, owner.address, args)] }
    assert.equal(await codeOf(network, elsewhere), 'wrong-subject')
    await sendAll(network, [await forgetting(world)])
  })
})
