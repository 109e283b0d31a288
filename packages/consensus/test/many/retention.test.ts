import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { TelltaleError, bytesToHex, decode, encode, portable } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { createPlainStore } from '@telltale/testing'
import { decodeQuestion } from '../../src/chain/many/messages.ts'
import { readAgeProof } from '../../src/chain/many/age-proof.ts'
import { createInlineVerifier } from '../../src/chain/signature-verifier.ts'
import { startRecording } from './recording.ts'
import { createSimulatedNetwork } from './rig.ts'
import type { SimulatedNetwork, SimulatedNode } from './rig.ts'

const MINUTE_MS = 60_000
const RETENTION_MS = 10 * MINUTE_MS

function bodyOf(label: string): Uint8Array {
  return encode(label)
}

/** What a node holds is gone: nothing of it was ever here. */
async function startAfresh(network: SimulatedNetwork, node: SimulatedNode): Promise<void> {
  if (node.isUp) await network.kill(node)
  node.store = createPlainStore()
  await network.start(node)
  await network.clock.pass(30_000)
}

async function dropEverywhere(nodes: SimulatedNode[], hashes: Uint8Array[]): Promise<void> {
  for (const { store } of nodes) for (const hash of hashes) await store.dropAttachment(hash)
}

const stands = (nodes: SimulatedNode[]): string[] => nodes.map(({ ledger }) => `${ledger.position.height} ${bytesToHex(ledger.position.id)}`)

