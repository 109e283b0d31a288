import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesToHex, decode, equalBytes, frontierRoot, publicKeyToCose, stateRoot } from '@telltale/core'
import { CALLS, admitMessage, consentOf, createPlainStore, createSeededRandom, keySignature, recordContent, role, testIdentity, testSigner } from '@telltale/testing'
import type { PlainStore, SeededRandom, TestMessage } from '@telltale/testing'
import { loadStateTree } from '../src/base-position.ts'
import { executeStored, openLedger } from '../src/ledger.ts'
import { DEFAULT_PARAMETERS, parametersToCbor } from '../src/parameters.ts'
import { assetKey, identityKey } from '../src/state/key.ts'
import { assetRowFromCbor, identityRowFromCbor } from '../src/state/rows.ts'
import { createWorld } from './world.ts'
import type { World } from './world.ts'

type Operation = (world: World, random: SeededRandom) => Promise<TestMessage>

const rowsText = (store: PlainStore): string[] => store.rows().map(([key, value]) => `${bytesToHex(key)} ${bytesToHex(value)}`)

/** Things that people and devices say; about half of them are refused as the world changes. */
const OPERATIONS: Operation[] = [
  async ({ network, device }, random) => {
    const stream = random.pick(['odometer', 'odometer', 'odometer', 'driving'])
    const options = random.pick([{}, {}, { epoch: network.stream(device.address, stream)?.epoch ?? 0 }, { epoch: random.below(3) }, { previous: random.bytes(32) }, { cites: random.bytes(32) }])
    const { args, sequence } = recordContent(network, device, stream, options)
    return { key: device, call: CALLS.record, sub: stream, args, sequence }
  },
  async ({ network, device }) => ({ key: device, call: CALLS.resume, sub: 'odometer', args: [network.stream(device.address, 'odometer')!.head, new Uint8Array(6), 'lost'] }),
  async ({ owner, buyer, asset, device }, random) => ({ key: random.pick([owner, buyer]), call: CALLS.addStream, sub: asset.id, args: [device.address, random.pick(['driving', 'telemetry', 'Wrong']), null] }),
  async ({ network, owner, buyer, asset }, random) => {
    const row = assetRowFromCbor(decode(network.reader.state(assetKey(asset.id)).value as Uint8Array))
    const [from, to] = random.pick([[owner, buyer], [buyer, owner]] as const)
    const args = [row.transfers, row.lastTransfer, to.address, publicKeyToCose(to.signer.publicKey)]
    return { key: from, call: CALLS.transfer, sub: asset.id, args: [...args, await consentOf(network, to, CALLS.transfer, from.address, asset.id, args)] }
  },
  async ({ operator, stream }, random) => ({ key: operator, call: CALLS.correction, sub: stream, args: random.pick([[null, null, 'what', 'text'], [0, random.below(4), 'what', 'text']]) }),
  async ({ organisation, operator }) => ({ key: organisation, call: CALLS.suspend, sub: operator.address, args: ['reason'] }),
  async ({ organisation, operator }, random) => ({ key: organisation, call: CALLS.roles, sub: operator.address, args: [[role('operator', random.pick(['service', 'sales']))]] }),
  async ({ network, custodian }) => {
    const row = identityRowFromCbor(decode(network.reader.state(identityKey(custodian.address)).value as Uint8Array))
    const next = row.keys.length
    const renewed = { address: custodian.address, signer: testSigner(500 + next, 'EdDSA', next) }
    return { key: next === 1 ? custodian : { ...custodian, signer: testSigner(499 + next, 'EdDSA', next - 1) }, call: CALLS.rotate, sub: custodian.address, args: [next, publicKeyToCose(renewed.signer.publicKey), await keySignature(network, renewed, 'rotation')] }
  },
  async ({ buyer }, random) => ({ key: buyer, call: CALLS.sealKey, sub: buyer.address, args: [random.below(3), random.bytes(32)] }),
  async ({ device, buyer }) => ({ key: device, call: CALLS.grant, sub: device.address, args: [buyer.address, 0, 'odometer', 0, [0, null], [new Uint8Array(32), 10], 1] }),
  async ({ network }, random) => admitMessage(network, testIdentity(600 + random.below(40)), { roles: [role(random.pick(['owner', 'operator', 'device']))] }),
  async ({ authority }, random) => ({ key: authority, call: CALLS.propose, sub: authority.address, args: ['parameters', parametersToCbor({ ...DEFAULT_PARAMETERS, notesMax: 1 + random.below(9) })] }),
  async ({ asset, owner, device }, random) => ({ key: owner, call: CALLS.retireDevice, sub: asset.id, args: [random.chance(0.03) ? device.address : testIdentity(99).address, 'reason'] }),
]

