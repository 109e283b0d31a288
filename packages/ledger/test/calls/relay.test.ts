import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Cbor } from '@telltale/core'
import { CALLS, admit, record, role, testBytes, testIdentity } from '@telltale/testing'
import type { TestIdentity, TestMessage } from '@telltale/testing'
import { codeOf, createWorld } from '../world.ts'
import type { World } from '../world.ts'

const RELAYED_MS = 1_750_000_000_500

async function withGateway(): Promise<{ world: World; gateway: TestIdentity; relaying: (ids: Cbor[], change?: Partial<TestMessage>) => TestMessage }> {
  const world = await createWorld()
  const gateway = testIdentity(120)
  await admit(world.network, gateway, { roles: [role('gateway')], by: world.organisation })
  return { world, gateway, relaying: (ids, change = {}) => ({ key: gateway, call: CALLS.relay, sub: gateway.address, args: [ids, RELAYED_MS], ...change }) }
}

suite('20 relay', () => {
  test('a gateway names what it passed on and what is in the log', async () => {
    const { world, gateway, relaying } = await withGateway()
    const { network, device, owner } = world
    const [{ id: first }, { id: second }] = [await record(network, device, 'odometer'), await record(network, device, 'odometer')]
    assert.equal(await codeOf(network, relaying([first, testBytes('never sent')])), 'unknown-citation')
    assert.equal(await codeOf(network, relaying([first], { sub: owner.address })), 'wrong-subject')
    assert.equal(await codeOf(network, relaying([first], { key: device, sub: device.address })), 'role-not-in-force')
    assert.equal(await codeOf(network, relaying([first, second])), 'accepted')
    await network.send(world.organisation, CALLS.suspend, gateway.address, ['contract ended'])
    assert.equal(await codeOf(network, relaying([second])), 'role-not-in-force')
  })

  test('each once, at least one, at most 400, at a time', async () => {
    const { world, relaying } = await withGateway()
    const { id } = await record(world.network, world.device, 'odometer')
    const many = Array.from({ length: 401 }, (_, i) => testBytes(`id ${i}`))
    for (const ids of [[], [id, id], many, [id.subarray(1)]]) assert.equal(await codeOf(world.network, relaying(ids)), 'wrong-shape')
    for (const args of [[[id]], [[id], -1], [[id], null], [[id], RELAYED_MS, 0]] as Cbor[][]) assert.equal(await codeOf(world.network, relaying([], { args })), 'wrong-shape')
    assert.equal(await codeOf(world.network, relaying(many.slice(1))), 'unknown-citation')
    assert.equal(await codeOf(world.network, relaying([id])), 'accepted')
  })
})
