import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { TelltaleError, addressToBytes, bytesToHex, portable, signStatement } from '@telltale/core'
import type { Signer } from '@telltale/core'
import { encodeHeader, withNonce } from '@telltale/ledger'
import type { BlockHeader, Parameters } from '@telltale/ledger'
import { testIdentity } from '@telltale/testing'
import type { TestIdentity } from '@telltale/testing'
import type { BranchBlock } from '../../src/chain/many/branches.ts'
import { acceptHeader } from '../../src/chain/many/receiving.ts'
import { createSimulatedNetwork } from './rig.ts'
import type { SimulatedNetwork } from './rig.ts'
import { findNonce } from './simulated-miner.ts'

async function codeOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => 'accepted',
    (error: unknown) => {
      assert.ok(error instanceof TelltaleError, String(error))
      return error.code
    },
  )
}

/** A block by a node that is stopped before it is final, and everything to make others like it. */
async function forge(parameters: Partial<Parameters>): Promise<{ network: SimulatedNetwork; codeWith(change: Partial<BlockHeader>, options?: { signer?: Signer; spoil?: boolean; aheadMs?: number }): Promise<string> }> {
  const network = await createSimulatedNetwork({ authorities: 4, members: 1, seed: 5, parameters: { blockMs: 1000, workBits: 6, ...parameters } })
  const { clock, nodes, peers } = network
  // First they ask each other what they signed last.
  await clock.pass(2000)
  peers.split(nodes.map(({ name }) => [name]))
  const [node] = nodes as [SimulatedNetwork['nodes'][0]]
  void node.chain.submit(await network.admission()).catch(() => undefined)
  await clock.pass(8000)
  const sealed = node.chain.branches()[0]!.content!
  return {
    network,
    async codeWith(change, { signer = node.identity.signer, spoil = false, aheadMs = 0 } = {}) {
      const header = { ...sealed.block.header, ...change }
      const bytes = encodeHeader({ ...header, nonce: new Uint8Array(8) })
      const nonce = change.nonce ?? (header.difficulty === 1 ? header.nonce : findNonce(bytes, header.difficulty, portable, spoil)!)
      const headerBytes = withNonce(bytes, nonce)
      const seal = await signStatement('seal', network.network, [headerBytes], signer)
      const nowMs = sealed.block.header.timeMs + aheadMs
      return codeOf(acceptHeader({ ledger: node.ledger, primitives: portable, clock: { nowMs: () => nowMs } }, sealed.parent, { header: { ...header, nonce }, headerBytes, seal }))
    },
  }
}

function parentTime({ nodes }: SimulatedNetwork): number {
  return (nodes[0]!.chain.branches()[0] as BranchBlock).content!.parent.position.timeMs
}

suite('blocks with work', () => {
  for (const sealers of ['authorities', 'anyone'] as const) {
    test(`are refused for what they lack, sealed by ${sealers}`, async () => {
      const { network, codeWith } = await forge({ sealers })
      const stranger: TestIdentity = testIdentity(77)
      assert.equal(await codeWith({}), 'accepted')
      assert.equal(await codeWith({}, { spoil: true }), 'insufficient-work')
      for (const difficulty of [1, 63, 65, 128]) assert.equal(await codeWith({ difficulty }), 'insufficient-work', String(difficulty))
      assert.equal(await codeWith({ sealer: addressToBytes(stranger.address, 'tt') }, { signer: stranger.signer }), 'not-an-authority')
      assert.equal(await codeWith({ turn: sealers === 'anyone' ? 1 : 9 }), 'not-an-authority')
      assert.equal(await codeWith({}, { signer: stranger.signer }), 'invalid-signature')
      const before = parentTime(network)
      assert.equal(await codeWith({ timeMs: before + 500 }), 'accepted')
      assert.equal(await codeWith({ timeMs: before + 499 }), 'time-out-of-range')
      const ahead = { timeMs: before + 1_000_000 }
      assert.equal(await codeWith(ahead, { aheadMs: ahead.timeMs - 120_000 - parentTime(network) }), 'accepted')
      assert.equal(await codeWith(ahead), 'time-out-of-range')
    })
  }

  test('are not taken where a network asks for no work', async () => {
    const { codeWith } = await forge({ workBits: 0 })
    assert.equal(await codeWith({}), 'accepted')
    assert.equal(await codeWith({ difficulty: 2 }), 'insufficient-work')
    assert.equal(await codeWith({ nonce: new Uint8Array(8).fill(1) }), 'insufficient-work')
  })

  test('are sealed by whoever is registered and did the work; the authorities make them final', async () => {
    const network = await createSimulatedNetwork({ authorities: 4, members: 2, seed: 6, parameters: { sealers: 'anyone', workBits: 6, blockMs: 1000 }, triesPerMs: (name) => ({ 'authority-0': 0.05, 'member-0': 1 })[name] ?? 0 })
    const { clock, nodes } = network
    const member = nodes[4]!
    const admitted = nodes[5]!.chain.submit(await network.admission(member.identity))
    await clock.pass(20_000)
    await admitted
    const sealers = new Set<string>()
    for (let i = 0; i < 4; i++) {
      const certified = nodes[5]!.chain.submit(await network.admission())
      for (let step = 0; step < 12; step++) {
        await clock.pass(500)
        for (const { content } of nodes[0]!.chain.branches()) sealers.add(bytesToHex(content!.block.header.sealer))
      }
      await certified
    }
    assert.ok(sealers.has(bytesToHex(addressToBytes(member.identity.address, 'tt'))))
    assert.equal(new Set(nodes.map(({ ledger }) => bytesToHex(ledger.position.id))).size, 1)
  })
})

suite('work from outside', () => {
  test('makes a block, once and only for the newest one', async () => {
    const network = await createSimulatedNetwork({ authorities: 4, members: 0, seed: 8, parameters: { sealers: 'anyone', workBits: 8, blockMs: 1000 }, triesPerMs: () => 0 })
    const { clock, nodes } = network
    const [one, other] = nodes as [SimulatedNetwork['nodes'][0], SimulatedNetwork['nodes'][0]]
    assert.equal(one.chain.work(), null, 'while nobody says anything')
    const certified = one.chain.submit(await network.admission())
    await clock.pass(2000)
    const work = one.chain.work()!
    assert.deepEqual([work.height, work.difficulty], [1, 256])
    const nonce = findNonce(work.headerBytes, work.difficulty, portable)!
    assert.equal(await codeOf(one.chain.takeWork(work.id, findNonce(work.headerBytes, work.difficulty, portable, true)!)), 'insufficient-work')
    assert.equal(await codeOf(one.chain.takeWork(other.chain.work()!.id, nonce)), 'stale-work', 'the header of another node')
    assert.equal(await codeOf(other.chain.takeWork(other.chain.work()!.id, nonce)), 'insufficient-work', 'a nonce for another header')
    const otherWork = other.chain.work()!
    assert.equal((await one.chain.takeWork(work.id, nonce)).height, 1)
    assert.equal(await codeOf(one.chain.takeWork(work.id, nonce)), 'stale-work', 'the same once more')
    await clock.pass(2000)
    assert.equal(await codeOf(other.chain.takeWork(otherWork.id, findNonce(otherWork.headerBytes, otherWork.difficulty, portable)!)), 'stale-work', 'the head has moved')
    const second = other.chain.work()!
    await other.chain.takeWork(second.id, findNonce(second.headerBytes, second.difficulty, portable)!)
    await clock.pass(3000)
    assert.equal((await certified).height, 1)
  })
})