suite('nodes of a network that keeps attachments for a while', () => {
  for (const authorities of [1, 4]) test(`one that comes later takes old blocks without them, and the young ones with them, of ${authorities}`, async () => {
    const network = await createSimulatedNetwork({ authorities, members: 1, seed: 21, parameters: { retentionMs: RETENTION_MS } })
    const { clock, nodes } = network
    await clock.pass(1000)
    const member = nodes.at(-1)!
    const { record } = await startRecording(network)
    await network.kill(member)
    const old = await record(bodyOf('old'))
    await clock.pass(RETENTION_MS)
    const young = await record(bodyOf('young'))
    await dropEverywhere(nodes.slice(0, authorities), [old])
    await startAfresh(network, member)
    assert.equal(new Set(stands(nodes)).size, 1, stands(nodes).join('\n'))
    assert.deepEqual([member.store.hasAttachment(old), member.store.hasAttachment(young)], [false, true])
    assert.deepEqual([...member.chain.verdicts.counts], [])
  })

  test('a young block without its attachments is refused, and taken from who has them', async () => {
    const network = await createSimulatedNetwork({ authorities: 4, members: 1, seed: 22, parameters: { retentionMs: RETENTION_MS } })
    const { clock, nodes, peers } = network
    await clock.pass(1000)
    const [first, member] = [nodes[0]!, nodes.at(-1)!]
    const { record } = await startRecording(network)
    await network.kill(member)
    const old = await record(bodyOf('old'))
    const oldHeight = first.ledger.position.height
    await clock.pass(RETENTION_MS)
    const young = await record(bodyOf('young'))
    await dropEverywhere(nodes.slice(0, 4), [old])
    await dropEverywhere([first], [young])
    peers.split([[first.name, member.name]])
    await startAfresh(network, member)
    const { height } = member.chain.status()
    assert.ok(height >= oldHeight && height < first.ledger.position.height, 'the old one is taken, the young one is not')
    assert.ok((member.chain.verdicts.counts.get('missing-attachment') ?? 0) > 0)
    assert.equal(member.chain.failure, null)
    peers.heal()
    await clock.pass(60_000)
    assert.equal(new Set(stands(nodes)).size, 1, stands(nodes).join('\n'))
    assert.deepEqual([member.store.hasAttachment(old), member.store.hasAttachment(young)], [false, true])
  })

  test('a retention that is chosen later holds for blocks from before it', async () => {
    const network = await createSimulatedNetwork({ authorities: 4, members: 1, seed: 23 })
    const { clock, nodes } = network
    await clock.pass(1000)
    const member = nodes.at(-1)!
    const { record, chooseRetention } = await startRecording(network)
    await network.kill(member)
    const old = await record(bodyOf('old'))
    await dropEverywhere(nodes.slice(0, 4), [old])
    await clock.pass(RETENTION_MS)
    await startAfresh(network, member)
    assert.ok((member.chain.verdicts.counts.get('missing-attachment') ?? 0) > 0, 'kept for ever, so it has to be there')
    await chooseRetention(RETENTION_MS)
    await record(bodyOf('young'))
    await startAfresh(network, member)
    assert.equal(new Set(stands(nodes)).size, 1, stands(nodes).join('\n'))
    assert.equal(member.store.hasAttachment(old), false)
  })

  test('what an old block named first goes along with the block that names it again', async () => {
    const network = await createSimulatedNetwork({ authorities: 4, members: 1, seed: 24, parameters: { retentionMs: RETENTION_MS } })
    const { clock, nodes } = network
    await clock.pass(1000)
    const { record } = await startRecording(network)
    const body = bodyOf('standing still')
    const shared = await record(body)
    await clock.pass(RETENTION_MS)
    await record(bodyOf('between'))
    // All but one authority have dropped it, as they may.
    await dropEverywhere(nodes.slice(1), [shared])
    await record(body, { isCarried: false })
    assert.equal(new Set(stands(nodes)).size, 1, stands(nodes).join('\n'))
    assert.deepEqual(nodes.map(({ store }) => store.hasAttachment(shared)), [true, true, true, true, true])
  })

  test('a proof of age is believed only as far as its signers and the state vouch for it', async () => {
    const network = await createSimulatedNetwork({ authorities: 4, members: 0, seed: 25, parameters: { retentionMs: RETENTION_MS } })
    const { clock, nodes } = network
    await clock.pass(1000)
    const { record } = await startRecording(network)
    await record(bodyOf('any'))
    const [{ chain, ledger }] = nodes as [SimulatedNode]
    assert.equal(decodeQuestion(encode(['age'])).kind, 'age')
    const bytes = await chain.participant.onQuestion('stranger', encode(['age']))
    const read = (proof: Uint8Array): Promise<number> => readAgeProof({ ledger, primitives: portable, verifier: createInlineVerifier(portable) }, proof)
    assert.equal(await read(bytes), ledger.position.timeMs - RETENTION_MS)
    const items = decode(bytes) as [Cbor[], number, Uint8Array, Uint8Array[]]
    const [checkpoint, set, signatures] = items[0] as [Cbor[], Cbor, Cbor[][], Cbor]
    const link = (change: [number, Cbor][]): Cbor[] => change.reduce<Cbor[]>((all, [at, value]) => all.with(at, value), items[0])
    const flipped = signatures.map(([position, seconds, signature]) => [position, seconds, (signature as Uint8Array).map((byte) => byte ^ 1)] as Cbor[])
    const cases: [string, Cbor, string][] = [
      ['another network', items.with(0, link([[0, checkpoint.with(1, new Uint8Array(32))]])), 'wrong-network'],
      ['two of four', items.with(0, link([[2, signatures.slice(0, 2)]])), 'no-quorum'],
      ['another signature', items.with(0, link([[2, flipped]])), 'invalid-signature'],
      ['a later time than signed', items.with(0, link([[2, signatures.map(([position, seconds, signature]) => [position, (seconds as number) + 3600, signature] as Cbor[])]])), 'invalid-signature'],
      ['a time that the signers do not vouch for', items.with(1, items[1] + 200_000), 'time-out-of-range'],
      ['another entry', items.with(2, items[2].map((byte, i) => (i === 40 ? byte ^ 1 : byte))), 'invalid-state-proof'],
      ['a sibling less', items.with(3, items[3].slice(1)), 'invalid-state-proof'],
      ['something more', [...items, 0], 'wrong-shape'],
    ]
    assert.ok(set !== null)
    for (const [name, value, code] of cases) await assert.rejects(read(encode(value)), (error) => error instanceof TelltaleError && error.code === code, name)
  })
})
