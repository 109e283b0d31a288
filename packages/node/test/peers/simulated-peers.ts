import assert from 'node:assert/strict'
import { decode, decodeTransaction, signTransaction, transactionId } from '@telltale/core'
import type { Primitives, Submission } from '@telltale/core'
import { createInlineVerifier, createPeerChain } from '@telltale/consensus'
import type { BranchLog, PeerChain } from '@telltale/consensus'
import { DEFAULT_PARAMETERS, createGenesis, createLedgerReader, openLedger, streamKey, streamRowFromCbor } from '@telltale/ledger'
import type { GenesisFile, Ledger, LedgerReader } from '@telltale/ledger'
import { createNetwork } from '@telltale/network'
import type { Network } from '@telltale/network'
import { SimulatedClock, SimulatedNetwork, createPlainStore, createSeededRandom, nextSequence, testIdentity } from '@telltale/testing'
import type { ActionNetwork, PlainStore, TestIdentity } from '@telltale/testing'
import { createNodePrimitives } from '../../src/crypto/node-primitives.ts'

/** A node with the real engine and network; its store survives when it stops. */
export interface SimulatedPeer {
  readonly id: string
  readonly identity: TestIdentity | null
  readonly store: PlainStore
  readonly running: { ledger: Ledger; reader: LedgerReader; chain: PeerChain; network: Network } | null
  /** What its peers passed on that it rejected. */
  readonly rejected: string[]
  start(): Promise<void>
  stop(): Promise<void>
}

export interface SimulatedPeers {
  clock: SimulatedClock
  primitives: Primitives
  genesis: GenesisFile
  peers: SimulatedPeer[]
  /** Lets time pass until this holds; throws where it does not for a simulated minute. */
  until(what: string, holds: () => boolean): Promise<void>
  /** Somebody else's node, started. */
  join(id: string, identity: TestIdentity | null): Promise<SimulatedPeer>
  /** To say something through one of the nodes. */
  through(peer: SimulatedPeer): ActionNetwork
}

const START_MS = 1_750_000_000_000

/** A network on a simulated clock: `authorities` (identities 1 to n) and others who are registered nowhere yet, each with a node. */
export async function createSimulatedPeers({ authorities, others }: { authorities: number; others: TestIdentity[] }): Promise<SimulatedPeers> {
  const primitives = createNodePrimitives()
  const random = createSeededRandom(7)
  const clock = new SimulatedClock(START_MS + 1000)
  const links = new SimulatedNetwork({ clock, random, delayMs: [1, 40] })
  const identities = Array.from({ length: authorities }, (_, i) => testIdentity(i + 1))
  const genesis = await createGenesis(START_MS, { ...DEFAULT_PARAMETERS, blockMs: 500 }, identities.map(({ signer }) => signer), primitives)
  const peers: SimulatedPeer[] = []
  const around = { clock, links, primitives, genesis, random, ids: () => peers.map(({ id }) => id) }
  const until: SimulatedPeers['until'] = async (what, holds) => {
    for (let i = 0; i < 600; i++) {
      if (holds()) return
      await clock.pass(100)
    }
    assert.fail(`waited in vain: ${what}`)
  }
  const join: SimulatedPeers['join'] = async (id, identity) => {
    const peer = createPeer(around, id, identity)
    peers.push(peer)
    await peer.start()
    return peer
  }
  for (const [i, identity] of [...identities, ...others].entries()) await join(`peer-${i}`, identity)
  return { clock, primitives, genesis, peers, until, join, through: (peer) => createActions(peer, { primitives, until, authorities: identities }) }
}

interface Around {
  clock: SimulatedClock
  links: SimulatedNetwork
  primitives: Primitives
  genesis: GenesisFile
  random: { fraction(): number }
  ids(): string[]
}

function createPeer(around: Around, id: string, identity: TestIdentity | null): SimulatedPeer {
  const store = createPlainStore()
  const rejected: string[] = []
  let blocks: Uint8Array[] = []
  const branchLog: BranchLog = { isWhole: true, load: async () => [...blocks], append: async (block) => void blocks.push(block), settle: async (kept) => void (blocks = kept()) }
  let running: SimulatedPeer['running'] = null
  return {
    id,
    identity,
    store,
    rejected,
    get running() {
      return running
    },
    async start() {
      running = await run(around, { id, identity, store, branchLog, rejected })
    },
    async stop() {
      const ending = running
      running = null
      await ending?.network.stop()
      await ending?.chain.stop()
    },
  }
}

