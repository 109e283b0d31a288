import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decode, publicKeyToCose } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { CALLS, admit, admitMessage, keySignature, role, testIdentity, testSigner } from '@telltale/testing'
import type { TestIdentity, TestMessage, TestNetwork } from '@telltale/testing'
import { identityKey } from '../../src/state/key.ts'
import { identityRowFromCbor } from '../../src/state/rows.ts'
import type { IdentityRow } from '../../src/state/rows.ts'
import { codeOf, createWorld, sendAll } from '../world.ts'

const SEAL_KEY = new Uint8Array(32).fill(9)

function identityOf(network: TestNetwork, { address }: TestIdentity): IdentityRow {
  return identityRowFromCbor(decode(network.reader.state(identityKey(address)).value as Uint8Array))
}

const openRoles = (row: IdentityRow): string[] => row.roles.filter(({ to }) => to === null).map(({ value }) => value.name)

suite('1 admit', () => {
  test('an authority admits anybody, with any role but authority and device', async () => {
    const { network } = await createWorld()
    for (const [i, name] of ['member', 'gateway', 'custodian', 'operator', 'owner'].entries()) {
      const identity = testIdentity(80 + i, i % 2 === 0 ? 'ES256' : 'ES256K')
      await admit(network, identity, { roles: [role(name, 'scope', 2_000_000_000_000)], organisation: null })
      const row = identityOf(network, identity)
      const { height } = network.ledger.position
      assert.deepEqual(row.roles, [{ value: { name, scope: 'scope', expiryMs: 2_000_000_000_000 }, from: height + 1, to: null }])
      assert.deepEqual(row.keys, [{ value: { number: 0, key: identity.signer.publicKey }, from: height + 1, to: null }])
      assert.equal(row.organisation, null)
    }
    for (const name of ['authority', 'device']) assert.equal(await codeOf(network, await admitMessage(network, testIdentity(90), { roles: [role(name)] })), 'role-not-given-here')
  })

  test('an organisation admits its own gateways, operators and owners, nobody else', async () => {
    const { network, organisation, operator, owner, authority } = await createWorld()
    const by = (key: TestIdentity, name: string, forWhom: string | null = key.address): Promise<TestMessage> => admitMessage(network, testIdentity(91), { roles: [role(name)], by: key, organisation: forWhom })
    for (const name of ['member', 'custodian']) assert.equal(await codeOf(network, await by(organisation, name)), 'not-allowed', name)
    assert.equal(await codeOf(network, await by(organisation, 'owner', null)), 'not-allowed')
    assert.equal(await codeOf(network, await by(organisation, 'owner', authority.address)), 'not-allowed')
    for (const stranger of [operator, owner]) assert.equal(await codeOf(network, await by(stranger, 'owner')), 'not-allowed')
    assert.equal(await codeOf(network, await by(organisation, 'gateway')), 'accepted')
    assert.equal(identityOf(network, testIdentity(91)).organisation, organisation.address)
  })

  test('a suspended organisation admits nobody', async () => {
    const { network, organisation, authority } = await createWorld()
    await network.send(authority, CALLS.suspend, organisation.address, ['audit'])
    assert.equal(await codeOf(network, await admitMessage(network, testIdentity(91), { roles: [role('owner')], by: organisation })), 'not-allowed')
  })

  test('the address is that of the key, the key signed for itself, and nobody comes twice', async () => {
    const { network, owner, authority } = await createWorld()
    const fresh = testIdentity(92)
    const honest = await admitMessage(network, fresh, { roles: [role('owner')] })
    const args = (change: [number, Cbor][]): TestMessage => ({ ...honest, args: change.reduce((list, [at, value]) => list.with(at, value), honest.args) })
    assert.equal(await codeOf(network, { ...honest, sub: testIdentity(93).address }), 'invalid-signature')
    const other = testIdentity(93)
    assert.equal(await codeOf(network, { ...args([[1, await keySignature(network, { ...fresh, address: other.address }, 'identity', authority.address)]]), sub: other.address }), 'address-mismatch')
    assert.equal(await codeOf(network, args([[1, await keySignature(network, fresh, 'device', authority.address)]])), 'invalid-signature')
    assert.equal(await codeOf(network, args([[1, await keySignature(network, { ...fresh, signer: owner.signer }, 'identity', authority.address)]])), 'invalid-signature')
    assert.equal(await codeOf(network, args([[1, await keySignature(network, fresh, 'identity', other.address)], [2, other.address]])), 'unknown-identity')
    assert.equal(await codeOf(network, await admitMessage(network, owner, { roles: [role('owner')] })), 'address-occupied')
    assert.equal(await codeOf(network, honest), 'accepted')
    assert.equal(await codeOf(network, { ...honest, sequence: 1 }), 'address-occupied')
  })

  test('whoever copies a key statement cannot make itself the organisation that answers for it', async () => {
    const { network, authority, organisation } = await createWorld()
    const fresh = testIdentity(92)
    const honest = await admitMessage(network, fresh, { roles: [role('owner')], by: authority, organisation: null })
    for (const thief of [organisation, authority]) assert.equal(await codeOf(network, { ...honest, key: thief, args: honest.args.with(2, thief.address) }), 'invalid-signature')
    assert.equal(await codeOf(network, await admitMessage(network, testIdentity(93), { roles: [role('owner')], by: organisation })), 'accepted')
    assert.equal(await codeOf(network, honest), 'accepted')
  })

  test('a key statement of another network or another shape of role is refused', async () => {
    const { network, authority } = await createWorld()
    const elsewhere = await createWorld({ parameters: { name: 'elsewhere' } })
    const honest = await admitMessage(network, testIdentity(92), { roles: [role('owner')] })
    const foreign = await keySignature(elsewhere.network, testIdentity(92), 'identity', authority.address)
    assert.equal(await codeOf(network, { ...honest, args: honest.args.with(1, foreign) }), 'invalid-signature')
    const shapes: Cbor[] = [[], [role('owner'), role('owner')], [role('king')], [['owner', null]], [['owner', 'x'.repeat(65), null]], [['owner', null, -1]], Array.from({ length: 17 }, (_, i) => role('owner', String(i)))]
    for (const roles of shapes) assert.equal(await codeOf(network, { ...honest, args: honest.args.with(3, roles) }), 'wrong-shape')
    assert.equal(await codeOf(network, honest), 'accepted')
  })

  test('only algorithms that the network admits', async () => {
    const { network } = await createWorld({ parameters: { algorithms: ['EdDSA'] } })
    assert.equal(await codeOf(network, await admitMessage(network, testIdentity(92, 'ES256'), { roles: [role('owner')] })), 'algorithm-not-allowed')
    assert.equal(await codeOf(network, await admitMessage(network, testIdentity(92), { roles: [role('owner')] })), 'accepted')
  })
})

