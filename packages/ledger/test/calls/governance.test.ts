import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { AUTHORITIES_MAX, createdId, decode, followLink, publicKeyToCose, setHash, stateRoot } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { CALLS, addAuthority, admit, admitMessage, createTestNetwork, decide, keySignature, role, testIdentity, testSigner, tick } from '@telltale/testing'
import type { TestIdentity, TestMessage, TestNetwork } from '@telltale/testing'
import { proposalHash } from '../../src/calls/governance.ts'
import type { CheckedTransaction } from '../../src/admission.ts'
import type { Execution } from '../../src/execute.ts'
import { INTERVALS_MAX } from '../../src/limits.ts'
import { DEFAULT_PARAMETERS, parametersToCbor } from '../../src/parameters.ts'
import { NETWORK_KEY, identityKey } from '../../src/state/key.ts'
import { identityRowFromCbor, networkRowFromCbor } from '../../src/state/rows.ts'
import type { NetworkRow } from '../../src/state/rows.ts'
import { codeOf, codeUnder, createWorld, sendAll } from '../world.ts'

type Four = [TestIdentity, TestIdentity, TestIdentity, TestIdentity]

const networkRow = (network: TestNetwork): NetworkRow => networkRowFromCbor(decode(network.reader.state(NETWORK_KEY).value as Uint8Array))
const addressesAt = (network: TestNetwork, height: number): string[] => network.ledger.authorities(height).map(({ address }) => address)
const openRoles = (network: TestNetwork, { address }: TestIdentity): string[] => identityRowFromCbor(decode(network.reader.state(identityKey(address)).value as Uint8Array)).roles.filter(({ to }) => to === null).map(({ value }) => value.name)
const proposing = (key: TestIdentity, kind: Cbor, value: Cbor): TestMessage => ({ key, call: CALLS.propose, sub: key.address, args: [kind, value] })
const approving = (network: TestNetwork, key: TestIdentity, id: Uint8Array, kind: string, value: Cbor): TestMessage => ({ key, call: CALLS.approve, sub: createdId('tp', id), args: [proposalHash(network.ledger.network, kind, value, network.primitives)] })

async function fourAuthorities(organisation: (four: Four) => string | null = () => null): Promise<{ network: TestNetwork; four: Four; fifth: TestIdentity }> {
  const network = await createTestNetwork({ authorities: 4 })
  const fifth = testIdentity(5)
  network.known.push(fifth)
  await admit(network, fifth, { roles: [role('member')], organisation: organisation(network.authorities as Four) })
  return { network, four: network.authorities as Four, fifth }
}

