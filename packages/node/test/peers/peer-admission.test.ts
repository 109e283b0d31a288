import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { AuthoritySet } from '@telltale/core'
import { CALLS, addAuthority, admit, createTestNetwork, decide, role, testIdentity, testSigner, tick } from '@telltale/testing'
import type { TestIdentity } from '@telltale/testing'
import { judgePeer } from '../../src/peers/peer-admission.ts'

suite('who may be a peer', () => {
  test('open: who has the key of its identity, and who names none; closed: who holds a role too', async () => {
    const network = await createTestNetwork({ authorities: 4 })
    const { ledger, authorities } = network
    const [leaver, stranger, member, expiring] = [authorities[3]!, ...[10, 11, 12].map((n) => testIdentity(n))] as [TestIdentity, TestIdentity, TestIdentity, TestIdentity]
    const nowMs = ledger.position.timeMs + 1_000_000
    let followed: AuthoritySet = ledger.authorities(0)
    const code = (who: TestIdentity | null, isClosed: boolean, atMs = nowMs): string => {
      const identity = who && { address: who.address, role: 'member', publicKey: who.signer.publicKey, keyNumber: who.signer.keyNumber }
      return judgePeer({ ledger, isClosed, followed, nowMs: () => atMs }, identity)?.code ?? 'admitted'
    }
    const both = (who: TestIdentity | null): [open: string, closed: string] => [code(who, false), code(who, true)]
    await admit(network, member, { roles: [role('member')], organisation: null })
    await admit(network, expiring, { roles: [role('member', null, nowMs)], organisation: null })
    await tick(network)
    assert.deepEqual(both(member), ['admitted', 'admitted'])
    assert.deepEqual(both(leaver), ['admitted', 'admitted'])
    assert.deepEqual(both(stranger), ['admitted', 'peer-not-admitted'])
    assert.deepEqual(both(null), ['admitted', 'peer-not-admitted'])
    assert.deepEqual([code(expiring, true, nowMs - 1), code(expiring, true)], ['admitted', 'peer-not-admitted'])
    // Another key under the name of a member or of an authority, whatever its number.
    for (const { address } of [member, leaver]) for (const number of [0, 1]) assert.deepEqual(both({ address, signer: testSigner(60, 'EdDSA', number) }), ['key-not-in-force', 'key-not-in-force'])

    await network.send(authorities[0]!, CALLS.suspend, member.address, ['moved away'])
    await tick(network)
    assert.deepEqual(both(member), ['admitted', 'peer-not-admitted'])

    await decide(network, 'remove-authority', leaver.address, authorities.slice(0, 3))
    for (let i = 0; i < 3; i++) await tick(network)
    assert.equal(ledger.authorities(ledger.position.height + 1).length, 3)
    assert.deepEqual(both(leaver), ['admitted', 'admitted'], 'while those who trust the set before need its signature')
    followed = ledger.authorities(ledger.position.height + 1)
    assert.deepEqual(both(leaver), ['admitted', 'peer-not-admitted'])
    await decide(network, ...addAuthority(leaver), authorities.slice(0, 3))
    for (let i = 0; i < 3; i++) await tick(network)
    assert.deepEqual(both(leaver), ['admitted', 'admitted'])
  })
})