suite('2 roles', () => {
  test('the list as a whole: what stays keeps its interval, the rest ends', async () => {
    const { network, organisation, operator } = await createWorld()
    const before = identityOf(network, operator).roles
    await network.send(organisation, CALLS.roles, operator.address, [[role('operator', 'service'), role('gateway')]])
    const added = network.ledger.position.height + 1
    assert.deepEqual(identityOf(network, operator).roles, [...before, { value: { name: 'gateway', scope: null, expiryMs: null }, from: added, to: null }])
    await network.send(organisation, CALLS.roles, operator.address, [[role('gateway')]])
    const ended = network.ledger.position.height + 1
    assert.deepEqual(identityOf(network, operator).roles.map(({ to }) => to), [ended, null])
  })

  test('by whoever answers for the identity, and not for devices or authorities', async () => {
    const { network, organisation, operator, owner, device, authority } = await createWorld()
    const message = (key: TestIdentity, sub: string, roles: Cbor = [role('owner')]): TestMessage => ({ key, call: CALLS.roles, sub, args: [roles] })
    assert.equal(await codeOf(network, message(authority, testIdentity(99).address)), 'unknown-identity')
    assert.equal(await codeOf(network, message(authority, device.address)), 'role-not-given-here')
    assert.equal(await codeOf(network, message(authority, authority.address)), 'role-not-given-here')
    assert.equal(await codeOf(network, message(authority, owner.address, [role('authority')])), 'role-not-given-here')
    assert.equal(await codeOf(network, message(organisation, owner.address)), 'not-allowed')
    assert.equal(await codeOf(network, message(operator, operator.address)), 'not-allowed')
    assert.equal(await codeOf(network, message(organisation, operator.address, [role('custodian')])), 'not-allowed')
    assert.equal(await codeOf(network, message(organisation, operator.address)), 'accepted')
    assert.equal(await codeOf(network, message(authority, owner.address, [role('custodian')])), 'accepted')
  })

  test('a device keeps its role also in the block that enrols it', async () => {
    const { network, authority, owner, asset } = await createWorld()
    const device = testIdentity(95)
    const enrolment: TestMessage = { key: owner, call: CALLS.enrolDevice, sub: owner.address, args: [asset.id, publicKeyToCose(device.signer.publicKey), await keySignature(network, device, 'device', asset.id), ['driving'], null] }
    const change: TestMessage = { key: authority, call: CALLS.roles, sub: device.address, args: [[role('owner')]] }
    await assert.rejects(sendAll(network, [enrolment, change]), { code: 'role-not-given-here' })
    await sendAll(network, [enrolment])
    assert.deepEqual(openRoles(identityOf(network, device)), ['device'])
  })

  test('at most 1,024 intervals; suspension goes on', async () => {
    const { network, authority, owner } = await createWorld()
    const change = async (i: number): Promise<TestMessage> => ({ key: authority, call: CALLS.roles, sub: owner.address, args: [Array.from({ length: 16 }, (_, k) => role('owner', `${i} ${k}`))] })
    for (let i = 0; i < 63; i++) await sendAll(network, [await change(i)])
    assert.equal(identityOf(network, owner).roles.length, 1 + 63 * 16)
    assert.equal(await codeOf(network, await change(63)), 'too-many-intervals')
    assert.equal(await codeOf(network, { key: authority, call: CALLS.suspend, sub: owner.address, args: ['enough'] }), 'accepted')
    assert.deepEqual(openRoles(identityOf(network, owner)), [])
  })
})