suite('32 propose and 33 approve', () => {
  test('two of four are not enough, three are; the change takes force two blocks later', async () => {
    const { network, four, fifth } = await fourAuthorities()
    const { ledger } = network
    const change = addAuthority(fifth)
    const { id } = await decide(network, ...change, four.slice(0, 2))
    for (let i = 0; i < 3; i++) await tick(network)
    assert.equal(addressesAt(network, ledger.position.height + 5).length, 4)
    assert.equal(await codeOf(network, approving(network, four[2], id, ...change)), 'accepted')
    const decided = ledger.position.height
    assert.equal(networkRow(network).pending.length, 1)
    await tick(network)
    assert.deepEqual([decided, decided + 1, decided + 2].map((height) => addressesAt(network, height).length), [4, 4, 5])
    assert.deepEqual(openRoles(network, fifth), ['member', 'authority'])
    await tick(network)
    const { setHash: stated } = await network.checkpointAt(decided + 2)
    assert.deepEqual(stated, setHash(ledger.authorities(decided + 2), network.primitives))
    assert.notDeepEqual(stated, (await network.checkpointAt(decided + 1)).setHash)
  })

  test('takes force in a block with transactions only: one without, or whose are all refused, changes nothing that was certified', async () => {
    const { network, four, fifth } = await fourAuthorities()
    const { ledger } = network
    await decide(network, ...addAuthority(fifth), four.slice(0, 3))
    const { position } = ledger
    const read = async (message: TestMessage): Promise<CheckedTransaction> => {
      const found = ledger.read(await network.sign(message))
      assert.ok(found.ok)
      return { read: found.value, keys: null }
    }
    const honest = await read(await admitMessage(network, testIdentity(6), { roles: [role('owner')] }))
    const refused = await read(proposing(fifth, ...addAuthority(fifth)))
    const execute = (transactions: CheckedTransaction[]): Execution => ledger.execute(position, { height: position.height + 1, timeMs: position.timeMs + 1000, finalHeight: position.height, transactions }, () => undefined)
    assert.equal(execute([honest, refused]).state.network().pending.length, 0)
    for (const transactions of [[], [refused]]) {
      const execution = execute(transactions)
      assert.equal(execution.state.network().pending.length, 1)
      assert.deepEqual(execution.stateRoot, stateRoot(position.stateTree))
    }
  })

  test('a proposal counts as its proposer\'s approval, and nobody approves twice or afterwards', async () => {
    const { network, four, fifth } = await fourAuthorities()
    const change = addAuthority(fifth)
    const { id } = await decide(network, ...change, [four[0]])
    assert.equal(await codeOf(network, approving(network, four[0], id, ...change)), 'already-approved')
    assert.equal(await codeOf(network, approving(network, fifth, id, ...change)), 'not-allowed')
    assert.equal(await codeOf(network, { ...approving(network, four[1], id, ...change), sub: createdId('tp', new Uint8Array(32)) }), 'unknown-proposal')
    assert.equal(await codeOf(network, { ...approving(network, four[1], id, ...change), sub: 'anything' }), 'unknown-proposal')
    assert.equal(await codeOf(network, approving(network, four[1], id, 'remove-authority', change[1])), 'hash-mismatch')
    assert.equal(await codeOf(network, approving(network, four[1], id, ...change)), 'accepted')
    assert.equal(await codeOf(network, approving(network, four[1], id, ...change)), 'already-approved')
    assert.equal(await codeOf(network, approving(network, four[2], id, ...change)), 'accepted')
    assert.equal(await codeOf(network, approving(network, four[3], id, ...change)), 'already-decided')
  })

  test('what cannot be proposed', async () => {
    const { network, four, fifth } = await fourAuthorities()
    const [one, two] = four
    const [kind, value] = addAuthority(fifth)
    const withKey = (key: TestIdentity): Cbor => [fifth.address, 0, publicKeyToCose(key.signer.publicKey)]
    assert.equal(await codeOf(network, proposing(fifth, kind, value)), 'not-allowed')
    assert.equal(await codeOf(network, { ...proposing(one, kind, value), sub: two.address }), 'wrong-subject')
    assert.equal(await codeOf(network, proposing(one, 'crown', value)), 'unknown-proposal')
    assert.equal(await codeOf(network, proposing(one, kind, null)), 'wrong-shape')
    assert.equal(await codeOf(network, proposing(one, 'remove-authority', 5)), 'wrong-shape')
    assert.equal(await codeOf(network, proposing(one, 'parameters', new Map())), 'wrong-shape')
    assert.equal(await codeOf(network, proposing(one, 'remove-authority', fifth.address)), 'not-an-authority')
    assert.equal(await codeOf(network, proposing(one, ...addAuthority(two))), 'already-authority')
    assert.equal(await codeOf(network, proposing(one, ...addAuthority(testIdentity(6)))), 'key-mismatch')
    assert.equal(await codeOf(network, proposing(one, kind, withKey(testIdentity(6)))), 'key-mismatch')
    assert.equal(await codeOf(network, proposing(one, kind, [fifth.address, 1, publicKeyToCose(fifth.signer.publicKey)])), 'key-mismatch')
    assert.equal(await codeOf(network, proposing(one, kind, value)), 'accepted')
  })

  test('the last authority stays, and the set has a largest size', async () => {
    const lone = await createWorld()
    assert.equal(await codeOf(lone.network, proposing(lone.authority, 'remove-authority', lone.authority.address)), 'last-authority')
    const { network, four, fifth } = await fourAuthorities()
    const entry = network.ledger.authorities(1)[0]!
    const withSet = (size: number): Promise<string> =>
      codeUnder(network, proposing(four[0], ...addAuthority(fifth)), NETWORK_KEY, (row: NetworkRow) => ({ ...row, sets: row.sets.map((interval) => ({ ...interval, value: [...interval.value, ...Array.from({ length: size - 4 }, (_, i) => ({ ...entry, address: `tt1${i}` }))] })) }))
    assert.equal(await withSet(AUTHORITIES_MAX - 1), 'accepted')
    assert.equal(await withSet(AUTHORITIES_MAX), 'too-many-authorities')
  })

  test('a network changes at most 1,024 times an era', async () => {
    const { network, four, fifth } = await fourAuthorities()
    const message = proposing(four[0], ...addAuthority(fifth))
    const withIntervals = (list: 'sets' | 'parameters', count: number): Promise<string> =>
      codeUnder(network, message, NETWORK_KEY, (row: NetworkRow) => ({ ...row, [list]: [...Array.from({ length: count - 1 }, () => ({ ...row[list][0]!, to: 1 })), ...row[list]] }))
    for (const list of ['sets', 'parameters'] as const) {
      assert.equal(await withIntervals(list, INTERVALS_MAX - 1), 'accepted')
      assert.equal(await withIntervals(list, INTERVALS_MAX), 'too-many-intervals')
    }
  })
})

