import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { NO_PREVIOUS, createdId, decode, equalBytes, publicKeyToCose } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { CALLS, admit, consentOf, createAsset, keySignature, record, recordContent, role, testIdentity, testSigner, tick } from '@telltale/testing'
import type { TestIdentity, TestMessage, TestNetwork } from '@telltale/testing'
import { INTERVALS_MAX } from '../../src/limits.ts'
import { assetKey } from '../../src/state/key.ts'
import { assetRowFromCbor } from '../../src/state/rows.ts'
import type { AssetRow } from '../../src/state/rows.ts'
import { codeOf, codeUnder, createWorld, sendAll } from '../world.ts'
import type { World } from '../world.ts'

const COMMITMENT = new Uint8Array(32).fill(3)

function assetOf(network: TestNetwork, id: string): AssetRow {
  return assetRowFromCbor(decode(network.reader.state(assetKey(id)).value as Uint8Array))
}

/** A message whose last argument is the consent of `party`, or null. */
async function withConsent(network: TestNetwork, message: TestMessage, party: TestIdentity | null): Promise<TestMessage> {
  const { key, call, sub, args } = message
  return { ...message, args: [...args, party && (await consentOf(network, party, call, key.address, sub, args))] }
}

suite('8 create asset', () => {
  const creation = ({ network, owner }: World, key: TestIdentity, party: TestIdentity | null = owner, forWhom = owner): Promise<TestMessage> =>
    withConsent(network, { key, call: CALLS.createAsset, sub: key.address, args: [COMMITMENT, forWhom.address] }, party)

  test('an organisation or an operator enters it, with the consent of an owner', async () => {
    const world = await createWorld()
    const { network, organisation, operator, owner, buyer, custodian, authority } = world
    assert.equal(await codeOf(network, { ...(await creation(world, operator)), sub: owner.address }), 'invalid-signature')
    const elsewhere = await withConsent(network, { key: operator, call: CALLS.createAsset, sub: owner.address, args: [COMMITMENT, owner.address] }, owner)
    assert.equal(await codeOf(network, elsewhere), 'wrong-subject')
    for (const stranger of [owner, custodian]) assert.equal(await codeOf(network, await creation(world, stranger)), 'not-allowed')
    assert.equal(await codeOf(network, await creation(world, operator, custodian, custodian)), 'unknown-identity')
    assert.equal(await codeOf(network, await creation(world, operator, owner, testIdentity(99))), 'unknown-identity')
    assert.equal(await codeOf(network, await creation(world, operator, null)), 'consent-required')
    assert.equal(await codeOf(network, await creation(world, operator, { ...owner, signer: testSigner(12, 'EdDSA', 1) })), 'consent-required')
    assert.equal(await codeOf(network, await creation(world, operator, buyer)), 'invalid-signature')
    for (const creator of [operator, organisation, authority]) assert.equal(await codeOf(network, await creation(world, creator)), 'accepted')
  })

  test('its id comes from the transaction, its owner holds it from the next block on', async () => {
    const world = await createWorld()
    const { network, operator, owner } = world
    const message = await creation(world, operator)
    const { id, height } = await network.send(message.key, message.call, message.sub, message.args)
    const row = assetOf(network, createdId('ta', id))
    assert.deepEqual(row, { owners: [{ value: owner.address, from: height + 1, to: null }], commitment: COMMITMENT, streams: [], creator: operator.address, transfers: 0, lastTransfer: NO_PREVIOUS })
  })

  test('somebody who enters an asset for themselves needs nobody else', async () => {
    const { network, authority } = await createWorld()
    const both = testIdentity(101)
    await admit(network, both, { roles: [role('owner'), role('operator')], by: authority })
    const alone: TestMessage = { key: both, call: CALLS.createAsset, sub: both.address, args: [COMMITMENT, both.address, null] }
    assert.equal(await codeOf(network, await withConsent(network, { ...alone, args: alone.args.slice(0, 2) }, both)), 'surplus-consent')
    assert.equal(await codeOf(network, alone), 'accepted')
  })

  test('a consent is for one sender, call, commitment and network', async () => {
    const world = await createWorld()
    const { network, operator, organisation, owner } = world
    const honest = await creation(world, operator)
    const other = await createWorld({ parameters: { name: 'elsewhere' } })
    const wrong: TestMessage[] = [
      { ...(await creation(world, organisation)), args: honest.args },
      { ...honest, args: honest.args.with(0, new Uint8Array(32)) },
      { ...honest, args: (await withConsent(other.network, { ...honest, args: honest.args.slice(0, 2) }, owner)).args },
      { ...honest, args: [...honest.args.slice(0, 2), await consentOf(network, owner, CALLS.transfer, operator.address, operator.address, honest.args.slice(0, 2))] },
    ]
    for (const message of wrong) assert.equal(await codeOf(network, message), 'invalid-signature')
    assert.equal(await codeOf(network, honest), 'accepted')
  })

  test('one consent makes one asset', async () => {
    const world = await createWorld()
    const honest = await creation(world, world.operator)
    assert.equal(await codeOf(world.network, honest), 'accepted')
    assert.equal(await codeOf(world.network, honest), 'invalid-signature')
    assert.equal(await codeOf(world.network, await creation(world, world.operator)), 'accepted')
  })
})

