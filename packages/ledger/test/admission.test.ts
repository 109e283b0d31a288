import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encode, encodeSign1, decodeSign1, publicKeyToCose } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { CALLS, admit, admitMessage, keySignature, record, recordContent, role, testIdentity, testSigner, tick } from '@telltale/testing'
import type { TestMessage } from '@telltale/testing'
import { codeOf, codeOfBlock, createWorld, sendAll } from './world.ts'

/** A transaction that always holds: somebody unknown is admitted. */
async function someAdmission({ network }: Awaited<ReturnType<typeof createWorld>>, n: number): Promise<TestMessage> {
  return admitMessage(network, testIdentity(n), { roles: [role('owner')] })
}

suite('what every transaction has to be', () => {
  test('from an identity that is admitted, with a key in force and its algorithm', async () => {
    const { network, owner, authority } = await createWorld()
    const message = (key = owner): TestMessage => ({ key, call: CALLS.sealKey, sub: key.address, args: [0, testIdentity(50).signer.publicKey.material] })
    assert.equal(await codeOf(network, message(testIdentity(99))), 'unknown-identity')
    assert.equal(await codeOf(network, message({ address: owner.address, signer: testSigner(12, 'EdDSA', 1) })), 'key-not-in-force')
    assert.equal(await codeOf(network, message({ address: owner.address, signer: testSigner(12, 'ES256') })), 'wrong-algorithm')
    assert.equal(await codeOf(network, message({ address: owner.address, signer: authority.signer })), 'invalid-signature')
    assert.equal(await codeOf(network, message()), 'accepted')
  })

  test('signed over exactly these bytes', async () => {
    const world = await createWorld()
    const bytes = await world.network.sign(await someAdmission(world, 60))
    const damaged = encodeSign1({ ...decodeSign1(bytes), signature: new Uint8Array(64).fill(1) })
    assert.equal(await codeOfBlock(world.network, [damaged]), 'invalid-signature')
    assert.equal(await codeOfBlock(world.network, [encodeSign1({ ...decodeSign1(bytes), signature: new Uint8Array(0) })]), 'invalid-signature')
    assert.equal(await codeOfBlock(world.network, [bytes]), 'accepted')
  })

  test('for this network', async () => {
    const world = await createWorld()
    const other = await createWorld({ parameters: { name: 'another' } })
    const message = await someAdmission(world, 60)
    assert.equal(await codeOfBlock(world.network, [await other.network.sign({ ...message, sequence: 100 })]), 'wrong-network')
    assert.equal(await codeOf(world.network, message), 'accepted')
  })

  test('of a kind that the ledger knows', async () => {
    const { network, owner } = await createWorld()
    for (const call of [0, 6, 7, 13, 21, 25, 36, 64, 65_535]) assert.equal(await codeOf(network, { key: owner, call, sub: owner.address, args: [], sequence: 0 }), 'unknown-call')
  })

  test('the next of its sender about its subject', async () => {
    const world = await createWorld()
    const { network } = world
    const message = await someAdmission(world, 60)
    assert.equal(await codeOf(network, { ...message, sequence: 1 }), 'gap')
    assert.equal(await codeOf(network, { ...message, sequence: Number.MAX_SAFE_INTEGER }), 'gap')
    const bytes = await network.sign(message)
    assert.equal(await codeOfBlock(network, [bytes]), 'accepted')
    assert.equal(await codeOfBlock(network, [bytes]), 'already-included')
    assert.equal(await codeOf(network, { ...message, args: [...message.args.slice(0, 3), [role('operator')]], sequence: 0 }), 'sequence-taken')
  })

  test('the same twice in one block is refused, and so are two for one place', async () => {
    const world = await createWorld()
    const bytes = await world.network.sign(await someAdmission(world, 60))
    assert.equal(await codeOfBlock(world.network, [bytes, bytes]), 'already-included')
    const { key, call, sub } = await someAdmission(world, 60)
    const other = await world.network.sign({ key, call, sub, args: [publicKeyToCose(testSigner(60).publicKey), new Uint8Array(64), null, [role('owner')]] })
    assert.notDeepEqual(other, bytes)
    assert.equal(await codeOfBlock(world.network, [bytes]), 'accepted')
  })

  test('sequences count by sender and subject: two subjects do not wait for each other', async () => {
    const { network, device, owner, asset } = await createWorld()
    await network.send(owner, CALLS.addStream, asset.id, [device.address, 'driving', null])
    await record(network, device, 'odometer')
    await record(network, device, 'odometer')
    await record(network, device, 'driving')
    assert.equal(network.stream(device.address, 'odometer')?.count, 2)
    assert.equal(network.stream(device.address, 'driving')?.count, 1)
    const late = recordContent(network, device, 'driving', { sequence: 7 })
    assert.equal(await codeOf(network, { key: device, call: CALLS.record, sub: 'driving', args: late.args, sequence: 7 }), 'gap')
  })

  test('a record for a stream that does not exist is told so, whatever its sequence: there is no gap to wait for', async () => {
    const { network, device } = await createWorld()
    for (const sequence of [0, 7]) {
      const { args } = recordContent(network, device, 'nowhere', { sequence })
      assert.equal(await codeOf(network, { key: device, call: CALLS.record, sub: 'nowhere', args, sequence }), 'unknown-stream')
    }
  })
})