suite('3 suspend', () => {
  test('ends all roles; by whoever answers for the identity; once', async () => {
    const { network, authority, organisation, operator, owner, device } = await createWorld()
    const message = (key: TestIdentity, { address }: TestIdentity): TestMessage => ({ key, call: CALLS.suspend, sub: address, args: ['reason'] })
    assert.equal(await codeOf(network, message(authority, testIdentity(99))), 'unknown-identity')
    assert.equal(await codeOf(network, message(organisation, owner)), 'not-allowed')
    assert.equal(await codeOf(network, message(operator, operator)), 'not-allowed')
    assert.equal(await codeOf(network, message(authority, authority)), 'needs-proposal')
    for (const key of [authority, owner]) assert.equal(await codeOf(network, message(key, device)), 'not-allowed')
    assert.equal(await codeOf(network, { ...message(organisation, operator), args: ['x'.repeat(1025)] }), 'wrong-shape')
    assert.equal(await codeOf(network, message(organisation, operator)), 'accepted')
    assert.deepEqual(openRoles(identityOf(network, operator)), [])
    assert.equal(await codeOf(network, message(organisation, operator)), 'already-suspended')
    await network.send(organisation, CALLS.roles, operator.address, [[role('operator', 'service')]])
    assert.equal(await codeOf(network, message(authority, operator)), 'accepted')
  })
})

