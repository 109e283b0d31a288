import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex, portable, stateRoot } from '@telltale/core'
import type { Submission } from '@telltale/core'
import { decodeBlock, encodeBlock } from '@telltale/ledger'
import type { Parameters } from '@telltale/ledger'
import { addAuthority } from '@telltale/testing'
import { findSignedLoss } from '../../src/chain/signed-loss.ts'
import { decodeFullBlocks, decodeQuestion, decodeRecent, encodeFullBlocks, encodeHeadAnswer, encodeQuestion, encodeRecent } from '../../src/chain/many/messages.ts'
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
    assert.ok(nodes.some(({ ledger, store }) => store.signed!.sealedHeight > ledger.position.height))
    for (const { ledger } of nodes) assert.equal(await findSignedLoss(ledger, portable), null, 'what was signed and is not final is no loss')
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

  test('is held up by nobody who claims a height without end and answers with what is known', async () => {
    const network = await createSimulatedNetwork({ authorities: 4, members: 1, seed: 6 })
    const { clock, nodes, peers } = network
    const [first, member] = [nodes[0]!, nodes[4]!]
    await clock.pass(1000)
    const send = async (): Promise<void> => {
      const certified = first.chain.submit(await network.admission())
      await clock.pass(3000)
      await certified
    }
    await send()
    await network.kill(member)
    peers.join('liar', () => ({
      onGossip: async () => 'keep',
      onPeer: () => undefined,
      async onQuestion(_, bytes) {
        const { kind } = decodeQuestion(bytes)
        if (kind === 'head') return encodeHeadAnswer({ height: 10 ** 12, id: new Uint8Array(32).fill(7), finalHeight: 0 })
        return kind === 'range' ? first.chain.participant.onQuestion('liar', encodeQuestion({ kind: 'range', from: 1, count: 1 })) : first.chain.participant.onQuestion('liar', bytes)
      },
    }))
    await send()
    await network.start(member)
    for (let i = 0; i < 3; i++) await send()
    await clock.pass(30_000)
    assertAgreed(network, 5)
    assert.ok(peers.blamed.get('liar')?.includes('missed-block'))
    assert.equal(member.chain.status().isCatchingUp, false)
  })

  test('scores down whoever answers with votes, cosignatures or blocks that do not hold, by name, and nobody who passes on what does', async () => {
    const network = await createSimulatedNetwork({ authorities: 4, members: 1, seed: 8 })
    const { clock, nodes, peers } = network
    const [first, member] = [nodes[0]!, nodes[4]!]
    await clock.pass(1000)
    const honest = first.chain.participant
    const damaged = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte))
    const answerAs = (name: string, damage: (kind: string, answer: Uint8Array) => Uint8Array): void => {
      peers.join(name, () => ({
        onGossip: async () => 'keep',
        onPeer: () => undefined,
        onQuestion: async (_, bytes) => damage(decodeQuestion(bytes).kind, await honest.onQuestion(name, bytes)),
      }))
    }
    await network.kill(member)
    const recent = (part: 'votes' | 'cosignatures') => (kind: string, answer: Uint8Array): Uint8Array => {
      if (kind !== 'recent') return answer
      const all = decodeRecent(answer)
      return encodeRecent({ ...all, [part]: all[part].map(damaged) })
    }
    answerAs('passes on', (_, answer) => answer)
    answerAs('forges votes', recent('votes'))
    answerAs('forges cosignatures', recent('cosignatures'))
    answerAs('forges blocks', (kind, answer) => {
      if (kind !== 'range') return answer
      return encodeFullBlocks(decodeFullBlocks(answer).map(({ bytes, attachments }) => {
        const { headerBytes, seal, transactions, votes } = decodeBlock(bytes)
        return { bytes: encodeBlock(headerBytes, { ...seal, signature: damaged(seal.signature) }, transactions, votes), attachments }
      }))
    })
    for (let i = 0; i < 4; i++) {
      const certified = first.chain.submit(await network.admission())
      await clock.pass(2000)
      await certified
    }
    const authorities = nodes.slice(0, 4).map(({ name }) => name)
    for (const name of ['forges votes', 'forges cosignatures', 'forges blocks', 'passes on']) {
      network.wipe(member)
      peers.split([[name, member.name], authorities])
      await network.start(member)
      await clock.pass(10_000)
      assert.equal(peers.blamed.has(name), name !== 'passes on', name)
      assert.deepEqual([...new Set(member.chain.verdicts.refused.map(({ peer }) => peer))], name === 'forges blocks' ? [name] : [])
      if (name !== 'passes on') await network.kill(member)
    }
    peers.heal()
    assertAgreed(network, 4)
  })

  test('certifies what was final when all stopped before anybody had enough signatures', async () => {
    let tried = 0
    for (let seed = 1; seed <= 12 && tried === 0; seed++) {
      const network = await createSimulatedNetwork({ authorities: 4, members: 0, seed })
      const { clock, nodes, peers } = network
      await clock.pass(1000)
      void nodes[0]!.chain.submit(await network.admission()).catch(() => undefined)
      const signed = (): number => nodes.filter(({ store }) => (store.signed?.size ?? 0) > 0).length
      for (let step = 0; step < 4000 && signed() === 0; step++) await clock.pass(1)
      // What is on its way still comes: votes, by which others see that it is final. No signature leaves any more.
      peers.lossShare = 1
      await clock.pass(39)
      for (const node of nodes) await network.kill(node)
      if (signed() < 2 || nodes.some(({ chain }) => chain.head !== null)) continue
      tried += 1
      peers.lossShare = 0
      for (const node of nodes) await network.start(node)
      await clock.pass(30_000)
      assertAgreed(network, 1)
    }
    assert.ok(tried > 0, 'no seed leaves two who signed and nobody who saw enough')
  })

  test('changes its authorities with the next transaction, never in an empty block: what is certified always shows the state that stands', async () => {
    const network = await createSimulatedNetwork({ authorities: 3, members: 0, seed: 7 })
    const { clock, nodes } = network
    const leaver = nodes[2]!
    const send = async (submission: Submission): Promise<void> => {
      await Promise.all([nodes[0]!.chain.submit(submission), clock.pass(20_000)])
      for (const { ledger, chain } of nodes.filter(({ isUp }) => isUp)) assert.deepEqual(stateRoot(ledger.position.stateTree), chain.head!.checkpoint.stateRoot)
    }
    const authorities = (): number[] => nodes.map(({ ledger }) => ledger.authorities(ledger.position.height + 1).length)
    await clock.pass(3000)
    const { submission, approval } = await network.proposal('remove-authority', leaver.identity.address)
    await send(submission)
    await send(await approval(nodes[1]!))
    await send(await approval(leaver))
    const { height } = leaver.chain.status()
    await clock.pass(60_000)
    assert.deepEqual([leaver.chain.status().height, ...authorities()], [height, 3, 3, 3], 'no stream of empty blocks')
    await send(await network.admission())
    assert.deepEqual(authorities(), [2, 2, 2])
    await network.kill(leaver)
    await send(await network.admission())
  })

  test('goes on with a second authority that came on a new disk, at once', async () => {
    const network = await createSimulatedNetwork({ authorities: 1, members: 1, seed: 9 })
    const { clock, nodes } = network
    const [first, second] = nodes as [SimulatedNode, SimulatedNode]
    await network.kill(second)
    network.wipe(second)
    second.branchLog = { ...second.branchLog, isWhole: false }
    await network.start(second)
    const sent: Promise<unknown>[] = []
    const send = async (submission: Submission): Promise<void> => {
      sent.push(first.chain.submit(submission).catch(() => undefined))
      await clock.pass(700)
    }
    await clock.pass(700)
    await send(await network.admission(second.identity))
    const { submission } = await network.proposal(...addAuthority(second.identity))
    await send(submission)
    for (let i = 0; i < 3; i++) await send(await network.admission())
    await clock.pass(20_000)
    assertAgreed(network, 5)
    await Promise.all(sent)
    assert.equal(second.ledger.authorities(second.ledger.position.height).length, 2)
    // It was one before its disk is new again: at the genesis, where it begins, it asks who may know nothing of that.
    await network.kill(second)
    network.wipe(second)
    second.branchLog = { ...second.branchLog, isWhole: false }
    await network.start(second)
    await clock.pass(20_000)
    const { voted, sealedHeight } = second.store.signed!
    assert.ok(Math.min(voted!.targetHeight, sealedHeight) >= first.ledger.position.height, 'it goes on above what is final')
    await send(await network.admission())
    await clock.pass(20_000)
    assertAgreed(network, 6)
    assert.deepEqual(first.chain.verdicts.doubleVotes, [])
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
    assert.ok(nodes[0]!.chain.shownBranches().every(({ votes, isJustified }) => votes.length <= 2 && !isJustified), 'two of four are not enough')
    assert.ok(nodes[0]!.chain.delays(5000).finalSinceMs !== null, 'it is told that it stands still')
    peers.heal()
    await clock.pass(30_000)
    await Promise.all(waiting)
    assertAgreed(network, 2)
    const lost = nodes.flatMap(({ chain }) => chain.lost)
    assert.ok(lost.length > 0 && lost.every(({ id, wonId, height }) => height > 0 && bytesToHex(id) !== bytesToHex(wonId)), 'the half that lost is remembered')
  })

  for (const isSignedLost of [false, true]) {
    test(`an authority whose disk is new votes again and never twice, also where only a member heard what it said${isSignedLost ? '; the file of what it signed was lost' : ''}`, async () => {
      const network = await createSimulatedNetwork({ authorities: 4, members: 1, seed: 4 })
      const { clock, nodes, peers } = network
      const [away, ...others] = nodes as [SimulatedNode, ...SimulatedNode[]]
      const member = others.at(-1) as SimulatedNode
      await clock.pass(1000)
      peers.split([[away.name, member.name], others.slice(0, 3).map(({ name }) => name)])
      const waiting = [away.chain.submit(await network.admission()).catch(() => null), others[0]!.chain.submit(await network.admission())]
      await clock.pass(20_000)
      const { height } = away.chain.status()
      assert.ok(height > others[0]!.chain.status().height, `it signed up to ${height}, where the others do not come`)
      await network.kill(away)
      network.wipe(away, isSignedLost)
      peers.heal()
      await network.start(away)
      await clock.pass(10_000)
      for (let i = 0; i < 20; i++) {
        waiting.push(others[1]!.chain.submit(await network.admission()))
        await clock.pass(1500)
      }
      await Promise.all(waiting)
      await clock.pass(5_000)
      assertOneHistory(network)
      for (const { chain } of nodes) assert.deepEqual([chain.failure, chain.verdicts.doubleVotes, [...chain.verdicts.counts.keys()].filter((code) => code.startsWith('double-'))], [null, [], []])
      const { vote, block } = others[0]!.chain.activity.of(away.identity.address)
      assert.ok(vote!.height > height && block!.height > height, 'it votes and seals again, above all that it signed')
      assert.equal(away.ledger.position.height, others[0]!.ledger.position.height)
    })
  }

  test('goes on soon where messages take longer than turns', async () => {
    const network = await createSimulatedNetwork({ authorities: 4, members: 0, seed: 1, parameters: { blockMs: 300 }, latencyMs: { min: 100, max: 800 } })
    const { clock, nodes } = network
    await clock.pass(15_000)
    const [first] = nodes as [SimulatedNode]
    let [sinceMs, stillMs, height] = [clock.nowMs(), 0, 0]
    const certified: Promise<unknown>[] = []
    for (let i = 0; i < 45; i++) {
      if (i < 30) certified.push(first.chain.submit(await network.admission()))
      await clock.pass(1000)
      if (first.ledger.position.height > height || first.chain.status().waiting === 0) sinceMs = clock.nowMs()
      height = first.ledger.position.height
      stillMs = Math.max(stillMs, clock.nowMs() - sinceMs)
    }
    assert.ok(stillMs < 25_000, `stood still for ${stillMs} ms`)
    await Promise.all(certified)
  })

  for (const [authorities, sealers] of [[4, 'authorities']] as const) {
    test(`survives them with work: ${authorities} authorities, sealed by ${sealers}`, async () => {
      await survive(authorities, 100, { sealers, workBits: 8, blockMs: 2000 })
    })
  }
})

