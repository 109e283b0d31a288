import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { asArray, asText, decode, encode } from '@telltale/core'
import { SimulatedClock } from '@telltale/testing'
import { encodeFrame } from '../src/libp2p/frame.ts'
import { createLibp2pTransport } from '../src/libp2p/libp2p-transport.ts'
import { QUESTION_PROTOCOL } from '../src/libp2p/questions.ts'
import { readMessages } from '../src/libp2p/stream-reader.ts'
import { NETWORK_ID, createNode, textBytes, until } from './rig.ts'
import type { Node, NodeOptions } from './rig.ts'
import { createRogue } from './rogue.ts'
import type { Rogue, RogueOptions } from './rogue.ts'

const GIGABYTE = new Uint8Array([0x40, 0, 0, 0])

suite('peers that break the rules', () => {
  const stops: (() => Promise<void>)[] = []
  after(() => Promise.all(stops.map((stop) => stop())))
  let seed = 100
  const start = async (options: NodeOptions = {}): Promise<Node> => {
    const node = await createNode((seed += 1), options)
    stops.push(() => node.stop())
    await node.start()
    return node
  }
  const rogueOf = async (node: Node, options: RogueOptions = {}): Promise<Rogue> => {
    const rogue = await createRogue((seed += 1), node, options)
    stops.push(() => rogue.stop())
    return rogue
  }
  const goodbyeTo = (rogue: Rogue): string[] => rogue.heard.map((bytes) => asArray(decode(bytes), 'message')).flatMap((items) => (items[0] === 2 ? [asText(items[1], 'code')] : []))

  test('who greets as is written down is a peer', async () => {
    const node = await start()
    const rogue = await rogueOf(node)
    await rogue.greet()
    await until('greeted', () => node.exchange.peers().length === 1)
    rogue.say(3, 0, textBytes('honest'))
    await until('heard', () => node.heard.length === 1)
    assert.deepEqual(node.codes('cut-off'), [])
  })

  for (const [what, bytes] of [
    ['garbage', encodeFrame(new Uint8Array(200).fill(0xee))],
    ['nothing', encodeFrame(new Uint8Array(0))],
    ['gossip', encodeFrame(encode([3, 0, textBytes('early')]))],
  ] as const) {
    test(`${what} in the place of a greeting: told so, disconnected, not let in again`, async () => {
      const node = await start()
      const rogue = await rogueOf(node)
      rogue.write(bytes)
      await until('cut off', () => node.codes('cut-off').length === 1)
      assert.deepEqual(node.codes('refused'), ['malformed-greeting'])
      await until('disconnected', () => rogue.connection.status !== 'open')
      assert.deepEqual(goodbyeTo(rogue), ['malformed-greeting'])
      await assert.rejects(createRogue(seed, node))
      assert.equal(node.heard.length, 0)
    })
  }

  test('who is not greeted may not announce more than a greeting has', async () => {
    const node = await start()
    const rogue = await rogueOf(node)
    rogue.write(encodeFrame(new Uint8Array(20_000)))
    await until('cut off', () => node.codes('cut-off').length === 1)
    assert.deepEqual(node.codes('cut-off'), ['message-too-large'])
  })

  test('another version is told apart, whatever else it holds, and is no fault', async () => {
    const node = await start()
    const rogue = await rogueOf(node)
    rogue.say(0, 2, 'whatever', 'comes', 'later')
    await until('refused', () => goodbyeTo(rogue).length === 1)
    assert.deepEqual([goodbyeTo(rogue), node.codes('cut-off')], [['unknown-version'], []])
  })

  test('who never greets is let go after ten seconds', async () => {
    const clock = new SimulatedClock()
    const node = await start({ clock })
    const rogue = await rogueOf(node)
    await until('connected', () => rogue.inbound !== null)
    await clock.pass(9000)
    assert.deepEqual(node.codes('refused'), [])
    await clock.pass(2000)
    assert.deepEqual(node.codes('refused'), ['greeting-late'])
    await until('disconnected', () => rogue.connection.status !== 'open')
  })

  test('an announced gigabyte ends the connection before anything is kept for it', async () => {
    const node = await start()
    const before = process.memoryUsage().arrayBuffers
    const rogues = await Promise.all(Array.from({ length: 8 }, () => rogueOf(node)))
    for (const rogue of rogues) await rogue.greet()
    await until('greeted', () => node.exchange.peers().length === 8)
    for (const rogue of rogues) rogue.write(GIGABYTE)
    await until('cut off', () => node.codes('cut-off').length === 8)
    assert.deepEqual(new Set(node.codes('cut-off')), new Set(['message-too-large']))
    assert.ok(process.memoryUsage().arrayBuffers - before < 50_000_000)
  })

  test('a gigabyte announced as a question, or as an answer', async () => {
    const node = await start()
    const honest = await rogueOf(node, { answer: encodeFrame(encode([0, textBytes('fine')])) })
    const rogue = await rogueOf(node, { answer: GIGABYTE })
    for (const one of [honest, rogue]) await one.greet()
    await until('greeted', () => node.exchange.peers().length === 2)
    assert.deepEqual(await node.exchange.ask(honest.id, textBytes('?'), 2000), textBytes('fine'))
    await assert.rejects(node.exchange.ask(rogue.id, textBytes('?'), 2000), { code: 'answer-too-large' })
    const stream = await rogue.connection.newStream(QUESTION_PROTOCOL)
    stream.send(GIGABYTE)
    await until('cut off', () => node.codes('cut-off').length === 1)
    assert.deepEqual(node.codes('cut-off'), ['message-too-large'])
  })

  test('an answer that is none, and one that never comes', async () => {
    const node = await start()
    const babbler = await rogueOf(node, { answer: encodeFrame(textBytes('babble')) })
    const silent = await rogueOf(node)
    for (const one of [babbler, silent]) await one.greet()
    await until('greeted', () => node.exchange.peers().length === 2)
    await assert.rejects(node.exchange.ask(babbler.id, textBytes('?'), 2000), { code: 'malformed-answer' })
    await assert.rejects(node.exchange.ask(silent.id, textBytes('?'), 300), { code: 'peer-slow' })
  })

  test('a question without a greeting is refused', async () => {
    const node = await start()
    const rogue = await rogueOf(node)
    const ask = async (): Promise<unknown[]> => {
      const stream = await rogue.connection.newStream(QUESTION_PROTOCOL)
      const answers: Uint8Array[] = []
      stream.send(encodeFrame(textBytes('early')))
      await readMessages(stream, () => 1000, (bytes) => void answers.push(bytes))
      return asArray(decode(answers[0] as Uint8Array), 'answer').slice(0, 2)
    }
    assert.deepEqual(await ask(), [1, 'not-greeted'])
    await rogue.greet()
    await until('greeted', () => node.exchange.peers().length === 1)
    assert.deepEqual(await ask(), [0, textBytes('early')])
  })

  for (const [what, items] of [
    ['a topic that there is not', [3, 9, new Uint8Array(1)]],
    ['a second greeting', [0, 1, NETWORK_ID, 'x', [], null]],
    ['a heartbeat without its end', [4, 1]],
  ] as const) {
    test(`${what} after the greeting: cut off`, async () => {
      const node = await start()
      const rogue = await rogueOf(node)
      await rogue.greet()
      await until('greeted', () => node.exchange.peers().length === 1)
      rogue.say(...(items as unknown as []))
      await until('cut off', () => node.codes('cut-off').length === 1)
      assert.deepEqual(node.codes('cut-off'), ['malformed-message'])
    })
  }

  test('a peer that reads nothing loses messages, costs no more than its queue, and is let go; others hear all', async () => {
    const key = new Uint8Array(32).fill((seed += 1))
    const transport = await createLibp2pTransport({ peerKey: key, listen: ['/ip4/127.0.0.1/tcp/0'], mdns: null, slowMsMax: 8000 })
    // Heartbeats without an answer would end it earlier.
    const node = await start({ transport, heartbeatMs: 60_000 })
    const reader = await start({ bootstrap: node.addresses() })
    const deaf = await rogueOf(node, { isDeaf: true })
    await deaf.greet()
    await until('greeted', () => node.exchange.peers().length === 2)
    const before = process.memoryUsage().arrayBuffers
    let dropped = 0
    for (let i = 0; i < 10; i++) {
      node.exchange.publish('block', new Uint8Array(4_000_000).fill(i))
      await until('the reader heard it', () => reader.heard.length === i + 1)
      dropped = Math.max(dropped, node.peers().find(({ peer }) => peer === deaf.id)?.dropped ?? 0)
    }
    assert.ok(dropped >= 3, `dropped ${dropped}`)
    assert.ok(process.memoryUsage().arrayBuffers - before < 120_000_000)
    await until('let go', () => node.codes('refused').includes('peer-slow'))
    await until('gone', () => node.exchange.peers().length === 1)
    assert.deepEqual(node.exchange.peers(), [reader.id])
  })
})
