import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { addressToBytes, cosign, encode, encodeCosignature, signStatement } from '@telltale/core'
import type { Cbor, Checkpoint } from '@telltale/core'
import { CALLS, admit, createTestNetwork, role, testBytes, testIdentity, tick } from '@telltale/testing'
import type { TestIdentity, TestMessage, TestNetwork } from '@telltale/testing'
import { encodeHeader, NO_NONCE } from '../../src/block/header.ts'
import type { BlockHeader } from '../../src/block/header.ts'
import { encodeSealedHeader, evidenceArgs } from '../../src/calls/evidence.ts'
import { encodeVote, voteFields } from '../../src/finality/vote.ts'
import { codeOf } from '../world.ts'

const [accused, second] = [testIdentity(1), testIdentity(2)]

async function voteOf(network: TestNetwork, { address, signer }: TestIdentity, sourceHeight: number, targetHeight: number, label = '', networkId = network.ledger.network): Promise<Uint8Array> {
  const fields = { sourceHeight, sourceId: testBytes(`block ${sourceHeight}`), targetHeight, targetId: testBytes(`block ${targetHeight} ${label}`) }
  const { keyNumber, signature } = await signStatement('vote', networkId, voteFields(fields), signer)
  return encodeVote({ voter: addressToBytes(address, 'tt'), keyNumber, ...fields, signature })
}

async function sealOf(network: TestNetwork, { address, signer }: TestIdentity, height: number, change: Partial<BlockHeader> = {}): Promise<Uint8Array> {
  const hash = testBytes('root')
  const header = encodeHeader({ network: network.ledger.network.slice(0, 16), height, parent: testBytes('parent'), timeMs: 1, size: 1, logRoot: hash, stateRoot: hash, setHash: hash, bodyHash: hash, sealer: addressToBytes(address, 'tt'), turn: 0, difficulty: 1, nonce: NO_NONCE, ...change })
  return encodeSealedHeader(header, await signStatement('seal', network.ledger.network, [header], signer))
}

async function cosignatureOf(network: TestNetwork, { address, signer }: TestIdentity, change: Partial<Checkpoint> = {}, issuedAtSeconds = 1): Promise<Uint8Array> {
  const checkpoint = { network: network.ledger.network, height: 7, size: 9, logRoot: testBytes('log'), stateRoot: testBytes('state'), setHash: testBytes('set'), ...change }
  return encode([encodeCosignature(checkpoint, 'EdDSA', await cosign(checkpoint, address, issuedAtSeconds, signer)), checkpoint.logRoot])
}

async function accusation(network: TestNetwork, args: Cbor[], sub = accused.address): Promise<TestMessage> {
  const sender = testIdentity(50)
  if (network.counter(network.authorities[0]!.address, sender.address) === 0) await admit(network, sender, { roles: [role('owner')] })
  return { key: sender, call: CALLS.evidence, sub, args }
}

const setOf = ({ ledger }: TestNetwork): string[] => ledger.authorities(ledger.position.height + 1).map(({ address }) => address)

suite('call 34: evidence', () => {
  const honest: [string, (network: TestNetwork) => Promise<Cbor[]>][] = [
    ['two votes for one height', async (network) => evidenceArgs('vote', await voteOf(network, accused, 1, 4), await voteOf(network, accused, 1, 4, 'another'))],
    ['a vote around another', async (network) => evidenceArgs('vote', await voteOf(network, accused, 1, 6), await voteOf(network, accused, 2, 5))],
    ['two seals on one parent', async (network) => evidenceArgs('seal', await sealOf(network, accused, 3), await sealOf(network, accused, 3, { timeMs: 2 }))],
    ['two cosignatures of one size', async (network) => evidenceArgs('cosignature', await cosignatureOf(network, accused), await cosignatureOf(network, accused, { logRoot: testBytes('another') }))],
  ]
  for (const [name, make] of honest) {
    test(`${name}: noted once, and the accused leaves the set when it is final`, async () => {
      const network = await createTestNetwork({ authorities: 4 })
      const message = await accusation(network, await make(network))
      const { height } = await network.send(message.key, message.call, message.sub, message.args)
      assert.ok(setOf(network).includes(accused.address), 'not before it is final')
      for (let i = 0; i < 4; i++) await tick(network, second)
      assert.ok(network.ledger.position.height > height)
      assert.deepEqual([setOf(network).length, setOf(network).includes(accused.address)], [3, false])
      const again = await accusation(network, evidenceArgs('vote', await voteOf(network, accused, 8, 9), await voteOf(network, accused, 7, 9)))
      assert.equal(await codeOf(network, again), 'already-known')
    })
  }

  test('no more than three are left by it', async () => {
    const network = await createTestNetwork({ authorities: 3 })
    const message = await accusation(network, await honest[0]![1](network))
    await network.send(message.key, message.call, message.sub, message.args)
    for (let i = 0; i < 4; i++) await tick(network, second)
    assert.equal(setOf(network).length, 3)
    assert.equal(await codeOf(network, await accusation(network, await honest[1]![1](network))), 'already-known')
  })

  test('two seals on one parent are no misconduct where anyone may seal', async () => {
    for (const [sealers, code] of [['authorities', 'accepted'], ['anyone', 'no-contradiction']] as const) {
      const network = await createTestNetwork({ authorities: 4, parameters: { sealers, workBits: 1 } })
      assert.equal(await codeOf(network, await accusation(network, await honest[2]![1](network))), code)
    }
  })

  const refused: [string, string, (network: TestNetwork) => Promise<[args: Cbor[], sub?: string]>][] = [
    ['votes in a row', 'no-contradiction', async (network) => [evidenceArgs('vote', await voteOf(network, accused, 1, 2), await voteOf(network, accused, 2, 3))]],
    ['seals on two parents', 'no-contradiction', async (network) => [evidenceArgs('seal', await sealOf(network, accused, 3), await sealOf(network, accused, 3, { parent: testBytes('other parent') }))]],
    ['cosignatures that differ in their time', 'no-contradiction', async (network) => [evidenceArgs('cosignature', await cosignatureOf(network, accused), await cosignatureOf(network, accused, {}, 2))]],
    ['a vote of another authority', 'invalid-signature', async (network) => [evidenceArgs('vote', await voteOf(network, accused, 1, 4), await voteOf(network, second, 1, 4, 'another'))]],
    ['a vote for another network', 'invalid-signature', async (network) => [evidenceArgs('vote', await voteOf(network, accused, 1, 4), await voteOf(network, accused, 1, 4, 'another', testBytes('another network')))]],
    ['somebody who is no authority', 'not-an-authority', async (network) => [evidenceArgs('vote', await voteOf(network, testIdentity(50), 1, 4), await voteOf(network, testIdentity(50), 1, 4, 'another')), testIdentity(50).address]],
  ]
  for (const [name, code, make] of refused) {
    test(`${name}: ${code}`, async () => {
      const network = await createTestNetwork({ authorities: 4 })
      const [args, sub] = await make(network)
      assert.equal(await codeOf(network, await accusation(network, args, sub)), code)
    })
  }
})
