import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { testIdentity } from '@telltale/testing'
import { createNode, textBytes, until } from './rig.ts'
import type { Node, NodeOptions } from './rig.ts'

suite('connecting', () => {
  const nodes: Node[] = []
  after(async () => {
    await Promise.all(nodes.map((node) => node.stop()))
  })
  const start = async (seed: number, options: NodeOptions = {}): Promise<Node> => {
    const node = await createNode(seed, options)
    nodes.push(node)
    await node.start()
    return node
  }
  const portOf = (node: Node): string => /tcp\/(\d+)/.exec(node.addresses()[0] as string)?.[1] as string

  test('it does not matter who starts first, nor who is started again', async () => {
    const probe = await start(50)
    const listen = [`/ip4/127.0.0.1/tcp/${portOf(probe)}`]
    await probe.stop()
    const early = await start(51, { bootstrap: listen })
    await until('it says that nobody is there', () => early.codes('unreachable').length > 0)
    const late = await start(52, { listen })
    await until('connected', () => early.exchange.peers().includes(late.id))
    await late.stop()
    await until('gone', () => early.exchange.peers().length === 0)
    const again = await start(52, { listen })
    await until('connected again', () => early.exchange.peers().includes(again.id))
    early.exchange.publish('block', textBytes('after it'))
    await until('heard', () => again.heard.length === 1)
  })

  test('over WebSocket', async () => {
    const first = await start(53, { listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    assert.match(first.addresses()[0] as string, /\/ws\//)
    const second = await start(54, { bootstrap: first.addresses() })
    await until('connected', () => second.exchange.peers().includes(first.id))
    assert.deepEqual(await second.exchange.ask(first.id, textBytes('?'), 2000), textBytes('?'))
  })

  test('an address that is taken, or is none, is said', async () => {
    const first = await start(55)
    const second = await createNode(56, { listen: [`/ip4/127.0.0.1/tcp/${portOf(first)}`] })
    await assert.rejects(second.start(), { code: 'listen-failed' })
    const third = await start(57, { listen: [], bootstrap: ['localhost:99', ...first.addresses()] })
    await until('connected', () => third.exchange.peers().length === 1)
    assert.deepEqual(third.codes('unreachable'), ['malformed-peer-address'])
  })

  test('another network is refused on both sides, and both say so', async () => {
    const first = await start(58)
    const other = await start(59, { networkId: new Uint8Array(32).fill(8), bootstrap: first.addresses() })
    await until('refused', () => first.codes('refused').includes('wrong-network') || first.codes('refused-by-peer').includes('wrong-network'))
    await until('told', () => other.codes('refused').includes('wrong-network') || other.codes('refused-by-peer').includes('wrong-network'))
    assert.deepEqual([first.greeted, other.greeted], [[], []])
  })

  test('an identity is admitted as the node says, and only with its own signature', async () => {
    const [member, stranger] = [testIdentity(1), testIdentity(2)]
    const admits: NodeOptions['admits'] = (identity) =>
      identity?.address === member.address && identity.role === 'member' ? null : { code: 'not-admitted', message: 'Only the member.', expected: member.address, found: identity?.address ?? 'nobody' }
    const closed = await start(60, { admits })
    const bootstrap = closed.addresses()
    const admitted = await start(61, { bootstrap, identity: { address: member.address, role: 'member', signer: member.signer } })
    await until('admitted', () => closed.exchange.peers().includes(admitted.id))
    assert.equal(closed.peers()[0]?.identity?.address, member.address)
    const refusals: [NodeOptions, string][] = [
      [{ identity: { address: stranger.address, role: 'member', signer: stranger.signer } }, 'not-admitted'],
      [{ identity: null }, 'not-admitted'],
      // The stranger's key under the member's name: not the key of the address, and no other number is believed without its signature.
      [{ identity: { address: member.address, role: 'member', signer: stranger.signer } }, 'address-mismatch'],
      [{ identity: { address: member.address, role: 'member', signer: { ...stranger.signer, publicKey: member.signer.publicKey } } }, 'invalid-signature'],
    ]
    for (const [i, [options, code]] of refusals.entries()) {
      const refused = await start(62 + i, { ...options, bootstrap })
      await until(code, () => refused.codes('refused-by-peer').includes(code))
      assert.deepEqual([closed.exchange.peers(), refused.exchange.peers()], [[admitted.id], []])
    }
  })

  test('whoever is not admitted any more is let go with the next heartbeats, and let in again once it is', async () => {
    const member = testIdentity(1)
    let isAdmitted = true
    const admits: NodeOptions['admits'] = (identity) => (identity?.address === member.address && isAdmitted ? null : { code: 'not-admitted', message: 'Not now.' })
    const closed = await start(80, { admits })
    const peer = await start(81, { bootstrap: closed.addresses(), identity: { address: member.address, role: 'member', signer: member.signer } })
    await until('admitted', () => closed.exchange.peers().includes(peer.id) && peer.exchange.peers().includes(closed.id))
    const [heartbeatMs, startedMs] = [200, performance.now()]
    isAdmitted = false
    await until('let go', () => closed.exchange.peers().length === 0 && peer.codes('refused-by-peer').includes('not-admitted'))
    // Generous: the machine may be busy with other tests.
    assert.ok(performance.now() - startedMs < 10 * heartbeatMs, `after ${performance.now() - startedMs} ms`)
    await assert.rejects(peer.exchange.ask(closed.id, textBytes('?'), 2000), { code: 'peer-gone' })
    isAdmitted = true
    await until('let in again', () => closed.exchange.peers().includes(peer.id))
    assert.ok(closed.blameOf(peer.id) < 20)
  })

  test('the book finds the network again where no bootstrap address answers; a damaged one is said and begun anew', async () => {
    let kept: Uint8Array | null = null
    const book = { load: async () => kept, save: async (bytes: Uint8Array) => void (kept = bytes) }
    const first = await start(70)
    const second = await start(71, { bootstrap: first.addresses(), book })
    await until('connected and measured', () => second.peers()[0]?.latencyMs !== null && second.exchange.peers().length === 1)
    await second.stop()
    const again = await start(71, { book })
    await until('connected from the book', () => again.exchange.peers().includes(first.id))
    const [known] = again.known()
    assert.deepEqual([known?.peer, known?.offlineSinceMs], [first.id, null])
    await again.stop()
    assert.ok((again.known()[0]?.offlineSinceMs ?? 0) > 0)
    const bytes = kept as unknown as Uint8Array
    for (const damaged of [bytes.subarray(0, -3), new Uint8Array(0), Buffer.concat([bytes, bytes])]) {
      kept = damaged
      const third = await createNode(72, { book })
      assert.deepEqual([third.codes('book'), third.known()], [['peer-book-damaged'], []])
    }
    kept = bytes
    const fourth = await createNode(73, { book })
    assert.deepEqual([fourth.codes('book'), fourth.known().length], [[], 1])
    const other = await createNode(74, { book, networkId: new Uint8Array(32).fill(8) })
    assert.deepEqual([other.codes('book'), other.known()], [['peer-book-damaged'], []])
  })
})
