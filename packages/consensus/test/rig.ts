import assert from 'node:assert/strict'
import { TelltaleError } from '@telltale/core'
import type { Submission } from '@telltale/core'
import { openLedger } from '@telltale/ledger'
import type { Ledger, Parameters, Store } from '@telltale/ledger'
import { CALLS, admit, createAsset, createPlainStore, createTestNetwork, enrolDevice, recordContent, role, testIdentity } from '@telltale/testing'
import type { PlainStore, TestIdentity, TestNetwork } from '@telltale/testing'
import { createChain } from '../src/chain/chain.ts'
import type { Chain, ChainComponents } from '../src/chain/chain.ts'
import { createInlineVerifier } from '../src/chain/signature-verifier.ts'
import type { SignatureVerifier } from '../src/chain/signature-verifier.ts'

/** A network with one authority, a device with a stream, and everything that a chain stands on; nothing is signed yet. */
export interface Rig {
  network: TestNetwork
  store: PlainStore
  authority: TestIdentity
  owner: TestIdentity
  device: TestIdentity
  clock: { ms: number }
}

export async function createRig(parameters: Partial<Parameters> = {}): Promise<Rig> {
  const store = createPlainStore()
  const network = await createTestNetwork({ authorities: 1, store, parameters })
  const [owner, device] = [testIdentity(10), testIdentity(11)]
  await admit(network, owner, { roles: [role('owner')] })
  const asset = await createAsset(network, { owner })
  await enrolDevice(network, { asset, device, streams: ['odometer'] })
  await store.writeSigned({ sealedHeight: 0, sealedId: network.ledger.network, size: 0, logRoot: new Uint8Array(32), issuedAtSeconds: 0 })
  return { network, store, authority: network.authorities[0] as TestIdentity, owner, device, clock: { ms: network.ledger.position.timeMs + 60_000 } }
}

/** A chain on the rig's own ledger, with some of its parts replaced. */
export function startChain({ network, authority, clock }: Rig, parts: Partial<ChainComponents> = {}): Promise<Chain> {
  const { primitives } = network
  return createChain({ ledger: network.ledger, signer: authority.signer, address: authority.address, verifier: createInlineVerifier(primitives), primitives, clock: { nowMs: () => clock.ms }, ...parts })
}

/** What a process does that starts after another one was killed: it has the store and nothing else. */
export function reopen({ network }: Rig, store: Store): Promise<Ledger> {
  return openLedger({ store, primitives: network.primitives })
}

/** The store with some of its calls replaced. */
export function replaceCalls(store: Store, calls: Partial<Store>): Store {
  return new Proxy(store, { get: (target, name) => (name in calls ? Reflect.get(calls, name) : Reflect.get(target, name)) as unknown })
}

/** Records that follow each other, signed ahead of time. */
export async function signRecords({ network, device }: Rig, count: number): Promise<Submission[]> {
  const row = network.stream(device.address, 'odometer')
  assert.ok(row)
  const submissions: Submission[] = []
  let previous = row.head
  for (let sequence = row.count; sequence < row.count + count; sequence++) {
    const { args, body } = recordContent(network, device, 'odometer', { sequence, previous })
    const bytes = await network.sign({ key: device, call: CALLS.record, sub: 'odometer', args, sequence })
    const read = network.ledger.read(bytes)
    assert.ok(read.ok)
    previous = read.value.id
    submissions.push({ bytes, attachments: [body] })
  }
  return submissions
}

/** The code with which something is refused. */
export async function codeOf(answer: Promise<unknown>): Promise<string> {
  try {
    await answer
  } catch (error) {
    assert.ok(error instanceof TelltaleError, `expected a coded error, found ${String(error)}`)
    return error.code
  }
  return 'accepted'
}

/** A verifier that holds every check back until it is opened, and then finds all signatures valid. */
export function createGate(): SignatureVerifier & { open(): void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return {
    async verify() {
      await opened
      return true
    },
    open: () => open(),
  }
}
