import { compareBytes, portable, publicKeyToCose, transactionId, decodeTransaction } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { CALLS, addAuthority, admit, createAsset, decide, enrolDevice, keySignature, record, recordContent, role, tick } from './network-actions.ts'
import type { TestAsset } from './network-actions.ts'
import { createTestNetwork } from './network-fixture.ts'
import type { TestNetwork, TestNetworkInit } from './network-fixture.ts'
import { testBytes, testIdentity, testSigner } from './test-identity.ts'
import type { TestIdentity } from './test-identity.ts'

/**
 * A network with everything that a certificate can carry: four authorities, of which one leaves, one takes a new key and one joins; a car with two devices that
 * both have a stream `odometer`, sealed under two epochs and open; a key that was replaced, a resume, corrections, a fork, a device that was retired.
 */
export interface ForgerStory {
  network: TestNetwork
  asset: TestAsset
  /** Answers for itself and says nothing about the car but the fork. */
  organisation: TestIdentity
  workshop: TestIdentity
  /** The device that seals, with the key it signs with now; `replaced` is the same one with its first key. */
  sealing: TestIdentity
  replaced: TestIdentity
  /** The device that reports openly and was retired at the end. */
  open: TestIdentity
  /** Streams by name: `address/name`. */
  streams: { sealed: string; open: string; diagnostics: string; driving: string }
  /** Authorities: who left, and who replaced their key, before and after. */
  leaver: TestIdentity
  rotatedBefore: TestIdentity
  rotatedAfter: TestIdentity
  joiner: TestIdentity
  /** Heights: before any change of the authorities, and the first checkpoint after each. */
  heights: { before: number; links: number[] }
}

export async function tellForgerStory(init: Partial<TestNetworkInit> = {}): Promise<ForgerStory> {
  // Few Ed25519 keys: whoever reads one checks its order, which takes longer than all the rest.
  const authorities = [testIdentity(1), testIdentity(2, 'ES256'), testIdentity(3, 'ES256K'), testIdentity(4, 'ES256')]
  const network = await createTestNetwork({ authorities, parameters: { name: 'forgers' }, ...init })
  const [organisation, owner, workshop, replaced, open, joiner] = [10, 11, 12, 13, 14, 15].map((n) => testIdentity(n, n < 14 ? 'ES256' : 'EdDSA')) as [TestIdentity, TestIdentity, TestIdentity, TestIdentity, TestIdentity, TestIdentity]
  // The first by address stays as it is: it admits everybody.
  const [, rotatedBefore, , leaver] = network.authorities as [TestIdentity, TestIdentity, TestIdentity, TestIdentity]
  const rotatedAfter = { address: rotatedBefore.address, signer: testSigner(50, 'ES256', 1) }
  const sealing = { address: replaced.address, signer: testSigner(51, 'ES256K', 1) }
  await admit(network, organisation, { roles: [role('member')], organisation: null })
  await admit(network, owner, { roles: [role('owner')], organisation: null })
  await admit(network, workshop, { roles: [role('operator', 'service')] })
  await admit(network, joiner, { roles: [role('member')], organisation: null })
  const asset = await createAsset(network, { owner, attributes: new Map<string, Cbor>([['vin', 'WVWZZZ1JZXW000001'], ['make', 'Volkswagen'], ['year', 2019]]) })
  await enrolDevice(network, { asset, device: replaced, streams: ['odometer', 'diagnostics'] })
  await enrolDevice(network, { asset, device: open, streams: ['odometer', 'driving'] })
  const streams = { sealed: `${replaced.address}/odometer`, open: `${open.address}/odometer`, diagnostics: `${replaced.address}/diagnostics`, driving: `${open.address}/driving` }
  const story = { network, asset, organisation, workshop, sealing, replaced, open, streams, leaver, rotatedBefore, rotatedAfter, joiner }
  for (let i = 0; i < 2; i++) await record(network, replaced, 'odometer', { epoch: 0 })
  for (let i = 0; i < 3; i++) await record(network, open, 'odometer')
  await record(network, replaced, 'diagnostics')
  const before = network.ledger.position.height
  await changeAuthorities(story)
  await record(network, replaced, 'odometer', { epoch: 0 })
  await network.send(replaced, CALLS.rotate, replaced.address, [1, publicKeyToCose(sealing.signer.publicKey), await keySignature(network, sealing, 'rotation')])
  await resume(network, sealing)
  await record(network, sealing, 'odometer', { epoch: 0 })
  for (let i = 0; i < 2; i++) await record(network, sealing, 'odometer', { epoch: 1 })
  await note(story)
  await network.send(owner, CALLS.retireDevice, asset.id, [open.address, 'replaced'])
  await tick(network)
  return { ...story, heights: { before, links: (await network.links()).map((link) => link.checkpoint.height) } }
}

type Cast = Omit<ForgerStory, 'heights'>

/** One leaves, one takes a new key, one joins: three links. */
async function changeAuthorities({ network, leaver, rotatedBefore, rotatedAfter, joiner }: Cast): Promise<void> {
  const others = network.authorities.filter((authority) => authority.address !== leaver.address)
  await decide(network, 'remove-authority', leaver.address, others)
  await settle(network)
  network.known.push(rotatedAfter, joiner)
  await network.send(rotatedBefore, CALLS.rotate, rotatedBefore.address, [1, publicKeyToCose(rotatedAfter.signer.publicKey), await keySignature(network, rotatedAfter, 'rotation')])
  await settle(network)
  await decide(network, ...addAuthority(joiner), others.map((other) => (other.address === rotatedAfter.address ? rotatedAfter : other)))
  await settle(network)
}

/** Enough blocks for a decided set of authorities to be in force. */
async function settle(network: TestNetwork): Promise<void> {
  for (let i = 0; i < 2; i++) await tick(network)
}

async function resume(network: TestNetwork, device: TestIdentity): Promise<void> {
  const head = network.stream(device.address, 'odometer')?.head as Uint8Array
  await network.send(device, CALLS.resume, 'odometer', [head, testBytes('second boot').slice(0, 6), 'state lost'])
}

/** Corrections of records 1 to 2, of record 5 and of the stream as a whole; a fork at record 1 of the open stream. */
async function note({ network, workshop, organisation, open, streams }: Cast): Promise<void> {
  for (const [first, last, what] of [[1, 2, 'instrument cluster replaced'], [5, 5, 'tyres'], [null, null, 'sold']] as [number | null, number | null, string][]) {
    await network.send(workshop, CALLS.correction, streams.sealed, [first, last, what, 'as the workshop says'])
  }
  await network.send(organisation, CALLS.fork, streams.open, await forkedPair(network, open))
}

/** Record 1 of the open stream as it stands in the log, and another one that the device signed for its place; by ascending id. */
async function forkedPair(network: TestNetwork, device: TestIdentity): Promise<[Uint8Array, Uint8Array]> {
  const bytes = (await network.reader.entries('records', `${device.address}/odometer`, 1, 2))[0]?.bytes as Uint8Array
  const other = await network.sign({ key: device, call: CALLS.record, sub: 'odometer', sequence: 1, args: recordContent(network, device, 'odometer', { sequence: 1 }).args })
  const [one, two] = [bytes, other].map((transaction) => transactionId(decodeTransaction(transaction), portable)) as [Uint8Array, Uint8Array]
  return compareBytes(one, two) < 0 ? [bytes, other] : [other, bytes]
}
