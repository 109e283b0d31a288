import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { bytesToHex, decode, encode, hexToBytes, portable, publicKeyToCose, signTransaction } from '@telltale/core'
import { createClient } from '@telltale/client'
import { evidenceArgs } from '@telltale/ledger'
import { createWallet } from '@telltale/node'
import { runCommand } from '../process.ts'
import { agreed, askDesk, healthOf, startTrial, voteBy, withLateMs } from './trial.ts'
import type { Trial, TrialNode } from './trial.ts'

suite('a trial network of seven processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-trial-'))
  let trial: Trial
  let size = 0
  before(async () => {
    trial = await startTrial(join(folder, 'trial'), ['--authorities', '4', '--members', '3', '--block-ms', '500'])
  })
  after(async () => {
    await trial.running.interrupt()
    rmSync(folder, { recursive: true, force: true })
  })

  test('has what a member took final and certified on every node, with the same roots', async () => {
    assert.deepEqual(trial.nodes.map(({ name }) => name), ['authority-1', 'authority-2', 'authority-3', 'authority-4', 'member-1', 'member-2', 'member-3'])
    const startedMs = performance.now()
    const { status, results } = await trial.admit(trial.nodes.at(-1)!)
    assert.deepEqual([status, results[0]?.status], [200, 'certified'], JSON.stringify(results))
    await agreed(trial.nodes, (size += 1), 30_000)
    console.log(`certified and final everywhere after ${Math.round(performance.now() - startedMs)} ms, blocks of 500 ms`)
  })

  test('makes no blocks while nobody says anything', async () => {
    const before = await healthOf(trial.nodes[0]!)
    await new Promise((settle) => setTimeout(settle, 3000))
    assert.equal((await healthOf(trial.nodes[0]!)).height, before.height)
  })

  test('tells who is there, how far away, whose turn it is, and that nothing waits', async () => {
    const member = trial.nodes.at(-1)!
    const client = createClient({ url: member.url })
    const { isAlone, peers } = await client.call('listPeers', {})
    assert.deepEqual([isAlone, peers.length, peers.filter(({ role }) => role === 'authority').length], [false, 6, 4])
    assert.ok(peers.every(({ isConnected, latencyMs, software }) => isConnected && latencyMs !== null && software?.startsWith('telltale/')), JSON.stringify(peers))
    const graph = await client.call('getPeerGraph', {})
    assert.deepEqual([graph.nodes.length, graph.isConnected, graph.nodes.filter(({ isOwn }) => isOwn).length], [7, true, 1])
    const { authorities, turns, needed } = await client.call('listAuthorities', {})
    assert.deepEqual([authorities.length, needed, new Set(turns.map(({ address }) => address)).size], [4, 3, 4])
    assert.ok(authorities.every(({ vote, awaySinceMs }) => vote !== null && awaySinceMs === null), JSON.stringify(authorities))
    assert.ok(authorities.filter(({ cosignature }) => cosignature !== null).length >= 3)
    const [pool, branches, refused, health] = await Promise.all([client.call('getPool', {}), client.call('getBranches', {}), client.call('listRefusedBlocks', {}), client.health()])
    assert.deepEqual([pool.count, pool.oldest, refused.counts, health.stalled], [0, null, [], null])
    assert.ok(branches.head.height >= branches.final.height && branches.blocks.every(({ votes, sealer }) => votes.length <= 4 && authorities.some(({ address }) => address === sealer)))
    assert.equal((await client.call('syncWithPeers', {})).asked, 6)
  })

  test('tells the same on the terminal, of the node that runs on a directory or at an address', async () => {
    const { data, url } = trial.nodes.at(-1)!
    const [list, graph, sync] = await Promise.all([
      runCommand<{ peers: unknown[] }>(['peers', 'list', '--data', data]),
      runCommand<{ nodes: unknown[]; links: unknown[] }>(['peers', 'graph', '--node', url]),
      runCommand<{ asked: number; from: number; height: number }>(['peers', 'sync', '--data', data]),
    ])
    assert.deepEqual([list.document.peers.length, graph.document.nodes.length, sync.document.asked], [6, 7, 6])
    assert.ok(graph.document.links.length >= 6 && sync.document.height >= sync.document.from)
    const none = await runCommand<{ error: { code: string } }>(['peers', 'list', '--data', join(folder, 'nothing')])
    assert.deepEqual([none.status, none.document.error.code], [2, 'node-unreachable'])
  })

  test('decides together at its desks: proposed at one, open until more than two thirds approve, by the hash of what is shown', async () => {
    const [first, second, third] = trial.nodes as [TrialNode, TrialNode, TrialNode, ...TrialNode[]]
    const member = trial.nodes.at(-1)!
    const client = createClient({ url: member.url })
    const { parameters, network } = await client.call('getNetwork', {})
    const value = bytesToHex(encode(withLateMs(parameters, 300_000)))
    assert.deepEqual((await askDesk(member, '/authorities')).answer, { authorities: [] })
    assert.equal((await askDesk(member, '/proposals', { key: 'member', kind: 'parameters', value })).answer['code'], 'not-allowed')
    assert.equal((await askDesk(first, '/proposals', { key: 'authority', kind: 'parameters', value: '80' })).answer['code'], 'wrong-shape')
    assert.equal((await askDesk(first, '/mining', { threads: 1 })).answer['code'], 'no-work-asked')
    const { status, answer } = await askDesk(first, '/proposals', { key: 'authority', kind: 'parameters', value })
    assert.equal(status, 200, JSON.stringify(answer))
    await agreed(trial.nodes, (size += 1), 30_000)
    const proposal = String(answer['proposal'])
    const open = await client.call('getProposal', { path: { proposal } })
    assert.deepEqual([open.kind, open.value, open.approvals.length, open.counted, open.needed, open.decidedHeight], ['parameters', value, 1, 1, 3, null])
    assert.equal((open.content as Record<string, unknown>)['late-ms'], 300_000)
    assert.equal(open.hash, bytesToHex(portable.sha256(encode([hexToBytes(network), open.kind, decode(hexToBytes(value))]))))
    assert.equal((await askDesk(first, '/approvals', { key: 'authority', proposal, hash: open.hash })).answer['code'], 'already-approved')
    assert.equal((await askDesk(second, '/approvals', { key: 'authority', proposal, hash: 'ff'.repeat(32) })).answer['code'], 'hash-mismatch')
    for (const node of [second, third]) assert.equal((await askDesk(node, '/approvals', { key: 'authority', proposal, hash: open.hash })).status, 200)
    await agreed(trial.nodes, (size += 2), 30_000)
    const { proposals, after } = await client.call('listProposals', {})
    assert.deepEqual([proposals.length, after, proposals[0]?.approvals.length], [1, null, 3])
    const decided = await client.call('getNetwork', {})
    assert.deepEqual([decided.parameters.lateMs, decided.parametersSinceHeight], [300_000, proposals[0]!.decidedHeight! + 1])
    assert.equal((await askDesk(trial.nodes[3]!, '/approvals', { key: 'authority', proposal, hash: open.hash })).answer['code'], 'already-decided')
  })

  test('lets go whoever signs against itself, once that is final, says so by name, and takes it in again by a proposal', async () => {
    const client = createClient({ url: trial.nodes[5]!.url })
    const { authorities } = await client.call('listAuthorities', {})
    assert.ok(authorities.every(({ sinceHeight }) => sinceHeight === 0))
    const leaver = await createWallet(trial.nodes[3]!.data, undefined).open('authority')
    const accuser = await createWallet(trial.nodes[0]!.data, undefined).open('authority')
    const [one, other] = [await voteBy(trial.network, leaver, 'one'), await voteBy(trial.network, leaver, 'other')]
    const evidence = await signTransaction({ network: trial.network.subarray(0, 16), iss: accuser.address, sub: leaver.address, call: 34, sequence: 0, args: evidenceArgs('vote', one, other) }, accuser.signer)
    const [result] = await client.submit([{ bytes: evidence, attachments: [] }])
    assert.equal(result?.status, 'certified', JSON.stringify(result))
    await agreed(trial.nodes, (size += 1), 30_000)
    const noted = (await client.call('listProposals', {})).proposals.find(({ kind }) => kind === 'evidence')
    assert.ok(noted, 'it stands in the ledger')
    assert.deepEqual([noted.proposer, noted.approvals, noted.decidedHeight], [accuser.address, [], result.height])
    assert.deepEqual((noted.content as string[]).slice(0, 2), [leaver.address, 'vote'])
    const { pending } = await client.call('listAuthorities', {})
    assert.deepEqual(pending.map((change) => [change.decidedHeight, change.joins.length, change.leaves.map(({ address }) => address)]), [[result.height, 0, [leaver.address]]])
    for (let left = pending; left.length > 0; left = (await client.call('listAuthorities', {})).pending) {
      await trial.admit(trial.nodes[0]!)
      await agreed(trial.nodes, (size += 1), 30_000)
    }
    const after = await client.call('listAuthorities', {})
    assert.deepEqual([after.authorities.length, after.needed], [3, 3])
    assert.ok(after.height + 1 >= pending[0]!.earliestHeight)
    // So that the network can lose one again.
    const back = await askDesk(trial.nodes[1]!, '/proposals', { key: 'authority', kind: 'add-authority', value: bytesToHex(encode([leaver.address, 0, publicKeyToCose(leaver.publicKey)])) })
    assert.equal(back.status, 200, JSON.stringify(back.answer))
    await agreed(trial.nodes, (size += 1), 30_000)
    const again = await client.call('getProposal', { path: { proposal: String(back.answer['proposal']) } })
    for (const node of [trial.nodes[0]!, trial.nodes[2]!]) assert.equal((await askDesk(node, '/approvals', { key: 'authority', proposal: again.proposal, hash: again.hash })).status, 200)
    await agreed(trial.nodes, (size += 2), 30_000)
    for (let { pending: left } = await client.call('listAuthorities', {}); left.length > 0; left = (await client.call('listAuthorities', {})).pending) {
      await trial.admit(trial.nodes[0]!)
      await agreed(trial.nodes, (size += 1), 30_000)
    }
    const all = (await client.call('listAuthorities', {})).authorities
    assert.deepEqual(all.map(({ address, sinceHeight }) => sinceHeight > 0 === (address === leaver.address)), [true, true, true, true])
  })

  test('goes on when an authority is killed', async () => {
    process.kill(trial.nodes[1]!.pid, 'SIGKILL')
    for (const through of [trial.nodes[0]!, trial.nodes[4]!]) {
      const { results } = await trial.admit(through)
      assert.equal(results[0]?.status, 'certified')
    }
    await agreed(trial.nodes.filter((_, i) => i !== 1), (size += 2), 30_000)
  })

  test('says who is missing and what helps when too few authorities are left', async () => {
    process.kill(trial.nodes[2]!.pid, 'SIGKILL')
    const client = createClient({ url: trial.nodes[0]!.url })
    assert.equal((await trial.admit(trial.nodes[4]!, 'accepted')).results[0]?.status, 'pending')
    const endMs = performance.now() + 30_000
    let { stalled } = await client.health()
    while (stalled === null) {
      assert.ok(performance.now() < endMs, 'nobody tells that it stalls')
      await new Promise((settle) => setTimeout(settle, 200))
      stalled = (await client.health()).stalled
    }
    assert.deepEqual([stalled.present, stalled.needed, stalled.authorities], [2, 3, 4])
    const { authorities } = await client.call('listAuthorities', {})
    assert.deepEqual(stalled.missing.map(({ address }) => address).sort(), authorities.filter(({ awaySinceMs }) => awaySinceMs !== null).map(({ address }) => address).sort())
    assert.match(stalled.help, /^Start 1 of the 2 that are missing again/)
    const figures = await client.call('getMetrics', {})
    assert.ok(Number(/^telltale_stalled_seconds (\S+)$/m.exec(figures)?.[1]) > 4, figures)
    assert.match(figures, /^telltale_peers 4$/m)
  })

  test('leaves directories whose blocks a file carries into a new one, where they are shown to be final', async () => {
    await trial.running.interrupt()
    const [file, copy] = [join(folder, 'trial.chain'), join(folder, 'copy')]
    const network = bytesToHex(trial.network)
    const exported = await runCommand<{ height: number; cosignatures: number }>(['chain', 'export', file, '--data', trial.nodes[0]!.data])
    assert.ok(exported.status === 0 && exported.document.cosignatures >= 9, JSON.stringify(exported))
    const other = await runCommand<{ error: { code: string } }>(['chain', 'import', file, '--data', copy, '--network', 'ff'.repeat(32)])
    assert.deepEqual([other.status, other.document.error.code], [2, 'other-network'])
    const taken = await runCommand<{ network: string; height: number; size: number; open: number }>(['chain', 'import', file, '--data', copy, '--network', network])
    assert.deepEqual([taken.status, taken.document.network, taken.document.size], [0, network, size], JSON.stringify(taken.document))
    assert.equal(taken.document.height + taken.document.open, exported.document.height)
    const [own, given] = await Promise.all([copy, trial.nodes[0]!.data].map(async (data) => (await runCommand<{ logRoot: string; stateRoot: string; certified: { isQuorum: boolean } }>(['chain', 'show', '--data', data])).document))
    assert.deepEqual([own!.logRoot, own!.stateRoot, own!.certified.isQuorum], [given!.logRoot, given!.stateRoot, true])
    // Whoever seals nothing alone can read what is there, and is told how to send.
    for (const data of [copy, trial.nodes[0]!.data]) {
      const listed = await runCommand<{ assets: unknown[] }>(['asset', 'list', '--data', data])
      assert.deepEqual([listed.status, listed.document.assets], [0, []], JSON.stringify(listed.document))
    }
    const sent = await runCommand<{ error: { code: string; message: string } }>(['send', 'roles', '[[["owner", null, null]]]', '--key', 'authority', '--sub', 'authority', '--data', trial.nodes[0]!.data])
    assert.deepEqual([sent.status, sent.document.error.code], [1, 'needs-peers'])
    assert.match(sent.document.error.message, /--peer-listen.*--node/)
  })
})