suite('changes of the set', () => {
  test('are followed one at a time by whoever trusts the set before, from the genesis on', async () => {
    const { network, four, fifth } = await fourAuthorities()
    const rotated = { address: four[1].address, signer: testSigner(40, 'ES256', 1) }
    network.known.push(rotated)
    await decide(network, ...addAuthority(fifth), four.slice(0, 3))
    await network.send(four[1], CALLS.rotate, four[1].address, [1, publicKeyToCose(rotated.signer.publicKey), await keySignature(network, rotated, 'rotation')])
    await decide(network, 'remove-authority', four[0].address, [rotated, four[2], four[3], fifth])
    for (let i = 0; i < 4; i++) await tick(network, four[2])
    const { sets, pending } = networkRow(network)
    assert.equal(pending.length, 0)
    assert.deepEqual(sets.map(({ value }) => value.length), [4, 5, 5, 4])
    for (const [i, interval] of sets.slice(1).entries()) assert.equal(interval.from, sets[i]?.to)
    assert.deepEqual(openRoles(network, fifth), ['member', 'authority'])
    assert.deepEqual(openRoles(network, four[0]), [])
    let trusted = network.ledger.authorities(0)
    for (const link of await network.links()) trusted = followLink(trusted, link, network.primitives).set
    assert.deepEqual(trusted, network.ledger.authorities(network.ledger.position.height))
    assert.equal(await codeOf(network, proposing(four[0], 'remove-authority', fifth.address)), 'not-allowed')
    assert.equal(await codeOf(network, proposing(rotated, 'remove-authority', fifth.address)), 'accepted')
  })

  test('two that were decided in one block take force one block after the other', async () => {
    const { network, four, fifth } = await fourAuthorities()
    const sixth = testIdentity(6)
    await admit(network, sixth, { roles: [role('member')], organisation: null })
    const changes = [addAuthority(fifth), addAuthority(sixth)]
    const ids: Uint8Array[] = []
    for (const change of changes) ids.push((await decide(network, ...change, four.slice(0, 2))).id)
    await network.block(await Promise.all(changes.map((change, i) => network.sign(approving(network, four[2], ids[i] as Uint8Array, ...change)))))
    const decided = network.ledger.position.height
    for (let i = 0; i < 3; i++) await tick(network)
    assert.deepEqual([0, 1, 2, 3].map((i) => addressesAt(network, decided + i).length), [4, 4, 5, 6])
  })

  test('wait until the block that decided them is final', async () => {
    const { network, four, fifth } = await fourAuthorities()
    await decide(network, ...addAuthority(fifth), four.slice(0, 3))
    const decided = network.ledger.position.height
    const somebody = async (n: number): Promise<Uint8Array> => network.sign(await admitMessage(network, testIdentity(n), { roles: [role('owner')] }))
    await network.block([await somebody(300)], { finalHeight: decided - 1 })
    await network.block([await somebody(301)], { finalHeight: decided - 1 })
    assert.equal(networkRow(network).pending.length, 1)
    await network.block([await somebody(302)], { finalHeight: decided })
    assert.deepEqual([3, 4].map((i) => addressesAt(network, decided + i).length), [4, 5])
  })

  test('a change that became impossible before it was decided has no effect', async () => {
    const { network, four, fifth } = await fourAuthorities()
    const change = addAuthority(fifth)
    const { id } = await decide(network, ...change, four.slice(0, 2))
    await network.send(fifth, CALLS.rotate, fifth.address, [1, publicKeyToCose(testSigner(41, 'EdDSA', 1).publicKey), await keySignature(network, { ...fifth, signer: testSigner(41, 'EdDSA', 1) }, 'rotation')])
    assert.equal(await codeOf(network, approving(network, four[2], id, ...change)), 'accepted')
    assert.equal(networkRow(network).pending.length, 0)
    for (let i = 0; i < 3; i++) await tick(network)
    assert.equal(addressesAt(network, network.ledger.position.height).length, 4)
  })

  test('a key that was rotated in the very block that decides does not join', async () => {
    const { network, four, fifth } = await fourAuthorities()
    const change = addAuthority(fifth)
    const { id } = await decide(network, ...change, four.slice(0, 2))
    const renewed = { ...fifth, signer: testSigner(41, 'EdDSA', 1) }
    const rotation: TestMessage = { key: fifth, call: CALLS.rotate, sub: fifth.address, args: [1, publicKeyToCose(renewed.signer.publicKey), await keySignature(network, renewed, 'rotation')] }
    await sendAll(network, [rotation, approving(network, four[2], id, ...change)])
    assert.equal(networkRow(network).pending.length, 0)
    assert.equal(await codeOf(network, { key: four[0], call: CALLS.propose, sub: four[0].address, args: change }), 'key-mismatch')
    assert.equal(await codeOf(network, { key: four[0], call: CALLS.propose, sub: four[0].address, args: addAuthority(renewed) }), 'accepted')
  })

  test('nobody takes the seat of somebody whose admission to the set is decided but not in force', async () => {
    const { network, four, fifth } = await fourAuthorities((authorities) => authorities[3].address)
    const thief = { ...fifth, signer: testSigner(42, 'EdDSA', 1) }
    const rotation: TestMessage = { key: four[3], call: CALLS.rotate, sub: fifth.address, args: [1, publicKeyToCose(thief.signer.publicKey), await keySignature(network, thief, 'rotation')] }
    const attempts: TestMessage[] = [rotation, { key: four[3], call: CALLS.suspend, sub: fifth.address, args: ['reason'] }, { key: four[3], call: CALLS.roles, sub: fifth.address, args: [[role('owner')]] }]
    const codes = async (): Promise<string[]> => Promise.all(attempts.map((message) => codeUnder(network, message, NETWORK_KEY, (row: NetworkRow) => row)))
    assert.deepEqual(await codes(), ['accepted', 'accepted', 'accepted'])
    await decide(network, ...addAuthority(fifth), four.slice(0, 3))
    // Decided, scheduled, in force: at each of these heights.
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(await codes(), ['not-allowed', 'needs-proposal', 'role-not-given-here'])
      await tick(network)
    }
    const seat = network.ledger.authorities(network.ledger.position.height + 1).find(({ address }) => address === fifth.address)
    assert.deepEqual(seat?.key, fifth.signer.publicKey)
  })

  test('somebody who is about to join may still rotate, and joins with the new key', async () => {
    const { network, four, fifth } = await fourAuthorities()
    await decide(network, ...addAuthority(fifth), four.slice(0, 3))
    const renewed = { ...fifth, signer: testSigner(43, 'EdDSA', 1) }
    network.known.push(renewed)
    await network.send(fifth, CALLS.rotate, fifth.address, [1, publicKeyToCose(renewed.signer.publicKey), await keySignature(network, renewed, 'rotation')])
    for (let i = 0; i < 3; i++) await tick(network)
    const seat = network.ledger.authorities(network.ledger.position.height).find(({ address }) => address === fifth.address)
    assert.equal(seat?.keyNumber, 1)
    assert.equal(addressesAt(network, network.ledger.position.height).length, 5)
  })
})

