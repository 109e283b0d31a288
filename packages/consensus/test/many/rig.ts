import { createHash, createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createdId, decodeTransaction, portable, signTransaction, transactionId } from '@telltale/core'
import type { Cbor, Primitives, Submission } from '@telltale/core'
import { DEFAULT_PARAMETERS, createGenesis, openLedger, proposalHash } from '@telltale/ledger'
import type { Ledger, Parameters } from '@telltale/ledger'
import { SimulatedClock, createPlainStore, createSeededRandom, testIdentity } from '@telltale/testing'
import type { PlainStore, SeededRandom, TestIdentity } from '@telltale/testing'
import { admitArgs } from './statements.ts'
import { createInlineVerifier } from '../../src/chain/signature-verifier.ts'
import { createPeerChain } from '../../src/chain/many/engine.ts'
import type { PeerChain } from '../../src/chain/many/peer-chain.ts'
import type { BranchLog } from '../../src/chain/many/core.ts'
import { createSimulatedMiner } from './simulated-miner.ts'
import { createSimulatedPeers } from './simulated-peers.ts'
import type { SimulatedPeers } from './simulated-peers.ts'

/** A node of a simulated network; what it stored survives when it is stopped. */
export interface SimulatedNode {
  name: string
  identity: TestIdentity
  store: PlainStore
  branchLog: BranchLog
  ledger: Ledger
  chain: PeerChain
  isUp: boolean
  isSignedLost: boolean
}

export interface SimulatedNetwork {
  clock: SimulatedClock
  random: SeededRandom
  peers: SimulatedPeers
  nodes: SimulatedNode[]
  network: Uint8Array
  /** The first authority admits somebody: a transaction that any node may hand on. */
  admission(who?: TestIdentity): Promise<Submission>
  /** The first authority proposes, and others approve that. */
  proposal(kind: string, value: Cbor): Promise<{ submission: Submission; approval(by: SimulatedNode): Promise<Submission> }>
  kill(node: SimulatedNode): Promise<void>
  start(node: SimulatedNode): Promise<void>
  /** Its disk is new when it starts again: it joins like anybody else, as who it was. With `isSignedLost` not even that nothing was signed stands there. */
  wipe(node: SimulatedNode, isSignedLost?: boolean): void
}

/** Each signature is checked by every node: by the library of the host, which is thirty times as fast. */
function fastPrimitives(): Primitives {
  const keys = new Map<Uint8Array, KeyObject>()
  return {
    ...portable,
    sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
    verify(key, message, signature) {
      const known = keys.get(key.material) ?? createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key.material).toString('base64url') }, format: 'jwk' })
      keys.set(key.material, known)
      return verify(null, message, known, signature)
    },
  }
}

const START_MS = 1_750_000_000_000

function createMemoryBranchLog(): BranchLog {
  let blocks: Uint8Array[] = []
  return {
    isWhole: true,
    load: async () => [...blocks],
    append: async (block) => void blocks.push(block),
    settle: async (kept) => void (blocks = kept()),
  }
}

export async function createSimulatedNetwork({ authorities, members, seed, parameters = {}, latencyMs = { min: 1, max: 40 }, triesPerMs = () => 1 }: { authorities: number; members: number; seed: number; parameters?: Partial<Parameters>; latencyMs?: { min: number; max: number }; triesPerMs?: (name: string) => number }): Promise<SimulatedNetwork> {
  const primitives: Primitives = fastPrimitives()
  const random = createSeededRandom(seed)
  const clock = new SimulatedClock(START_MS + 1000)
  const peers = createSimulatedPeers(clock, random, latencyMs)
  const identities = Array.from({ length: authorities }, (_, i) => testIdentity(i + 1))
  const genesis = await createGenesis(START_MS, { ...DEFAULT_PARAMETERS, blockMs: 500, ...parameters }, identities.map(({ signer }) => signer), primitives)
  const nodes: SimulatedNode[] = []
  const start = async (node: SimulatedNode): Promise<void> => {
    node.ledger = await openLedger({ store: node.store, primitives, genesis: genesis.bytes })
    if (!node.store.signed && !node.isSignedLost) await node.store.writeSigned({ sealedHeight: 0, sealedId: genesis.network, size: 0, logRoot: new Uint8Array(32), issuedAtSeconds: 0 })
    const exchange = peers.join(node.name, () => (node.isUp ? node.chain.participant : null))
    node.chain = await createPeerChain({ ledger: node.ledger, primitives, verifier: createInlineVerifier(primitives), clock, exchange, branchLog: node.branchLog, own: node.identity, ...(triesPerMs(node.name) > 0 ? { miner: createSimulatedMiner(clock, primitives, triesPerMs(node.name)) } : {}) })
    node.isUp = true
    for (const peer of exchange.peers()) node.chain.participant.onPeer(peer)
    for (const other of nodes) if (other !== node && other.isUp) other.chain.participant.onPeer(node.name)
  }
  for (let i = 0; i < authorities + members; i++) {
    const node = { name: i < authorities ? `authority-${i}` : `member-${i - authorities}`, identity: identities[i] ?? testIdentity(50 + i), store: createPlainStore(), branchLog: createMemoryBranchLog(), isUp: false, isSignedLost: false } as SimulatedNode
    nodes.push(node)
    await start(node)
  }
  const [first] = identities as [TestIdentity]
  const sequences = new Map<string, number>()
  let admitted = 100
  return {
    clock,
    random,
    peers,
    nodes,
    network: genesis.network,
    async admission(who = testIdentity(admitted++)) {
      const args: Cbor[] = await admitArgs(genesis.network, who, first.address)
      const sequence = sequences.get(who.address) ?? 0
      return { bytes: await signTransaction({ network: genesis.network.subarray(0, 16), iss: first.address, sub: who.address, call: 1, sequence, args }, first.signer), attachments: [] }
    },
    async proposal(kind, value) {
      const sign = async ({ address, signer }: TestIdentity, call: number, sub: string, args: Cbor[]): Promise<Submission> => ({ bytes: await signTransaction({ network: genesis.network.subarray(0, 16), iss: address, sub, call, sequence: 0, args }, signer), attachments: [] })
      const submission = await sign(first, 32, first.address, [kind, value])
      const id = createdId('tp', transactionId(decodeTransaction(submission.bytes), primitives))
      return { submission, approval: async ({ identity }) => sign(identity, 33, id, [proposalHash(genesis.network, kind, value, primitives)]) }
    },
    async kill(node) {
      node.isUp = false
      await node.chain.stop()
    },
    start,
    wipe: (node, isSignedLost = false) => void Object.assign(node, { store: createPlainStore(), branchLog: createMemoryBranchLog(), isSignedLost }),
  }
}
