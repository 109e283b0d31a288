import assert from 'node:assert/strict'
import { TelltaleError, equalBytes } from '@telltale/core'
import { admitMessage, createAsset, createTestNetwork, enrolDevice, role, testIdentity } from '@telltale/testing'
import type { TestAsset, TestIdentity, TestMessage, TestNetwork, TestNetworkInit } from '@telltale/testing'
import type { Position } from '../src/position.ts'
import type { Row } from '../src/state/codec.ts'
import { encodeStateKey } from '../src/state/key.ts'
import type { StateKey } from '../src/state/key.ts'

/** A small network in which everybody exists once. */
export interface World {
  network: TestNetwork
  authority: TestIdentity
  /** Answers for itself and for `operator`. */
  organisation: TestIdentity
  /** Of the organisation; corrects records. */
  operator: TestIdentity
  owner: TestIdentity
  buyer: TestIdentity
  /** Holds no role that any call asks for. */
  custodian: TestIdentity
  asset: TestAsset
  device: TestIdentity
  stream: string
}

export async function createWorld(init: Partial<TestNetworkInit> = {}): Promise<World> {
  const network = await createTestNetwork({ authorities: 1, ...init })
  const authority = network.authorities[0] as TestIdentity
  const [organisation, operator, owner, buyer, custodian, device] = [10, 11, 12, 13, 14, 15].map((n) => testIdentity(n)) as [TestIdentity, TestIdentity, TestIdentity, TestIdentity, TestIdentity, TestIdentity]
  await sendAll(network, [
    await admitMessage(network, organisation, { roles: [role('member')], organisation: null }),
    await admitMessage(network, owner, { roles: [role('owner')], organisation: null }),
    await admitMessage(network, buyer, { roles: [role('owner')], organisation: null }),
    await admitMessage(network, custodian, { roles: [role('custodian')] }),
  ])
  await sendAll(network, [await admitMessage(network, operator, { roles: [role('operator', 'service')], by: organisation })])
  const asset = await createAsset(network, { owner })
  await enrolDevice(network, { asset, device, streams: ['odometer'] })
  return { network, authority, organisation, operator, owner, buyer, custodian, asset, device, stream: `${device.address}/odometer` }
}

/** All of them in one block. */
export async function sendAll(network: TestNetwork, messages: TestMessage[], attachments: Uint8Array[] = []): Promise<void> {
  await network.block(await Promise.all(messages.map(network.sign)), { attachments })
}

/** The code with which a message is refused; `accepted` where it now stands in a block. A refusal changes nothing. */
export async function codeOf(network: TestNetwork, message: TestMessage): Promise<string> {
  return codeOfBlock(network, [await network.sign(message)])
}

export async function codeOfBlock(network: TestNetwork, transactions: Uint8Array[], timeMs?: number): Promise<string> {
  const { height } = network.ledger.position
  try {
    await network.block(transactions, timeMs === undefined ? {} : { timeMs })
  } catch (error) {
    assert.ok(error instanceof TelltaleError, `expected a coded error, found ${String(error)}`)
    assert.equal(network.ledger.position.height, height)
    return error.code
  }
  return 'accepted'
}

/** The verdict on a message if an entry of the state stood otherwise: states that would take very many blocks to reach. Nothing is committed. */
export async function codeUnder<T extends Row>(network: TestNetwork, message: TestMessage, key: StateKey, change: (row: T) => T): Promise<string> {
  const { position } = network.ledger
  const changed = encodeStateKey(key)
  const row: Position['state']['row'] = (asked) => {
    const found = position.state.row(asked)
    return found !== null && equalBytes(encodeStateKey(asked), changed) ? change(found as T) : found
  }
  const judged = network.ledger.read(await network.sign(message))
  if (!judged.ok) return judged.verdict.code
  let code = 'accepted'
  const plan = { height: position.height + 1, timeMs: position.timeMs + 1, finalHeight: position.height, transactions: [{ read: judged.value, keys: null }] }
  network.ledger.execute({ ...position, state: { row } }, plan, (_, verdict) => (code = verdict.code))
  return code
}
