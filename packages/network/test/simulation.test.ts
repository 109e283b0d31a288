import type { Participant } from '@telltale/core'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { SimulatedClock, SimulatedNetwork, createSeededRandom } from '@telltale/testing'
import type { SimulatedNetworkInit } from '@telltale/testing'
import { createNode, textBytes } from './rig.ts'
import type { Node, NodeOptions } from './rig.ts'

interface WorldOptions extends NodeOptions {
  /** The engine's side, made for the clock of the world. */
  participantOn?(clock: SimulatedClock): Participant
}

interface World {
  clock: SimulatedClock
  network: SimulatedNetwork
  nodes: Node[]
  /** What was sent, the last words of each message. */
  sent: string[]
}

/** So many nodes, the first of which all others know. */
async function world(count: number, seed: number, init: Partial<SimulatedNetworkInit> = {}, options: (i: number) => WorldOptions = () => ({})): Promise<World> {
  const clock = new SimulatedClock()
  const random = createSeededRandom(seed)
  const network = new SimulatedNetwork({ clock, random, ...init })
  const nodes: Node[] = []
  const sent: string[] = []
  for (let i = 0; i < count; i++) {
    const { participantOn, ...rest } = options(i)
    const transport = network.transport(`n${i}`)
    const send = (peer: string, bytes: Uint8Array): boolean => {
      sent.push(`n${i} to ${peer}: ${new TextDecoder().decode(bytes.subarray(4))}`)
      return transport.send(peer, bytes)
    }
    const node = await createNode(i, { transport: { ...transport, send }, clock, random: random.fraction, heartbeatMs: 5000, bootstrap: i === 0 ? [] : ['sim/n0'], ...rest, ...(participantOn ? { participant: participantOn(clock) } : {}) })
    nodes.push(node)
    await node.start()
  }
  return { clock, network, nodes, sent }
}

const texts = (node: Node): string[] => node.heard.map(({ text }) => text)

