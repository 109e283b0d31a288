import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex, judge, portable } from '@telltale/core'
import type { Verdict } from '@telltale/core'
import { createSeededRandom, testIdentity } from '@telltale/testing'
import { checkGreeting, decodeGreeting, makeGreeting } from '../src/greeting.ts'
import type { GreetingTerms } from '../src/greeting.ts'
import { createFrameReader, encodeFrame } from '../src/libp2p/frame.ts'
import { peerKeyToId } from '../src/libp2p/host.ts'
import { decodeMessage, encodeMessage } from '../src/message.ts'
import type { Message } from '../src/message.ts'
import { decodeAnswer, encodeAnswer, encodeRefusal } from '../src/questions.ts'

const network = new Uint8Array(32).fill(7)
const member = testIdentity(1)
const terms: GreetingTerms = { network, primitives: portable, admits: () => null }
const MESSAGES: Message[] = [
  { kind: 'goodbye', code: 'wrong-network', message: 'another' },
  { kind: 'gossip', topic: 'cosignature', content: new Uint8Array([1, 2, 3]) },
  { kind: 'heartbeat', number: 4, status: { height: 9, head: new Uint8Array(32).fill(9), finalHeight: 8, poolSize: 7 } },
  { kind: 'pulse', number: 4 },
  { kind: 'report', peer: 'p', number: 5, neighbours: [{ peer: 'q', latencyMs: 1.5, addresses: ['/ip4/192.0.2.1/tcp/1'] }], signature: new Uint8Array(64) },
]

suite('messages between peers', () => {
  test('read back as they were written; their bytes stay what they are', () => {
    for (const message of MESSAGES) assert.deepEqual(decodeMessage(encodeMessage(message)), message)
    assert.deepEqual(MESSAGES.map((message) => bytesToHex(encodeMessage(message))), [
      '83026d77726f6e672d6e6574776f726b67616e6f74686572',
      '83030343010203',
      `83040484095820${'09'.repeat(32)}0807`,
      '820504',
      `8506617005818361711905dc81742f6970342f3139322e302e322e312f7463702f315840${'00'.repeat(64)}`,
    ])
  })

  test('a greeting holds for its peer, network, address and key, and for no other', async () => {
    const { id: peer } = await peerKeyToId(new Uint8Array(32).fill(1))
    assert.equal(peer, '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5', 'the seed makes the id, for ever')
    const bytes = await makeGreeting({ network, peer, software: 'telltale/1', addresses: [], identity: { address: member.address, role: 'member', signer: member.signer } })
    const greeting = decodeGreeting(bytes)
    const { identity } = greeting
    assert.ok(identity)
    const check = async (changed: object, as = peer, other: Partial<GreetingTerms> = {}): Promise<string | undefined> => (await checkGreeting({ ...greeting, identity: { ...identity, ...changed } }, as, { ...terms, ...other }))?.code
    const stranger = testIdentity(2)
    assert.equal(await check({}), undefined)
    assert.equal(await check({}, `${peer}x`), 'invalid-signature')
    assert.equal(await check({}, peer, { network: new Uint8Array(32) }), 'wrong-network')
    assert.equal(await check({ address: stranger.address }), 'address-mismatch')
    assert.equal(await check({ address: 'tt1nobody' }), 'malformed-address')
    assert.equal(await check({ address: stranger.address, publicKey: stranger.signer.publicKey }), 'invalid-signature')
    assert.equal(await check({ keyNumber: 1 }), 'invalid-signature')
    const verdict: Verdict = { code: 'not-admitted', message: '' }
    assert.equal(await check({}, peer, { admits: (claimed) => (claimed?.role === 'member' ? verdict : null) }), 'not-admitted')
  })

  test('20,000 damaged messages: a coded refusal, or another message that reads back as its bytes', async () => {
    const random = createSeededRandom(8)
    const greeting = await makeGreeting({ network, peer: 'p', software: 'telltale/1', addresses: ['/ip4/192.0.2.1/tcp/1'], identity: { address: member.address, role: 'member', signer: member.signer } })
    const originals = [...MESSAGES.map(encodeMessage), greeting, encodeAnswer(new Uint8Array(5)), encodeRefusal(new TypeError('x'))]
    for (let i = 0; i < 20_000; i++) {
      const bytes = random.pick(originals).slice()
      for (let flips = 1 + random.below(3); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256)
      const damaged = random.chance(0.2) ? bytes.subarray(0, random.below(bytes.length)) : bytes
      const read = judge(() => decodeMessage(damaged))
      if (read.ok) assert.deepEqual(encodeMessage(read.value), damaged)
      judge(() => decodeGreeting(damaged))
      judge(() => decodeAnswer(damaged))
    }
  })

  test('whatever pieces a stream comes in, its messages are the same', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = createSeededRandom(seed)
      const messages = Array.from({ length: 1 + random.below(8) }, () => random.bytes(random.below(300)))
      const stream = messages.flatMap((message) => [...encodeFrame(message)])
      const reader = createFrameReader(() => 300)
      const read: Uint8Array[] = []
      for (let at = 0; at < stream.length; ) {
        const size = 1 + random.below(random.chance(0.5) ? 5 : 400)
        reader.push(Uint8Array.from(stream.slice(at, at + size)))
        at += size
        if (random.chance(0.7)) for (let next = reader.next(); next; next = reader.next()) read.push(next)
      }
      for (let next = reader.next(); next; next = reader.next()) read.push(next)
      assert.deepEqual(read, messages, `seed ${seed}`)
    }
  })
})