async function survive(authorities: number, seed: number, parameters: Partial<Parameters> = {}): Promise<void> {
  const network = await createSimulatedNetwork({ parameters, authorities, members: 2, seed, latencyMs: { min: 1, max: 300 }, triesPerMs: () => 0.05 })
  const { clock, nodes, peers, random } = network
  const accepted: Promise<unknown>[] = []
  try {
    for (let round = 0; round < 12; round++) {
      peers.lossShare = random.fraction() * 0.3
      const chance = random.below(6)
      const victim = random.pick(nodes)
      if (chance === 0 && victim.isUp) await network.kill(victim)
      if (chance === 1) peers.split([nodes.filter(() => random.chance(0.5)).map(({ name }) => name)])
      if (chance === 2) peers.heal()
      for (const node of nodes) if (!node.isUp && random.chance(0.5)) await network.start(node)
      const up = nodes.filter(({ isUp }) => isUp)
      for (let i = random.below(4); i > 0; i--) accepted.push(random.pick(up).chain.submit(await network.admission()).catch((error: unknown) => error))
      await clock.pass(random.below(4000))
      assertOneHistory(network)
    }
    peers.heal()
    peers.lossShare = 0
    for (const node of nodes) if (!node.isUp) await network.start(node)
    await clock.pass(parameters.workBits === undefined ? 60_000 : 120_000)
    assertAgreed(network, nodes[0]!.ledger.position.log.size)
    const results = await Promise.all(accepted)
    const certified = results.filter((result) => !(result instanceof Error))
    assert.ok(certified.length <= nodes[0]!.ledger.position.log.size)
    for (const node of nodes) {
      assert.equal(node.chain.failure, null)
      assert.equal(node.chain.verdicts.doubleVotes.length, 0)
      assert.equal(node.chain.status().waiting, 0)
    }
  } catch (error) {
    console.error(`seed ${seed}, ${authorities} authorities`)
    throw error
  }
}

/** No two nodes hold different final blocks at one height. */
function assertOneHistory({ nodes }: SimulatedNetwork): void {
  const ids = new Map<number, string>()
  for (const { ledger, isUp } of nodes) {
    if (!isUp) continue
    for (let height = 0; height <= ledger.position.height; height++) {
      const id = bytesToHex(ledger.position.ancestor(height)!.id)
      assert.equal(ids.get(height) ?? id, id, `two final blocks at ${height}`)
      ids.set(height, id)
    }
  }
}