suite('4 rotate', () => {
  const rotation = async (network: TestNetwork, key: TestIdentity, address: string, next = testSigner(96, 'ES256', 1), number = next.keyNumber): Promise<TestMessage> => ({
    key,
    call: CALLS.rotate,
    sub: address,
    args: [number, publicKeyToCose(next.publicKey), await keySignature(network, { address, signer: next }, 'rotation')],
  })

  test('numbers rise by one, and the key signs for itself', async () => {
    const { network, owner } = await createWorld()
    assert.equal(await codeOf(network, await rotation(network, owner, owner.address, testSigner(96, 'EdDSA', 2))), 'wrong-key-number')
    assert.equal(await codeOf(network, await rotation(network, owner, owner.address, testSigner(96, 'EdDSA', 0))), 'wrong-key-number')
    assert.equal(await codeOf(network, await rotation(network, owner, owner.address, testSigner(96, 'EdDSA', 1), 2)), 'invalid-signature')
    const honest = await rotation(network, owner, owner.address)
    const other = await keySignature(network, { address: testIdentity(97).address, signer: testSigner(96, 'ES256', 1) }, 'rotation')
    assert.equal(await codeOf(network, { ...honest, args: honest.args.with(2, other) }), 'invalid-signature')
    assert.equal(await codeOf(network, honest), 'accepted')
    const { height } = network.ledger.position
    assert.deepEqual(identityOf(network, owner).keys.map(({ value, from, to }) => [value.number, from, to]), [[0, 2, height + 1], [1, height + 1, null]])
  })

  test('for a lost key by the organisation that answers for it; by nobody else, and never for an authority or a device', async () => {
    const { network, authority, organisation, operator, owner, custodian, device } = await createWorld({ authorities: 4 })
    assert.equal(await codeOf(network, await rotation(network, operator, owner.address)), 'not-allowed')
    assert.equal(await codeOf(network, await rotation(network, organisation, owner.address)), 'not-allowed')
    assert.equal(await codeOf(network, await rotation(network, authority, testIdentity(99).address)), 'unknown-identity')
    assert.equal(await codeOf(network, await rotation(network, authority, network.authorities[1]!.address)), 'not-allowed')
    assert.equal(await codeOf(network, await rotation(network, authority, operator.address)), 'not-allowed')
    assert.equal(await codeOf(network, await rotation(network, organisation, operator.address)), 'accepted')
    assert.equal(await codeOf(network, await rotation(network, authority, owner.address)), 'not-allowed')
    assert.equal(identityOf(network, device).organisation, owner.address)
    for (const other of [authority, organisation, owner]) assert.equal(await codeOf(network, await rotation(network, other, device.address)), 'not-allowed')
    assert.equal(await codeOf(network, await rotation(network, device, device.address)), 'accepted')
    assert.equal(await codeOf(network, await rotation(network, custodian, custodian.address)), 'accepted')
  })

  test('a suspended identity may still secure its key', async () => {
    const { network, organisation, operator } = await createWorld()
    await network.send(organisation, CALLS.suspend, operator.address, ['reason'])
    assert.equal(await codeOf(network, await rotation(network, operator, operator.address)), 'accepted')
  })

  test('an authority as often as every certificate can bear', async () => {
    const world = await createWorld()
    const { network } = world
    let { authority } = world
    for (let number = 1; number <= 32; number++) {
      const next = { address: authority.address, signer: testSigner(200 + number, 'EdDSA', number) }
      await network.send(authority, CALLS.rotate, authority.address, [number, publicKeyToCose(next.signer.publicKey), await keySignature(network, next, 'rotation')])
      network.known.push(next)
      authority = next
    }
    assert.equal(await codeOf(network, await rotation(network, authority, authority.address, testSigner(300, 'EdDSA', 33))), 'too-many-intervals')
    assert.equal(await codeOf(network, await rotation(network, world.owner, world.owner.address)), 'accepted')
  })

  test('once a block: nobody is left with a key that never held', async () => {
    const { network, owner } = await createWorld()
    const one = await rotation(network, owner, owner.address)
    const two = await rotation(network, owner, owner.address, testSigner(98, 'EdDSA', 2))
    await assert.rejects(sendAll(network, [{ ...one, sequence: 1 }, { ...two, sequence: 2 }]), { code: 'not-in-force' })
    await sendAll(network, [{ ...one, sequence: 1 }])
    const { height } = network.ledger.position
    assert.deepEqual(identityOf(network, owner).keys.map(({ value, to }) => [value.number, to]), [[0, height + 1], [1, null]])
  })

  test('only algorithms that the network admits', async () => {
    const { network, owner } = await createWorld({ parameters: { algorithms: ['EdDSA'] } })
    assert.equal(await codeOf(network, await rotation(network, owner, owner.address)), 'algorithm-not-allowed')
    assert.equal(await codeOf(network, await rotation(network, owner, owner.address, testSigner(96, 'EdDSA', 1))), 'accepted')
  })
})

suite('5 seal key', () => {
  test('an identity registers its own, numbers rise by one, and the older one ends', async () => {
    const { network, owner, buyer } = await createWorld()
    const message = (number: number, sub = owner.address, key = SEAL_KEY): TestMessage => ({ key: owner, call: CALLS.sealKey, sub, args: [number, key] })
    assert.equal(await codeOf(network, message(0, buyer.address)), 'not-allowed')
    assert.equal(await codeOf(network, message(1)), 'wrong-key-number')
    assert.equal(await codeOf(network, message(0, owner.address, new Uint8Array(32))), 'weak-key')
    assert.equal(await codeOf(network, message(0, owner.address, new Uint8Array(31))), 'wrong-shape')
    assert.equal(await codeOf(network, message(0)), 'accepted')
    assert.equal(await codeOf(network, message(0)), 'wrong-key-number')
    assert.equal(await codeOf(network, message(1)), 'accepted')
    assert.deepEqual(identityOf(network, owner).sealKeys.map(({ value, to }) => [value.number, to === null]), [[0, false], [1, true]])
  })
})