async function run({ clock, links, primitives, genesis, random, ids }: Around, { id, identity, store, branchLog, rejected }: Pick<SimulatedPeer, 'id' | 'identity' | 'store' | 'rejected'> & { branchLog: BranchLog }): Promise<NonNullable<SimulatedPeer['running']>> {
  const ledger = await openLedger({ store, primitives, genesis: genesis.bytes })
  if (identity && !store.signed) await store.writeSigned({ sealedHeight: 0, sealedId: genesis.network, size: 0, logRoot: new Uint8Array(32), issuedAtSeconds: 0 })
  let chain: PeerChain | null = null
  const network = await createNetwork({
    networkId: genesis.network,
    peerKey: new Uint8Array(32),
    identity: null,
    software: 'telltale/simulated',
    listen: [],
    bootstrap: ids().filter((other) => other !== id).map((other) => `sim/${other}`),
    mdns: false,
    admits: () => null,
    status: () => ({ height: chain?.status().height ?? 0, head: chain?.status().id ?? genesis.network, finalHeight: chain?.status().finalHeight ?? 0, poolSize: 0 }),
    participant: {
      async onGossip(peer, topic, bytes) {
        const passing = (await chain?.participant.onGossip(peer, topic, bytes)) ?? 'keep'
        if (passing === 'reject') rejected.push(topic)
        return passing
      },
      onQuestion: async (peer, question) => chain?.participant.onQuestion(peer, question) ?? new Uint8Array(0),
      onPeer: (peer) => chain?.participant.onPeer(peer),
    },
    log: () => undefined,
    book: null,
    primitives,
    clock,
    random: random.fraction,
    transport: links.transport(id),
  })
  const engineClock = { nowMs: () => Math.floor(clock.nowMs()), after: clock.after }
  chain = await createPeerChain({ ledger, primitives, verifier: createInlineVerifier(primitives), clock: engineClock, exchange: network.exchange, branchLog, own: identity })
  await network.start()
  return { ledger, reader: createLedgerReader(ledger, primitives), chain, network }
}

function createActions(peer: SimulatedPeer, { primitives, until, authorities }: { primitives: Primitives; until: SimulatedPeers['until']; authorities: TestIdentity[] }): ActionNetwork {
  const own = (): NonNullable<SimulatedPeer['running']> => {
    assert.ok(peer.running, `${peer.id} does not run`)
    return peer.running
  }
  const submit = async (submission: Submission): Promise<void> => {
    let outcome: { error: unknown } | 'certified' | null = null
    own().chain.submit(submission).then(() => (outcome = 'certified'), (error: unknown) => (outcome = { error }))
    await until('a transaction is certified', () => outcome !== null)
    if (outcome !== 'certified') throw (outcome as unknown as { error: unknown }).error
  }
  const stream: ActionNetwork['stream'] = (device, name) => {
    const { value } = own().reader.state(streamKey(device, name))
    return value && streamRowFromCbor(decode(value))
  }
  const actions: ActionNetwork = {
    get ledger() {
      return own().ledger
    },
    primitives,
    authorities: [...authorities].sort((a, b) => (a.address < b.address ? -1 : 1)),
    sign: ({ key, call, sub, args, sequence }) => signTransaction({ network: own().ledger.network.subarray(0, 16), iss: key.address, sub, call, sequence: sequence ?? nextSequence(own().reader, stream, key.address, sub, call), args }, key.signer),
    async send(key, call, sub, args, attachments = []) {
      const bytes = await actions.sign({ key, call, sub, args })
      const { transactions, height } = await actions.block([bytes], { attachments })
      return { id: transactions[0]!.id, bytes, height }
    },
    async block(transactions, { attachments = [] } = {}) {
      for (const bytes of transactions) await submit({ bytes, attachments })
      return { height: own().ledger.position.height, transactions: transactions.map((bytes) => ({ id: transactionId(decodeTransaction(bytes), primitives) })) }
    },
    stream,
    counter: (iss, sub) => nextSequence(own().reader, stream, iss, sub),
  }
  return actions
}