suite('9 enrol device', () => {
  const enrolment = async ({ network, asset }: World, key: TestIdentity, device: TestIdentity, streams: Cbor = ['odometer'], party: TestIdentity | null = null): Promise<TestMessage> =>
    withConsent(network, { key, call: CALLS.enrolDevice, sub: key.address, args: [asset.id, publicKeyToCose(device.signer.publicKey), await keySignature(network, device, 'device', asset.id), streams] }, party)

  test('by the owner alone, or by whoever created the asset with the owner', async () => {
    const world = await createWorld()
    const { network, authority, organisation, owner, buyer } = world
    const device = testIdentity(102)
    assert.equal(await codeOf(network, await enrolment(world, buyer, device)), 'not-allowed')
    assert.equal(await codeOf(network, await enrolment(world, organisation, device, ['a'], owner)), 'not-allowed')
    assert.equal(await codeOf(network, await enrolment(world, authority, device)), 'consent-required')
    assert.equal(await codeOf(network, await enrolment(world, authority, device, ['a'], buyer)), 'invalid-signature')
    assert.equal(await codeOf(network, await enrolment(world, authority, device, ['a'], owner)), 'accepted')
    assert.equal(await codeOf(network, await enrolment(world, owner, testIdentity(103), ['odometer'], owner)), 'surplus-consent')
    assert.equal(await codeOf(network, await enrolment(world, owner, testIdentity(103))), 'accepted')
    assert.equal(await codeOf(network, { ...(await enrolment(world, owner, testIdentity(104))), sub: buyer.address }), 'wrong-subject')
  })

  test('the device agrees to one asset: nobody enrols it elsewhere with a copy of what it signed', async () => {
    const world = await createWorld()
    const { network, owner, operator } = world
    const other = await createAsset(network, { owner, by: operator })
    const honest = await enrolment(world, owner, testIdentity(102))
    assert.equal(await codeOf(network, { ...honest, args: honest.args.with(0, other.id) }), 'invalid-signature')
    assert.equal(await codeOf(network, await enrolment({ ...world, asset: other }, owner, testIdentity(103))), 'accepted')
    assert.equal(await codeOf(network, honest), 'accepted')
  })

  test('the device agrees with its key, which is new', async () => {
    const world = await createWorld()
    const { network, owner, device, buyer } = world
    const fresh = testIdentity(102)
    const honest = await enrolment(world, owner, fresh)
    assert.equal(await codeOf(network, { ...honest, args: honest.args.with(2, await keySignature(network, fresh, 'identity', world.asset.id)) }), 'invalid-signature')
    assert.equal(await codeOf(network, { ...honest, args: honest.args.with(2, await keySignature(network, { ...fresh, signer: buyer.signer }, 'device', world.asset.id)) }), 'invalid-signature')
    for (const known of [device, buyer]) assert.equal(await codeOf(network, await enrolment(world, owner, known)), 'address-occupied')
    const nowhere = createdId('ta', COMMITMENT)
    assert.equal(await codeOf(network, await enrolment({ ...world, asset: { ...world.asset, id: nowhere } }, owner, fresh)), 'unknown-asset')
    assert.equal(await codeOf(network, honest), 'accepted')
  })

  test('names of streams: well formed, each once, 1 to 16', async () => {
    const world = await createWorld()
    const { network, owner } = world
    const code = async (streams: Cbor): Promise<string> => codeOf(network, await enrolment(world, owner, testIdentity(102), streams))
    for (const name of ['', 'Odometer', 'a b', 'a/b', 'x'.repeat(33), 'é']) assert.equal(await code([name]), 'malformed-name', name)
    assert.equal(await code(['a', 'b', 'a']), 'stream-exists')
    assert.equal(await code([]), 'wrong-shape')
    assert.equal(await code(Array.from({ length: 17 }, (_, i) => `s${i}`)), 'wrong-shape')
    assert.equal(await code(Array.from({ length: 16 }, (_, i) => `s${i}`)), 'accepted')
  })

  test('only algorithms that the network admits', async () => {
    const world = await createWorld({ parameters: { algorithms: ['EdDSA'] } })
    assert.equal(await codeOf(world.network, await enrolment(world, world.owner, testIdentity(102, 'ES256'))), 'algorithm-not-allowed')
    assert.equal(await codeOf(world.network, await enrolment(world, world.owner, testIdentity(102))), 'accepted')
  })

  test('not in the block that enters the asset', async () => {
    const world = await createWorld()
    const { network, authority, owner } = world
    const creation = await withConsent(network, { key: authority, call: CALLS.createAsset, sub: authority.address, args: [COMMITMENT, owner.address] }, owner)
    const bytes = await network.sign(creation)
    const read = network.ledger.read(bytes)
    assert.ok(read.ok)
    const asset = { ...world.asset, id: createdId('ta', read.value.id) }
    const early = await network.sign(await enrolment({ ...world, asset }, owner, testIdentity(102)))
    await assert.rejects(network.block([bytes, early]), { code: 'not-in-force' })
    await network.block([bytes])
    await network.block([early])
  })

  test('at most 1,024 streams of an asset', async () => {
    const world = await createWorld()
    const { network, owner, asset, device } = world
    const names = (i: number, count: number): string[] => Array.from({ length: count }, (_, k) => `s${i}-${k}`)
    const messages = await Promise.all(Array.from({ length: 63 }, (_, i) => enrolment(world, owner, testIdentity(200 + i), names(i, 16))))
    await sendAll(network, messages.map((message, i) => ({ ...message, sequence: 1 + i })))
    assert.equal(assetOf(network, asset.id).streams.length, 1 + 63 * 16)
    assert.equal(await codeOf(network, await enrolment(world, owner, testIdentity(300), names(63, 16))), 'too-many-intervals')
    assert.equal(await codeOf(network, await enrolment(world, owner, testIdentity(300), names(63, 15))), 'accepted')
    assert.equal(await codeOf(network, { key: owner, call: CALLS.addStream, sub: asset.id, args: [device.address, 'more', null] }), 'too-many-intervals')
  })
})

