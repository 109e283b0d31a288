import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex, equalBytes, followLink, isValidSignature, portable } from '@telltale/core'
import { addAuthority, admit, createAsset, decide, enrolDevice, record, role, tick } from '../src/network-actions.ts'
import { createTestNetwork } from '../src/network-fixture.ts'
import type { TestNetwork } from '../src/network-fixture.ts'
import { testIdentity } from '../src/test-identity.ts'

async function someNetwork(): Promise<TestNetwork> {
  const network = await createTestNetwork({ authorities: 4 })
  const [owner, device, fifth] = [testIdentity(100), testIdentity(101, 'ES256'), testIdentity(5)]
  await admit(network, owner, { roles: [role('owner')] })
  const asset = await createAsset(network, { owner })
  await enrolDevice(network, { asset, device, streams: ['odometer'] })
  for (const epoch of [0, 0, undefined]) await record(network, device, 'odometer', epoch === undefined ? {} : { epoch })
  await admit(network, fifth, { roles: [role('member')], organisation: null })
  network.known.push(fifth)
  await decide(network, ...addAuthority(fifth), network.authorities.slice(0, 3))
  for (let i = 0; i < 3; i++) await tick(network)
  return network
}

suite('test network', () => {
  test('the same calls give the same bytes', async () => {
    const [one, two] = [await someNetwork(), await someNetwork()]
    assert.equal(bytesToHex(one.ledger.position.id), bytesToHex(two.ledger.position.id))
    assert.deepEqual(await one.cosignHead(), await two.cosignHead())
  })

  test('links lead from the genesis to the head, and every signature on the way holds', async () => {
    const network = await someNetwork()
    const { atHead } = await network.materials()
    const { head, links } = await atHead((link, before) => ({ head: link, links: before }))
    assert.equal(links.length, 1)
    let trusted = network.ledger.authorities(0)
    for (const link of [...links, head]) {
      const step = followLink(trusted, link, portable)
      for (const check of step.checks) assert.ok(await isValidSignature(check, portable))
      trusted = step.set
    }
    assert.equal(trusted.length, 5)
    assert.equal(head.set, null)
  })

  test('whoever is left out does not sign', async () => {
    const network = await someNetwork()
    const link = await network.cosignHead(network.authorities.slice(1, 3))
    assert.equal(link.signatures.length, 2)
    assert.throws(() => followLink(network.ledger.authorities(network.ledger.position.height), link, portable), { code: 'no-quorum' })
    assert.ok(equalBytes(link.checkpoint.logRoot, (await network.checkpointAt(network.ledger.position.height)).logRoot))
  })
})
