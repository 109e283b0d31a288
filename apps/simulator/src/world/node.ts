import { createInlineVerifier, createPeerChain } from '@telltale/consensus'
import type { PeerChain } from '@telltale/consensus'
import type { Exchange, Participant, Primitives } from '@telltale/core'
import { openLedger } from '@telltale/ledger'
import type { GenesisFile, Ledger } from '@telltale/ledger'
import { createNetwork } from '@telltale/network'
import type { Network, NetworkEvent } from '@telltale/network'
import type { DiskStore } from '@telltale/storage'
import type { SeededRandom, SimulatedClock, SimulatedNetwork, TestIdentity } from '@telltale/testing'
import type { Misconduct } from '../misconduct/misconduct.ts'
import { createMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { heaviestHead, weakenAnswers, weakenStore } from './weakness.ts'
import type { Weakness } from './weakness.ts'

/** What all nodes of a simulation share. */
export interface Surroundings {
  clock: SimulatedClock
  random: SeededRandom
  links: SimulatedNetwork
  primitives: Primitives
  genesis: GenesisFile
  /** Ids of all nodes. */
  ids: string[]
  weakness: Weakness | null
}

/** A node as it runs in production, on a simulated clock, disk and network. What its disk holds survives when it ends. */
export interface SimulatedNode {
  readonly id: string
  /** Null for one that holds and checks only. */
  readonly identity: TestIdentity | null
  /** How it misbehaves; null for an honest one. */
  readonly misconduct: Misconduct | null
  readonly machine: Machine
  readonly running: Running | null
  readonly events: NetworkEvent[]
  /** What its engine held against whom. */
  readonly blamed: { peer: string; code: string }[]
  /** Codes of the disk, where its power fails meanwhile. */
  start(): Promise<void>
  /** Ends it as a kill of the process does, or a loss of power. */
  end(isPowerLost: boolean): Promise<void>
}

export interface Running {
  ledger: Ledger
  store: DiskStore
  chain: PeerChain
  network: Network
}

const EVENTS_MAX = 10_000

export function createSimulatedNode(around: Surroundings, init: { id: string; identity: TestIdentity | null; misconduct: Misconduct | null }): SimulatedNode {
  const { id, identity, misconduct } = init
  const machine = createMachine()
  const events: NetworkEvent[] = []
  const blamed: { peer: string; code: string }[] = []
  let running: Running | null = null
  const node: SimulatedNode = {
    ...init,
    machine,
    events,
    blamed,
    get running() {
      return running
    },
    async start() {
      running = await run(around, { id, identity, misconduct, machine, blame: (peer, code) => void blamed.push({ peer, code }), log: (event) => void (events.length < EVENTS_MAX && events.push(event)) })
    },
    async end(isPowerLost) {
      const ending = running
      running = null
      misconduct?.stop()
      // From here on the process that was can write nothing.
      machine.kill()
      if (isPowerLost) machine.cutPower(around.random)
      await ending?.network.stop()
      await ending?.chain.stop()
    },
  }
  return node
}

interface RunInit {
  id: string
  identity: TestIdentity | null
  misconduct: Misconduct | null
  machine: Machine
  blame(peer: string, code: string): void
  log(event: NetworkEvent): void
}

async function run({ clock, random, links, primitives, genesis, ids, weakness }: Surroundings, { id, identity, misconduct, machine, blame, log }: RunInit): Promise<Running> {
  const store = weakenStore(await machine.openStore(genesis.network), weakness)
  const ledger = await openLedger({ store, primitives, genesis: genesis.bytes })
  if (identity && !store.signed) await store.writeSigned({ sealedHeight: 0, sealedId: genesis.network, size: 0, logRoot: new Uint8Array(32), issuedAtSeconds: 0 })
  const own = misconduct?.clock?.(clock) ?? clock
  // An engine counts in whole milliseconds, as the clock of the host does; messages may come between two of them.
  const engineClock = { nowMs: () => Math.floor(own.nowMs()), after: own.after }
  let chain: PeerChain | null = null
  const honest: Participant = {
    async onGossip(peer, topic, bytes) {
      const passing = (await chain?.participant.onGossip(peer, topic, bytes)) ?? 'keep'
      if (passing === 'reject') blame(peer, topic)
      return passing
    },
    onQuestion: async (peer, question) => chain?.participant.onQuestion(peer, question) ?? new Uint8Array(0),
    onPeer: (peer) => chain?.participant.onPeer(peer),
  }
  const told = weakness === 'forgotten-votes' && identity ? weakenAnswers(honest, identity, genesis.network) : honest
  const transport = links.transport(id)
  const network = await createNetwork({
    networkId: genesis.network,
    peerKey: new Uint8Array(32),
    identity: null,
    software: 'telltale/simulated',
    listen: [],
    bootstrap: ids.filter((other) => other !== id).map((other) => `sim/${other}`),
    mdns: false,
    admits: () => null,
    status() {
      const { height, id: head, finalHeight, waiting } = chain?.status() ?? { height: 0, id: genesis.network, finalHeight: 0, waiting: 0 }
      return { height, head, finalHeight, poolSize: waiting }
    },
    participant: misconduct?.participant?.(told) ?? told,
    log,
    book: null,
    primitives,
    clock: own,
    random: random.fraction,
    transport: misconduct?.transport?.(transport) ?? transport,
  })
  const { exchange: honestExchange } = network
  const watched: Exchange = {
    ...honestExchange,
    blame(peer, code) {
      blame(peer, code)
      honestExchange.blame(peer, code)
    },
  }
  const exchange: Exchange = misconduct?.exchange?.(watched) ?? watched
  chain = await createPeerChain({ ledger, primitives, verifier: createInlineVerifier(primitives), clock: engineClock, exchange, branchLog: machine.branchLog, own: identity, ...(weakness === 'heaviest-head' ? { chooseHead: heaviestHead } : {}) })
  await network.start()
  const running = { ledger, store, chain, network }
  misconduct?.start({ ledger, chain, exchange: network.exchange, clock: engineClock, random, primitives, identity: identity as TestIdentity })
  return running
}