/** State and log as they stand, from what is in memory and again from the rows. */
async function checkPosition({ network }: World, store: PlainStore): Promise<void> {
  const { position } = network.ledger
  const stated = await network.checkpointAt(position.height)
  assert.ok(equalBytes(stateRoot(position.stateTree), stated.stateRoot))
  assert.ok(equalBytes(frontierRoot(position.log, network.primitives.sha256), stated.logRoot))
  assert.ok(equalBytes(stateRoot(await loadStateTree(store, network.ledger.network, network.primitives)), stated.stateRoot))
}

async function randomBlock(world: World, random: SeededRandom, isRevertible: boolean, codes: Map<string, number>): Promise<void> {
  const { network } = world
  const messages: TestMessage[] = []
  const taken = new Set<string>()
  for (let i = random.below(4); i >= 0; i--) {
    const message = await random.pick(OPERATIONS)(world, random)
    // One statement a block of each sender about each subject: the sequences of more would have to be counted here.
    const place = `${message.key.address} ${message.sub}`
    if (!taken.has(place)) messages.push(message)
    taken.add(place)
  }
  const { transactions } = await network.block(await Promise.all(messages.map(network.sign)), { isRevertible, onDrop: ({ code }) => codes.set(code, (codes.get(code) ?? 0) + 1) })
  for (const { call } of transactions) codes.set(call.name, (codes.get(call.name) ?? 0) + 1)
}

async function run(seed: number, steps: number): Promise<Map<string, number>> {
  const random = createSeededRandom(seed)
  const store = createPlainStore()
  const world = await createWorld({ store })
  const { network } = world
  const codes = new Map<string, number>()
  const snapshots: string[][] = []
  for (let step = 0; step < steps; step++) {
    const choice = random.fraction()
    if (choice < 0.15 && snapshots.length > 0) {
      await network.ledger.revert()
      assert.deepEqual(rowsText(store), snapshots.pop())
    } else if (choice < 0.2) {
      const before = rowsText(store)
      await store.clearRows()
      const reopened = await openLedger({ store, primitives: network.primitives })
      assert.deepEqual(rowsText(store), before)
      assert.ok(equalBytes(stateRoot(reopened.position.stateTree), stateRoot(network.ledger.position.stateTree)))
      snapshots.length = 0
    } else {
      const isRevertible = random.chance(0.8)
      if (isRevertible) snapshots.push(rowsText(store))
      else snapshots.length = 0
      await randomBlock(world, random, isRevertible, codes)
    }
    if (network.ledger.position.height > 0) await checkPosition(world, store)
  }
  await followFromBlocks(network.genesis, store)
  return codes
}

/** Somebody else who only has the blocks comes to the same rows. */
async function followFromBlocks(genesis: Uint8Array, store: PlainStore): Promise<void> {
  const { primitives } = (await createWorld()).network
  const copy = createPlainStore()
  const ledger = await openLedger({ store: copy, primitives, genesis })
  for (let height = 1; height <= store.height; height++) {
    const block = await store.readBlock(height)
    await ledger.commit(executeStored(ledger, block).execution, block, [], true)
  }
  assert.deepEqual(rowsText(copy), rowsText(store))
}

suite('random operations, blocks taken back, and replays', () => {
  const seen = new Map<string, number>()
  for (const seed of [1, 2, 3, 4]) {
    test(`seed ${seed}`, async () => {
      for (const [code, count] of await run(seed, 60)) seen.set(code, (seen.get(code) ?? 0) + count)
    })
  }

  test('most kinds of calls happened, and many refusals', () => {
    const names = [...seen.keys()]
    for (const name of ['record', 'resume', 'add-stream', 'transfer', 'correction', 'suspend', 'roles', 'rotate', 'seal-key', 'grant', 'admit', 'propose']) assert.ok(names.includes(name), `${name} in ${names.join()}`)
    for (const code of ['previous-mismatch', 'wrong-epoch', 'unknown-citation', 'not-allowed', 'stream-exists', 'malformed-name', 'no-such-record', 'address-occupied', 'role-not-given-here']) assert.ok(names.includes(code), `${code} in ${names.join()}`)
  })
})

