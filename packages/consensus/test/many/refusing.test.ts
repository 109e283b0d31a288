import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { RefusedError, TelltaleError, bytesToHex, decodeRefusal, decodeTransaction, isRefusalBy, portable, signTransaction, transactionId } from '@telltale/core'
import type { Submission } from '@telltale/core'
import { counterKey, streamKey } from '@telltale/ledger'
import type { StreamRow } from '@telltale/ledger'
import { CALLS, admit, createAsset, enrolDevice, recordContent, role, testIdentity } from '@telltale/testing'
import type { TestMessage, TestNetwork } from '@telltale/testing'
import { encodeQuestion } from '../../src/chain/many/messages.ts'
import { createSimulatedNetwork } from './rig.ts'
import type { SimulatedNetwork, SimulatedNode } from './rig.ts'

const [owner, device] = [testIdentity(80), testIdentity(81)]

/** What actions of a test network do, over a node of several. */
function actionsOver({ clock, nodes, network }: SimulatedNetwork, { ledger, chain }: SimulatedNode): TestNetwork {
  const stream = (of: string, name: string): StreamRow | null => ledger.position.state.row(streamKey(of, name)) as StreamRow | null
  const counter = (iss: string, sub: string): number => (ledger.position.state.row(counterKey(iss, sub)) as number | null) ?? 0
  const sign = ({ key, call, sub, args, sequence }: TestMessage): Promise<Uint8Array> =>
    signTransaction({ network: network.subarray(0, 16), iss: key.address, sub, call, sequence: sequence ?? (call === CALLS.record ? (stream(key.address, sub)?.count ?? 0) : counter(key.address, sub)), args }, key.signer)
  const actions: Partial<TestNetwork> = {
    ledger,
    primitives: portable,
    authorities: nodes.slice(0, 4).map(({ identity }) => identity),
    stream,
    counter,
    sign,
    async send(key, call, sub, args, attachments = []) {
      const bytes = await sign({ key, call, sub, args })
      const certified = chain.submit({ bytes, attachments })
      await clock.pass(3000)
      return { ...(await certified), bytes }
    },
  }
  return actions as TestNetwork
}

/** Four authorities and a member, whose ledger holds one record of a device. */
async function withDevice(): Promise<{ network: SimulatedNetwork; first: Submission; retire(): Promise<unknown>; authority: SimulatedNode; member: SimulatedNode; recordAt(sequence: number, stream?: string): Promise<Submission> }> {
  const network = await createSimulatedNetwork({ authorities: 4, members: 1, seed: 11 })
  await network.clock.pass(1000)
  const [authority, member] = [network.nodes[0]!, network.nodes[4]!]
  const actions = actionsOver(network, member)
  await admit(actions, owner, { roles: [role('owner')] })
  const asset = await createAsset(actions, { owner })
  await enrolDevice(actions, { asset, device, streams: ['odometer'] })
  const recordAt = async (sequence: number, stream = 'odometer'): Promise<Submission> => {
    const { args, body } = recordContent(actions, device, 'odometer', { sequence, readings: [{ path: 'Vehicle.TraveledDistance', timeMs: 1_750_000_000_000 + sequence, value: network.clock.nowMs() % 1000, unit: 'm', source: 'test' }] })
    return { bytes: await actions.sign({ key: device, call: CALLS.record, sub: stream, args, sequence }), attachments: [body] }
  }
  const first = await recordAt(0)
  const certified = member.chain.submit(first)
  await network.clock.pass(3000)
  await certified
  await network.clock.pass(7)
  return { network, authority, member, recordAt, first, retire: () => actions.send(owner, CALLS.retireDevice, asset.id, [device.address, 'sold']) }
}

async function errorOf({ clock }: SimulatedNetwork, { chain }: SimulatedNode, submission: Submission): Promise<TelltaleError> {
  const answer = chain.submit(submission).then(() => null, (error: unknown) => error)
  await clock.pass(60_000)
  const error = await answer
  assert.ok(error instanceof TelltaleError, 'it was taken')
  return error
}

suite('refusals among several', () => {
  test('a record that can never be taken is refused by an authority, whichever node it was sent to', async () => {
    const { network, authority, member, recordAt } = await withDevice()
    const taken = await recordAt(0)
    const id = bytesToHex(transactionId(decodeTransaction(taken.bytes), portable))
    for (const node of [authority, member]) {
      const error = await errorOf(network, node, taken)
      assert.equal(error.code, 'sequence-taken')
      assert.ok(error instanceof RefusedError, node.name)
      const refusal = decodeRefusal(error.refusal)
      assert.deepEqual([bytesToHex(refusal.id), refusal.code, refusal.isPermanent], [id, 'sequence-taken', true])
      assert.ok(await isRefusalBy(error.refusal, network.network, node.ledger.authorities(1), portable))
    }
  })

  test('what stands in the ledger is refused by nobody, whatever its device may no longer do', async () => {
    const { network, authority, member, recordAt, first, retire } = await withDevice()
    await retire()
    for (const node of [authority, member]) {
      const later = await errorOf(network, node, await recordAt(1))
      assert.deepEqual([later.code, later instanceof RefusedError], ['role-not-in-force', true])
      const included = await errorOf(network, node, first)
      assert.deepEqual([included.code, included instanceof RefusedError], ['already-included', false])
    }
    await assert.rejects(authority.chain.participant.onQuestion('somebody', encodeQuestion({ kind: 'refusal', transaction: first.bytes })), { code: 'not-refused' })
  })

  test('a member that reaches no authority says the code alone, and so does whoever may be behind', async () => {
    const { network, authority, member, recordAt } = await withDevice()
    for (const node of [authority, member]) {
      const error = await errorOf(network, node, await recordAt(0, 'elsewhere'))
      assert.deepEqual([error.code, error instanceof RefusedError], ['unknown-stream', false])
    }
    network.peers.split([[member.name], network.nodes.slice(0, 4).map(({ name }) => name)])
    const error = await errorOf(network, member, await recordAt(0))
    assert.deepEqual([error.code, error instanceof RefusedError], ['sequence-taken', false])
  })

  test('only authorities are asked in earnest, and refuse only what can never be taken', async () => {
    const { authority, member, recordAt } = await withDevice()
    const ask = (node: SimulatedNode, { bytes }: Submission): Promise<Uint8Array> => node.chain.participant.onQuestion('somebody', encodeQuestion({ kind: 'refusal', transaction: bytes }))
    assert.ok(decodeRefusal(await ask(authority, await recordAt(0))).isPermanent)
    await assert.rejects(ask(member, await recordAt(0)), { code: 'not-an-authority' })
    await assert.rejects(ask(authority, await recordAt(1)), { code: 'not-refused' })
    await assert.rejects(ask(authority, { bytes: new Uint8Array([0x80]), attachments: [] }), { code: 'not-refused' })
    const forged = (await recordAt(0)).bytes
    forged.set([forged.at(-1)! ^ 1], forged.length - 1)
    await assert.rejects(ask(authority, { bytes: forged, attachments: [] }), { code: 'not-refused' }, 'nobody is refused in the name of another')
  })
})