suite('10 add stream', () => {
  const addition = async ({ network, asset, device }: World, key: TestIdentity, name = 'driving', party: TestIdentity | null = null, address = device.address): Promise<TestMessage> =>
    withConsent(network, { key, call: CALLS.addStream, sub: asset.id, args: [address, name] }, party)

  test('as an enrolment: the owner, or the creator with the owner, for an active device of the asset', async () => {
    const world = await createWorld()
    const { network, authority, owner, buyer, operator } = world
    assert.equal(await codeOf(network, { ...(await addition(world, owner)), sub: createdId('ta', COMMITMENT) }), 'unknown-asset')
    assert.equal(await codeOf(network, await addition(world, owner, 'driving', null, operator.address)), 'unknown-device')
    assert.equal(await codeOf(network, await addition(world, owner, 'odometer')), 'stream-exists')
    assert.equal(await codeOf(network, await addition(world, owner, 'Driving')), 'malformed-name')
    assert.equal(await codeOf(network, await addition(world, buyer)), 'not-allowed')
    assert.equal(await codeOf(network, await addition(world, authority)), 'consent-required')
    assert.equal(await codeOf(network, await addition(world, authority, 'a', buyer)), 'invalid-signature')
    assert.equal(await codeOf(network, await addition(world, authority, 'a', owner)), 'accepted')
    assert.equal(await codeOf(network, await addition(world, owner)), 'accepted')
  })

  test('a device of another asset has no streams here', async () => {
    const world = await createWorld()
    const { network, owner, device } = world
    const other = await createAsset(network, { owner })
    assert.equal(await codeOf(network, await addition({ ...world, asset: other }, owner, 'driving', null, device.address)), 'unknown-device')
    assert.equal(await codeOf(network, await addition(world, owner)), 'accepted')
  })
})

