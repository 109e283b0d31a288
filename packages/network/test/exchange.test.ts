import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { fail } from '@telltale/core'
import { createNode, textBytes, until } from './rig.ts'
import type { Node, NodeOptions } from './rig.ts'

suite('nodes on loopback', () => {
  const nodes: Node[] = []
  after(() => Promise.all(nodes.map((node) => node.stop())))
  const start = async (seed: number, options: NodeOptions = {}): Promise<Node> => {
    const node = await createNode(seed, options)
    nodes.push(node)
    await node.start()
    return node
  }

  test('greet each other, hear what is published once, and answer questions', async () => {
    const first = await start(1)
    const second = await start(2, { bootstrap: first.addresses() })
    const third = await start(3, { bootstrap: second.addresses() })
    await until('all three know each other', () => [first, second, third].every((node) => node.exchange.peers().length === 2))
    assert.deepEqual(first.greeted.toSorted(), [second.id, third.id].toSorted())
    first.exchange.publish('block', textBytes('block 1'))
    await until('both heard', () => second.heard.length > 0 && third.heard.length > 0)
    first.exchange.publish('block', textBytes('block 1'))
    third.exchange.publish('vote', textBytes('vote 1'))
    await until('all heard the vote', () => first.heard.length > 0 && second.heard.length > 1)
    assert.deepEqual(second.heard.map(({ text }) => text), ['block 1', 'vote 1'])
    const large = new Uint8Array(5_000_000).fill(9)
    assert.deepEqual(await third.exchange.ask(first.id, textBytes('head?'), 1000), textBytes('head?'))
    const fourth = await start(4, { bootstrap: [...first.addresses()], answer: async () => large })
    await until('the fourth is greeted', () => first.exchange.peers().includes(fourth.id))
    assert.deepEqual(await first.exchange.ask(fourth.id, textBytes('all?'), 5000), large)
    await until('latencies and heights are known', () => first.peers().every(({ latencyMs, status }) => latencyMs !== null && status !== null))
    assert.equal(first.peers().find(({ peer }) => peer === third.id)?.status?.height, 3)
  })

  test('a question may be refused, answered too late, or asked of nobody', async () => {
    const answers: NodeOptions['answer'] = async (question) => {
      const text = new TextDecoder().decode(question)
      if (text === 'late') await new Promise((resolve) => setTimeout(resolve, 2000).unref())
      if (text === 'large') return new Uint8Array(30_000_000)
      if (text === 'none') throw fail('unknown-block', 'no such block')
      if (text === 'bug') return (undefined as unknown as Uint8Array).subarray(0)
      return question
    }
    const asked = await start(11, { answer: answers })
    const asker = await start(12, { bootstrap: asked.addresses() })
    await until('greeted', () => asker.exchange.peers().length === 1)
    const ask = (text: string, timeoutMs = 5000): Promise<Uint8Array> => asker.exchange.ask(asked.id, textBytes(text), timeoutMs)
    assert.deepEqual(await ask('honest'), textBytes('honest'))
    await assert.rejects(ask('none'), { code: 'peer-refused', found: 'unknown-block' })
    await assert.rejects(ask('bug'), { code: 'peer-refused', found: 'internal-error' })
    await assert.rejects(ask('late', 300), { code: 'peer-slow' })
    await assert.rejects(ask('large'), { code: 'answer-too-large' })
    await assert.rejects(asker.exchange.ask('12D3KooWnobody', textBytes('x'), 300), { code: 'peer-gone' })
    assert.deepEqual(await ask('honest'), textBytes('honest'), 'the connection is as good as before')
    const many = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(`question ${i}`)))
    assert.deepEqual(many.map((bytes) => new TextDecoder().decode(bytes)), many.map((_, i) => `question ${i}`), 'those that are too many at once wait')
    await asked.stop()
    await until('gone', () => asker.exchange.peers().length === 0)
    await assert.rejects(ask('honest'), { code: 'peer-gone' })
  })
})