suite('quota', () => {
  const parameters = { quotaBytes: 65_536, quotaWindowMs: 60_000 }

  test('bytes of an organisation and its people in a window; the next window is another', async () => {
    const { network, organisation, operator, owner, stream } = await createWorld({ parameters })
    const start = Math.ceil(network.ledger.position.timeMs / 60_000) * 60_000
    const large = async (key = organisation, n = 0): Promise<Uint8Array> => network.sign({ ...(await admitMessage(network, testIdentity(200 + n), { roles: [role('owner')], by: key, organisation: organisation.address })) })
    const size = (await large()).length
    const fits = Math.floor(65_536 / size)
    const batch = await Promise.all(Array.from({ length: fits }, (_, n) => large(organisation, n)))
    assert.equal(await codeOfBlock(network, batch, start), 'accepted')
    assert.equal(await codeOfBlock(network, [await large(organisation, fits)], start + 59_999), 'quota')
    // Another one of the organisation spends from the same account; somebody else does not.
    assert.equal(await codeOfBlock(network, [await network.sign({ key: operator, call: CALLS.correction, sub: stream, args: [null, null, 'note', 'x'.repeat(1000)] })], start + 59_999), 'quota')
    assert.equal(await codeOfBlock(network, [await network.sign({ key: owner, call: CALLS.sealKey, sub: owner.address, args: [0, new Uint8Array(32).fill(9)] })], start + 59_999), 'accepted')
    assert.equal(await codeOfBlock(network, [await large(organisation, fits)], start + 60_000), 'accepted')
  })

  test('a device spends from the account of whoever enrolled it', async () => {
    const { network, owner, device } = await createWorld({ parameters })
    const start = Math.ceil(network.ledger.position.timeMs / 60_000) * 60_000
    let code = 'accepted'
    let records = 0
    while (code === 'accepted') {
      const { args } = recordContent(network, device, 'odometer')
      code = await codeOfBlock(network, [await network.sign({ key: device, call: CALLS.record, sub: 'odometer', args })], Math.max(start, network.ledger.position.timeMs + 1))
      if (code === 'accepted') records += 1
    }
    assert.equal(code, 'quota')
    assert.ok(records > 100)
    // What is left holds no more than a record less, whoever spends it.
    let own = 'accepted'
    for (let number = 0; number < 3 && own === 'accepted'; number++) {
      own = await codeOfBlock(network, [await network.sign({ key: owner, call: CALLS.sealKey, sub: owner.address, args: [number, new Uint8Array(32).fill(9)] })], start + 59_000 + number)
    }
    assert.equal(own, 'quota')
  })
})

suite('the quota of what a transaction refers to', () => {
  test('counts too: nodes store it beside the log', async () => {
    const { network, device } = await createWorld({ parameters: { quotaBytes: 65_536, quotaWindowMs: 60_000 } })
    const start = Math.ceil(network.ledger.position.timeMs / 60_000) * 60_000
    const referring = async (length: number): Promise<Uint8Array[]> => {
      const { args } = recordContent(network, device, 'odometer')
      return [await network.sign({ key: device, call: CALLS.record, sub: 'odometer', args: args.with(3, [new Uint8Array(32).fill(1), length]) })]
    }
    assert.equal(await codeOfBlock(network, await referring(40_000), start), 'accepted')
    assert.equal(await codeOfBlock(network, await referring(40_000), start + 1), 'quota')
    assert.equal(await codeOfBlock(network, await referring(20_000), start + 2), 'accepted')
    // More than the quota by itself: the first of a window.
    assert.equal(await codeOfBlock(network, await referring(8_388_608), start + 60_000), 'accepted')
    assert.equal(await codeOfBlock(network, await referring(0), start + 60_001), 'quota')
  })
})