suite('changes of the parameters', () => {
  test('hold from the block after the one that decided them', async () => {
    const { network, four } = await fourAuthorities()
    const value = parametersToCbor({ ...DEFAULT_PARAMETERS, notesMax: 7, name: 'renamed' })
    await decide(network, 'parameters', value, four.slice(0, 2))
    assert.equal(network.ledger.parameters(network.ledger.position.height + 1).notesMax, DEFAULT_PARAMETERS.notesMax)
    const { id } = await decide(network, 'parameters', value, [four[3]])
    for (const approver of [four[0], four[1]]) await network.send(approver, CALLS.approve, createdId('tp', id), [proposalHash(network.ledger.network, 'parameters', value, network.primitives)])
    const { height } = network.ledger.position
    assert.equal(network.ledger.parameters(height).notesMax, DEFAULT_PARAMETERS.notesMax)
    assert.equal(network.ledger.parameters(height + 1).notesMax, 7)
    assert.equal(network.ledger.parameters(height + 1).name, 'renamed')
  })

  test('choose how long attachments are kept, and take that back', async () => {
    const { network, four } = await fourAuthorities()
    const retentionNext = (): number | null => network.ledger.parameters(network.ledger.position.height + 1).retentionMs
    assert.equal(retentionNext(), null)
    const before = networkRow(network)
    await decide(network, 'parameters', parametersToCbor({ ...DEFAULT_PARAMETERS, retentionMs: 86_400_000 }), four.slice(0, 3))
    assert.equal(retentionNext(), 86_400_000)
    assert.equal(before.parameters.length, 1)
    await decide(network, 'parameters', parametersToCbor(DEFAULT_PARAMETERS), four.slice(0, 3))
    assert.equal(retentionNext(), null)
    assert.deepEqual(networkRow(network).parameters.map(({ value }) => value.retentionMs), [null, 86_400_000, null])
  })

  test('are within their limits', async () => {
    const { network, four } = await fourAuthorities()
    const honest = parametersToCbor(DEFAULT_PARAMETERS)
    const code = (changes: [string, Cbor][]): Promise<string> => codeOf(network, proposing(four[0], 'parameters', new Map([...honest, ...changes])))
    const wrong: [string, Cbor][] = [['name', 'x'.repeat(65)], ['sealers', 'anyone'], ['sealers', 'nobody'], ['work', 53], ['block-ms', 3_600_001], ['block-transactions', 0], ['block-bytes', 65_535], ['notes', 0], ['quota-bytes', 65_535], ['quota-ms', 0], ['late-ms', -1], ['algorithms', []], ['algorithms', [-8, -8]], ['algorithms', ['EdDSA']], ['more', 1], ['retention-ms', 59_999], ['retention-ms', 2 ** 40 + 1], ['retention-ms', null], ['retention-ms', '90d'], ['retention-ms', -60_000]]
    for (const change of wrong) assert.equal(await code([change]), 'wrong-shape', change[0])
    assert.equal(await code([['algorithms', [-9]]]), 'unknown-algorithm')
    assert.equal(await code([]), 'accepted')
    assert.equal(await code([['retention-ms', 60_000]]), 'accepted')
    assert.equal(await code([['retention-ms', 60_000], ['more', 1]]), 'wrong-shape')
  })
})

suite('35 resumed', () => {
  test('by the one authority of a network; it stays in the entry of the network', async () => {
    const { network, authority, organisation } = await createWorld()
    const message = (key: TestIdentity, signed: Cbor = 5, sub = key.address): TestMessage => ({ key, call: CALLS.resumed, sub, args: [signed, 3] })
    assert.equal(await codeOf(network, message(organisation)), 'not-allowed')
    assert.equal(await codeOf(network, message(authority, 5, organisation.address)), 'wrong-subject')
    assert.equal(await codeOf(network, message(authority, -1)), 'wrong-shape')
    assert.equal(await codeOf(network, message(authority)), 'accepted')
    assert.equal(await codeOf(network, message(authority, null)), 'accepted')
    const { height } = network.ledger.position
    assert.deepEqual(networkRow(network).resumptions, [{ sizeSigned: 5, sizeHeld: 3, height: height - 1 }, { sizeSigned: null, sizeHeld: 3, height }])
    const four = await fourAuthorities()
    assert.equal(await codeOf(four.network, message(four.four[0])), 'not-allowed')
  })
})