suite('11 retire device', () => {
  const retirement = ({ asset, device }: World, key: TestIdentity, address = device.address): TestMessage => ({ key, call: CALLS.retireDevice, sub: asset.id, args: [address, 'replaced'] })

  test('by the owner or whoever created the asset; what it said stays', async () => {
    const world = await createWorld()
    const { network, owner, buyer, organisation, device, asset } = world
    await record(network, device, 'odometer')
    assert.equal(await codeOf(network, { ...retirement(world, owner), sub: createdId('ta', COMMITMENT) }), 'unknown-asset')
    assert.equal(await codeOf(network, retirement(world, owner, buyer.address)), 'unknown-device')
    for (const stranger of [buyer, organisation]) assert.equal(await codeOf(network, retirement(world, stranger)), 'not-allowed')
    const next = recordContent(network, device, 'odometer')
    const last: TestMessage = { key: device, call: CALLS.record, sub: 'odometer', args: next.args }
    await sendAll(network, [retirement(world, owner), last])
    const { height } = network.ledger.position
    assert.deepEqual(assetOf(network, asset.id).streams.map(({ value, to }) => [value, to]), [[world.stream, height + 1]])
    assert.equal(network.stream(device.address, 'odometer')?.count, 2)
    const after = recordContent(network, device, 'odometer')
    assert.equal(await codeOf(network, { ...last, args: after.args }), 'role-not-in-force')
    assert.equal(await codeOf(network, retirement(world, owner)), 'unknown-device')
    assert.equal(await codeOf(network, { key: owner, call: CALLS.addStream, sub: asset.id, args: [device.address, 'driving', null] }), 'unknown-device')
  })

  test('a stream that was opened in the same block stays in the list', async () => {
    const world = await createWorld()
    const { network, owner, device, asset } = world
    await sendAll(network, [
      { key: owner, call: CALLS.addStream, sub: asset.id, args: [device.address, 'driving', null], sequence: 0 },
      { ...retirement(world, owner), sequence: 1 },
    ])
    assert.deepEqual(assetOf(network, asset.id).streams.map(({ value }) => value), [world.stream, `${device.address}/driving`])
  })

  test('by the creator too', async () => {
    const world = await createWorld()
    const { network, authority, asset, owner, buyer } = world
    const sold = await createWorld()
    const args: Cbor[] = [0, NO_PREVIOUS, buyer.address, publicKeyToCose(buyer.signer.publicKey)]
    const sale = await withConsent(sold.network, { key: owner, call: CALLS.transfer, sub: sold.asset.id, args }, buyer)
    await sold.network.send(sale.key, sale.call, sale.sub, sale.args)
    assert.equal(await codeOf(sold.network, retirement(sold, authority)), 'not-allowed', 'not once it was sold')
    assert.equal(await codeOf(sold.network, retirement(sold, buyer)), 'accepted')
    assert.equal(await codeOf(network, retirement({ ...world, asset }, authority)), 'accepted')
  })
})

