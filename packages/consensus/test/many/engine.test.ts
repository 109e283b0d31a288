import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex } from '@telltale/core'
import { createSimulatedNetwork } from './rig.ts'
import type { SimulatedNetwork, SimulatedNode } from './rig.ts'

/** Every node stands at the same final block, with the same state. */
function assertAgreed({ nodes }: SimulatedNetwork, size: number): void {
  const stands = nodes.filter(({ isUp }) => isUp).map(({ ledger, chain }) => `${ledger.position.height} ${ledger.position.log.size} ${bytesToHex(ledger.position.id)} certified ${chain.head?.checkpoint.size ?? 0}`)
  assert.equal(new Set(stands).size, 1, stands.join('\n'))
  assert.equal(nodes[0]!.ledger.position.log.size, size, stands.join('\n'))
  assert.equal(nodes[0]!.chain.head?.checkpoint.size ?? 0, size)
}

suite('a network of several authorities', () => {
  test('makes what a member hands on final and certified on every node, and then rests', async () => {
    const network = await createSimulatedNetwork({ authorities: 4, members: 3, seed: 1 })
    const { clock, nodes } = network
    await clock.pass(1000)
    const member = nodes.at(-1)!
    const certified = member.chain.submit(await network.admission())
    await clock.pass(2000)
    assertAgreed(network, 1)
    assert.equal((await certified).index, 0)
    const { height } = nodes[0]!.chain.status()
    await clock.pass(60_000)
    assert.equal(nodes[0]!.chain.status().height, height, 'no stream of empty blocks')
    for (const { chain } of nodes) assert.deepEqual([chain.failure, [...chain.verdicts.counts]], [null, []])
  })

  test('goes on without an authority that is away, and takes it back in', async () => {
    const network = await createSimulatedNetwork({ authorities: 4, members: 1, seed: 2 })
    const { clock, nodes } = network
    const [away, , , , member] = nodes as [SimulatedNode, SimulatedNode, SimulatedNode, SimulatedNode, SimulatedNode]
    await clock.pass(1000)
    await network.kill(away)
    for (let i = 0; i < 6; i++) {
      const certified = member.chain.submit(await network.admission())
      await clock.pass(3000)
      assert.equal((await certified).index, i)
    }
    await network.start(away)
    await clock.pass(10_000)
    assertAgreed(network, 6)
  })

  test('makes nothing final while it is split in halves, and agrees when it is whole again', async () => {
    const network = await createSimulatedNetwork({ authorities: 4, members: 0, seed: 3 })
    const { clock, nodes, peers } = network
    const names = nodes.map(({ name }) => name)
    // They ask each other what they signed last before they sign.
    await clock.pass(1000)
    peers.split([names.slice(0, 2), names.slice(2)])
    const waiting = [nodes[0]!.chain.submit(await network.admission()), nodes[3]!.chain.submit(await network.admission())]
    await clock.pass(60_000)
    for (const { ledger } of nodes) assert.equal(ledger.position.height, 0)
    assert.ok(nodes[0]!.chain.status().height > 0 && nodes[3]!.chain.status().height > 0)
    peers.heal()
    await clock.pass(30_000)
    await Promise.all(waiting)
    assertAgreed(network, 2)
  })
})