suite('many nodes in a simulated network', () => {
  test('find each other from one address, and everybody hears everything once, however the delays fall', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const { clock, nodes } = await world(14, seed)
      await clock.pass(60_000)
      assert.ok(nodes.every((node) => node.exchange.peers().length >= 6), `seed ${seed}: ${nodes.map((node) => node.exchange.peers().length).join()}`)
      for (const [i, node] of nodes.entries()) node.exchange.publish('vote', textBytes(`vote ${i}`))
      await clock.pass(1000)
      for (const [i, node] of nodes.entries()) {
        assert.deepEqual(texts(node).toSorted(), nodes.flatMap((_, j) => (i === j ? [] : [`vote ${j}`])).toSorted(), `seed ${seed}, node ${i}`)
      }
    }
  })

  test('what the engine keeps goes no further, and nothing is sent back to where it came from', async () => {
    // A chain: n1 - n0 - n2, whose ends do not know each other.
    const alone = (i: number): NodeOptions => ({ passing: i === 0 ? 'keep' : 'pass-on', admits: (_identity, peer) => (i === 0 || peer === 'n0' ? null : { code: 'not-admitted', message: 'not in this test' }) })
    const { clock, nodes, sent } = await world(3, 1, {}, alone)
    await clock.pass(10_000)
    assert.deepEqual(nodes.map((node) => node.exchange.peers().length), [2, 1, 1])
    nodes[0]?.exchange.publish('block', textBytes('from the middle'))
    nodes[1]?.exchange.publish('block', textBytes('from the end'))
    await clock.pass(200)
    assert.deepEqual(nodes.map(texts), [['from the end'], ['from the middle'], ['from the middle']])
    assert.deepEqual(sent.filter((text) => text.includes('from the')).toSorted(), ['n0 to n1: from the middle', 'n0 to n2: from the middle', 'n1 to n0: from the end'])
  })

  test('lost messages and a partition: all hear of it again once it is over', async () => {
    const { clock, network, nodes } = await world(9, 3, { dropShare: 0.02 })
    await clock.pass(60_000)
    assert.ok(nodes.every((node) => node.exchange.peers().length > 0))
    const side = (id: string): boolean => Number(id.slice(1)) < 4
    network.partition(side)
    await clock.pass(1000)
    assert.ok(nodes.every((node) => node.exchange.peers().every((peer) => side(peer) === side(node.id))))
    nodes[0]?.exchange.publish('block', textBytes('on one side'))
    await clock.pass(30_000)
    assert.equal(nodes.slice(4).flatMap(texts).length, 0)
    network.partition()
    network.dropShare = 0
    await clock.pass(60_000)
    assert.ok(nodes.every((node) => node.exchange.peers().length === 8), nodes.map((node) => node.exchange.peers().length).join())
    nodes[8]?.exchange.publish('block', textBytes('after it'))
    await clock.pass(1000)
    assert.ok(nodes.slice(0, 8).every((node) => texts(node).includes('after it')))
  })

  test('a peer that passes on what is rejected is cut off, let in again, and cut off for longer', async () => {
    const { clock, nodes } = await world(2, 4, {}, (i) => ({ passing: i === 0 ? 'reject' : 'pass-on' }))
    const [judge, rogue] = nodes as [Node, Node]
    const cutOffs = (): number[] => judge.events.flatMap((event) => (event.kind === 'cut-off' ? [event.untilMs - clock.nowMs()] : []))
    await clock.pass(5000)
    rogue.exchange.publish('block', textBytes('honest mistake'))
    await clock.pass(100)
    assert.equal(judge.exchange.peers().length, 1, 'one fault is no reason')
    const offend = async (round: number): Promise<void> => {
      for (let i = 0; i < 5; i++) rogue.exchange.publish('block', textBytes(`rubbish ${round} ${i}`))
      await clock.pass(100)
    }
    await offend(1)
    assert.equal(judge.exchange.peers().length, 0)
    assert.deepEqual(cutOffs().map((ms) => Math.round(ms / 1000)), [60])
    await clock.pass(59_000)
    assert.equal(judge.exchange.peers().length, 0)
    await clock.pass(40_000)
    assert.equal(judge.exchange.peers().length, 1, 'its time is over')
    await offend(2)
    assert.equal(judge.exchange.peers().length, 0)
    await clock.pass(100_000)
    assert.equal(judge.exchange.peers().length, 0, 'twice as long')
    await clock.pass(60_000)
    assert.equal(judge.exchange.peers().length, 1)
  })

  test('a flood is dropped, and who goes on with it is cut off', async () => {
    const peerRate = { perSecond: 100, burst: 400, bytesPerSecond: 100_000, bytesBurst: 400_000 }
    const { clock, nodes } = await world(2, 5, {}, (i) => (i === 0 ? { peerRate } : {}))
    const [flooded, rogue] = nodes as [Node, Node]
    await clock.pass(5000)
    const pour = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) rogue.exchange.publish('transaction', textBytes(`${clock.nowMs()} ${i}`))
      await clock.pass(1000)
    }
    await pour(350)
    assert.equal(flooded.heard.length, 350, 'a burst is heard')
    assert.deepEqual(flooded.codes('cut-off'), [])
    for (let second = 0; second < 9; second++) await pour(1000)
    assert.deepEqual(flooded.codes('cut-off'), ['flood'])
    assert.ok(flooded.heard.length < 400 + 10 * 100, `${flooded.heard.length}`)
    assert.equal(flooded.exchange.peers().length, 0)
  })

  test('of one peer no more is judged at once than there is room for; nothing is lost by that', async () => {
    let now = 0
    let most = 0
    let judged = 0
    const slow = (clock: SimulatedClock): Participant => ({
      async onGossip() {
        most = Math.max(most, (now += 1))
        await new Promise<void>((resolve) => void clock.after(100, resolve))
        now -= 1
        judged += 1
        return 'keep'
      },
      onQuestion: async (_peer, question) => question,
      onPeer: () => undefined,
    })
    const { clock, nodes } = await world(2, 8, {}, (i) => (i === 0 ? { participantOn: slow } : {}))
    await clock.pass(5000)
    for (let i = 0; i < 1000; i++) nodes[1]?.exchange.publish('transaction', textBytes(`${i}`))
    await clock.pass(10_000)
    assert.deepEqual([most, judged, nodes[0]?.exchange.peers().length], [64, 1000, 1])
  })

  test('latencies and heights are known; a peer that goes silent is let go', async () => {
    const { clock, network, nodes } = await world(3, 6, { delayMs: [0, 0] })
    network.setDelay('n0', 'n1', 40)
    network.setDelay('n0', 'n2', 5)
    await clock.pass(60_000)
    const [first] = nodes as [Node]
    assert.deepEqual(first.exchange.peers(), ['n2', 'n1'])
    assert.deepEqual(first.peers().map(({ latencyMs, status }) => [Math.round(latencyMs ?? -1), status?.height]), [[5, 2], [40, 1]])
    network.dropShare = 1
    await clock.pass(30_000)
    assert.ok(first.codes('refused').includes('peer-silent'))
    assert.equal(first.exchange.peers().length, 0)
  })

  test('everybody sees the same graph, of nodes that they are not connected to as well', async () => {
    // A chain of five: each admits its neighbours only.
    const near = (i: number): NodeOptions => ({ bootstrap: i === 0 ? [] : [`sim/n${i - 1}`], admits: (_identity, peer) => (Math.abs(Number(peer.slice(1)) - i) === 1 ? null : { code: 'not-admitted', message: 'not in this test' }) })
    const { clock, network, nodes } = await world(5, 7, { delayMs: [10, 10] }, near)
    await clock.pass(120_000)
    const graphs = nodes.map((node) => node.graph())
    for (const graph of graphs) {
      assert.deepEqual(graph.nodes, ['n0', 'n1', 'n2', 'n3', 'n4'])
      assert.deepEqual(graph.links.map(({ from, to, latencyMs }) => [from, to, Math.round(latencyMs)]), [['n0', 'n1', 10], ['n1', 'n2', 10], ['n2', 'n3', 10], ['n3', 'n4', 10]])
      assert.deepEqual([graph.cutNodes, Math.round(graph.diameterMs ?? 0), graph.silent], [['n1', 'n2', 'n3'], 40, []])
    }
    await nodes[4]?.stop()
    await clock.pass(300_000)
    assert.deepEqual(nodes[0]?.graph().nodes, ['n0', 'n1', 'n2', 'n3'], 'who is gone is gone from the graph')
    assert.equal(network.transport('n0').peers().length, 1)
  })
})