suite('12 transfer', () => {
  const transfer = async ({ network, asset }: World, key: TestIdentity, to: TestIdentity, change: { number?: number; previous?: Uint8Array; signer?: TestIdentity; party?: TestIdentity } = {}): Promise<TestMessage> => {
    const row = assetOf(network, asset.id)
    const args: Cbor[] = [change.number ?? row.transfers, change.previous ?? row.lastTransfer, to.address, publicKeyToCose((change.signer ?? to).signer.publicKey)]
    return withConsent(network, { key, call: CALLS.transfer, sub: asset.id, args }, change.party ?? to)
  }

  test('from owner to owner, each transfer naming the one before', async () => {
    const world = await createWorld()
    const { network, owner, buyer, asset } = world
    const first = await transfer(world, owner, buyer)
    const { id, height } = await network.send(first.key, first.call, first.sub, first.args)
    const row = assetOf(network, asset.id)
    assert.deepEqual(row.owners.map(({ value, to }) => [value, to]), [[owner.address, height + 1], [buyer.address, null]])
    assert.ok(row.transfers === 1 && equalBytes(row.lastTransfer, id))
    assert.equal(await codeOf(network, await transfer(world, owner, buyer)), 'not-allowed')
    assert.equal(await codeOf(network, await transfer(world, buyer, owner, { number: 0 })), 'wrong-transfer-number')
    assert.equal(await codeOf(network, await transfer(world, buyer, owner, { previous: NO_PREVIOUS })), 'wrong-transfer-number')
    assert.equal(await codeOf(network, await transfer(world, buyer, owner)), 'accepted')
  })

  test('by the owner, to somebody else who is one and consents with the key named', async () => {
    const world = await createWorld()
    const { network, owner, buyer, custodian, authority, asset } = world
    assert.equal(await codeOf(network, { ...(await transfer(world, owner, buyer)), sub: createdId('ta', COMMITMENT) }), 'invalid-signature')
    const nowhere = await withConsent(network, { key: owner, call: CALLS.transfer, sub: createdId('ta', COMMITMENT), args: [0, NO_PREVIOUS, buyer.address, publicKeyToCose(buyer.signer.publicKey)] }, buyer)
    assert.equal(await codeOf(network, nowhere), 'unknown-asset')
    assert.equal(await codeOf(network, await transfer(world, buyer, buyer)), 'not-allowed')
    assert.equal(await codeOf(network, await transfer(world, authority, buyer)), 'not-allowed')
    assert.equal(await codeOf(network, await transfer(world, owner, owner)), 'already-owner')
    assert.equal(await codeOf(network, await transfer(world, owner, custodian)), 'unknown-identity')
    assert.equal(await codeOf(network, await transfer(world, owner, buyer, { signer: custodian })), 'key-mismatch')
    assert.equal(await codeOf(network, await transfer(world, owner, buyer, { party: custodian })), 'invalid-signature')
    assert.equal(await codeOf(network, await transfer(world, owner, buyer, { party: { ...buyer, signer: testSigner(13, 'EdDSA', 3) } })), 'consent-required')
    assert.equal(assetOf(network, asset.id).transfers, 0)
    assert.equal(await codeOf(network, await transfer(world, owner, buyer)), 'accepted')
  })

  test('once a block', async () => {
    const world = await createWorld()
    const { network, owner, buyer } = world
    const third = testIdentity(105)
    await admit(network, third, { roles: [role('owner')] })
    const one = await network.sign(await transfer(world, owner, buyer))
    const two = await network.sign({ ...(await transfer(world, owner, third)), sequence: 1 })
    await assert.rejects(network.block([one, two]), { code: 'not-in-force' })
    await network.block([one])
    await assert.rejects(network.block([two]), { code: 'not-allowed' })
  })

  test('a suspended owner, or one whose role expired, disposes of nothing', async () => {
    const world = await createWorld()
    const { network, owner, buyer, authority, device, asset } = world
    await network.send(authority, CALLS.suspend, owner.address, ['dispute'])
    assert.equal(await codeOf(network, await transfer(world, owner, buyer)), 'role-not-in-force')
    assert.equal(await codeOf(network, { key: owner, call: CALLS.addStream, sub: asset.id, args: [device.address, 'driving', null] }), 'role-not-in-force')
    assert.equal(await codeOf(network, { key: owner, call: CALLS.retireDevice, sub: asset.id, args: [device.address, 'sold'] }), 'role-not-in-force')
    await network.send(authority, CALLS.roles, owner.address, [[role('owner', null, network.ledger.position.timeMs + 5_000)]])
    assert.equal(await codeOf(network, { key: owner, call: CALLS.addStream, sub: asset.id, args: [device.address, 'driving', null] }), 'accepted')
    for (let i = 0; i < 4; i++) await tick(network)
    assert.equal(await codeOf(network, await transfer(world, owner, buyer)), 'role-not-in-force')
  })

  test('at most 1,024 owners', async () => {
    const world = await createWorld()
    const { network, owner, buyer, asset } = world
    const message = await transfer(world, owner, buyer)
    const withOwners = (count: number): Promise<string> =>
      codeUnder(network, message, assetKey(asset.id), (row: AssetRow) => ({ ...row, owners: [...Array.from({ length: count - 1 }, () => ({ value: buyer.address, from: 0, to: 1 })), ...row.owners] }))
    assert.equal(await withOwners(INTERVALS_MAX - 1), 'accepted')
    assert.equal(await withOwners(INTERVALS_MAX), 'too-many-intervals')
  })
})