suite('from which block on something holds', () => {
  test('an identity acts from the next block on, not in the block that admits it', async () => {
    const { network } = await createWorld()
    const fresh = testIdentity(70)
    const admission = await network.sign(await admitMessage(network, fresh, { roles: [role('owner')] }))
    const first = await network.sign({ key: fresh, call: CALLS.sealKey, sub: fresh.address, args: [0, new Uint8Array(32).fill(9)], sequence: 0 })
    assert.equal(await codeOfBlock(network, [admission, first]), 'unknown-identity')
    assert.equal(await codeOfBlock(network, [admission]), 'accepted')
    assert.equal(await codeOfBlock(network, [first]), 'accepted')
  })

  test('a rotated key ends with its block: the old one signs in it, not after it, and its signature checked before does not help', async () => {
    const { network, owner } = await createWorld()
    const next = { address: owner.address, signer: testSigner(71, 'ES256', 1) }
    const rotation = await network.sign({ key: owner, call: CALLS.rotate, sub: owner.address, args: [1, publicKeyToCose(next.signer.publicKey), await keySignature(network, next, 'rotation')] })
    const message = (key: typeof owner, number: number): TestMessage => ({ key, call: CALLS.sealKey, sub: owner.address, args: [number, new Uint8Array(32).fill(9)] })
    // 0 was the enrolment of the device, 1 is the rotation.
    const before = await network.sign({ ...message(owner, 0), sequence: 2 })
    const early = await network.sign({ ...message(next, 0), sequence: 2 })
    assert.equal(await codeOfBlock(network, [rotation, early]), 'key-not-in-force')
    // Checked under the old key while that was in force, ordered after the rotation: the key is compared again where it is executed.
    const stale = network.ledger.read(before)
    assert.ok(stale.ok)
    const checked = { read: stale.value, keys: [owner.signer.publicKey] }
    assert.equal(await codeOfBlock(network, [rotation, before]), 'accepted')
    const after = network.ledger.read(await network.sign(message(owner, 1)))
    assert.ok(after.ok)
    const { position } = network.ledger
    const codes: string[] = []
    const plan = { height: position.height + 1, timeMs: position.timeMs + 1, finalHeight: position.height }
    network.ledger.execute(position, { ...plan, transactions: [{ read: after.value, keys: [owner.signer.publicKey] }, checked] }, (_, verdict) => codes.push(verdict.code))
    assert.deepEqual(codes, ['key-not-in-force', 'key-not-in-force'])
    const renewed = network.ledger.read(await network.sign(message(next, 1)))
    assert.ok(renewed.ok)
    codes.length = 0
    network.ledger.execute(position, { ...plan, transactions: [{ read: renewed.value, keys: [owner.signer.publicKey] }] }, (_, verdict) => codes.push(verdict.code))
    network.ledger.execute(position, { ...plan, transactions: [{ read: renewed.value, keys: [] }] }, (_, verdict) => codes.push(verdict.code))
    assert.deepEqual(codes, ['key-changed', 'key-changed'])
    assert.equal(await codeOf(network, message(next, 1)), 'accepted')
  })

  test('a role ends at its expiry, by the time of the block', async () => {
    const { network, organisation, stream } = await createWorld()
    const expiryMs = network.ledger.position.timeMs + 10_000
    const operator = testIdentity(72)
    await admit(network, operator, { roles: [role('operator', 'service', expiryMs)], by: organisation })
    const note = (text: string): TestMessage => ({ key: operator, call: CALLS.correction, sub: stream, args: [null, null, 'replaced', text] })
    assert.equal(await codeOfBlock(network, [await network.sign(note('at the last millisecond'))], expiryMs - 1), 'accepted')
    assert.equal(await codeOfBlock(network, [await network.sign(note('too late'))], expiryMs), 'not-allowed')
  })

  test('suspension ends every role from the next block on', async () => {
    const { network, organisation, operator, stream } = await createWorld()
    const note = (text: string, sequence: number): TestMessage => ({ key: operator, call: CALLS.correction, sub: stream, args: [null, null, 'replaced', text], sequence })
    await sendAll(network, [{ key: organisation, call: CALLS.suspend, sub: operator.address, args: ['left the firm'] }, note('in the same block', 0)])
    assert.equal(await codeOf(network, note('afterwards', 1)), 'not-allowed')
    await tick(network)
    assert.equal(await codeOf(network, note('later', 1)), 'not-allowed')
  })
})

suite('transactions of another form', () => {
  test('arguments of another number or kind are refused before any state is looked at', async () => {
    const { network, owner } = await createWorld()
    const numbers = Object.values(CALLS)
    assert.equal(numbers.length, 21)
    for (const call of numbers) {
      for (const args of [[], [null], Array.from({ length: 9 }, () => 0), [encode(null)], [new Map()]] as Cbor[][]) {
        const read = network.ledger.read(await network.sign({ key: owner, call, sub: owner.address, args, sequence: 0 }))
        assert.ok(!read.ok, `${call} with ${args.length}`)
        assert.equal(read.verdict.code, 'wrong-shape', String(call))
      }
    }
  })
})
