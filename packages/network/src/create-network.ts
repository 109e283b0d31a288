import { TelltaleError, bytesToHex, fail, portable } from '@telltale/core'
import type { Exchange, Participant, Primitives, Verdict } from '@telltale/core'
import { PEER_RATE } from './allowance.ts'
import type { Rate } from './allowance.ts'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { createConnector } from './connector.ts'
import { createGossip } from './gossip.ts'
import { createNetworkGraph } from './graph/network-graph.ts'
import type { NetworkGraph } from './graph/network-graph.ts'
import { checkGreeting, makeGreeting } from './greeting.ts'
import type { Greeting, OwnIdentity, PeerIdentity } from './greeting.ts'
import { createHearing } from './hearing.ts'
import { createHeartbeat } from './heartbeat.ts'
import { createLibp2pTransport } from './libp2p/libp2p-transport.ts'
import { ADDRESSES_MAX, BOOK_MS, HEARTBEAT_MS, MESSAGE_BYTES_MAX, NEIGHBOURS_MAX, QUESTION_BYTES_MAX } from './limits.ts'
import { encodeMessage } from './message.ts'
import type { Neighbour, NodeStatus } from './message.ts'
import { openPeerBook } from './peer-book.ts'
import type { BookFile, KnownPeer, PeerBook } from './peer-book.ts'
import type { NetworkEvent, PeerInfo } from './peer-info.ts'
import { decodeAnswer } from './questions.ts'
import { createReports } from './reports.ts'
import { createScoring } from './scoring.ts'
import { createSessions } from './sessions.ts'
import { countTraffic } from './traffic.ts'
import type { Traffic } from './traffic.ts'
import type { Transport } from './transport.ts'

export interface NetworkInit {
  /** Hash of the first genesis: 32 bytes. */
  networkId: Uint8Array
  /** Seed of the Ed25519 key that proves the peer id: 32 bytes, of this node alone. */
  peerKey: Uint8Array
  /** Under which identity of the ledger the node greets; null for none. */
  identity: OwnIdentity | null
  /** Name and version: `telltale/0.1.0`. */
  software: string
  /** Multiaddresses to listen at: `/ip4/0.0.0.0/tcp/8363`, `/ip4/0.0.0.0/tcp/8364/ws`. */
  listen: string[]
  /** What to tell others instead, where they reach this node at another address. */
  announce?: string[]
  /** Multiaddresses of peers to connect to, with or without `/p2p/ID`. */
  bootstrap: string[]
  /** Looks for nodes of the same ledger in the local network. */
  mdns: boolean
  /**
   * Whether an identity, or a peer without one, may connect, and stay connected: it is asked again with every heartbeat. The signature was checked under the key it
   * greets with; whether the ledger has that key for it is judged here.
   */
  admits(identity: PeerIdentity | null, peer: string): Verdict | null | Promise<Verdict | null>
  /** Where this node stands, for its heartbeats. */
  status(): NodeStatus
  participant: Participant
  log(event: NetworkEvent): void
  /** Where the peer book lies; null keeps it in memory. */
  book: BookFile | null
  heartbeatMs?: number
  /** What one peer may say; what is more is dropped and scored. */
  peerRate?: Rate
  primitives?: Primitives
  clock?: Clock
  random?(): number
  /** Another than libp2p: a simulation. */
  transport?: Transport
}

export interface Network {
  /** Our own peer id. */
  readonly id: string
  exchange: Exchange
  /** Connected and greeted, the lowest latency first. */
  peers(): PeerInfo[]
  /** Every peer that was ever greeted and is remembered, gone or not. */
  known(): KnownPeer[]
  /** 0 is blameless; at 100 a peer is cut off. */
  blameOf(peer: string): number
  /** The network as its nodes report it, this one among them. */
  graph(): NetworkGraph
  addresses(): string[]
  readonly traffic: Readonly<Traffic>
  /** Codes: `listen-failed`. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Connects a node with the others of its ledger; nothing is opened before `start` but the peer book. */
export async function createNetwork(init: NetworkInit): Promise<Network> {
  const { networkId, peerKey, listen, announce, mdns, log } = init
  const transport =
    init.transport ??
    (await createLibp2pTransport({ peerKey, listen, ...(announce ? { announce } : {}), mdns: mdns ? { serviceTag: `_telltale-${bytesToHex(networkId).slice(0, 16)}._udp.local` } : null }))
  const book = await openPeerBook({ file: init.book, network: networkId, onDamaged: ({ code, message }) => log({ kind: 'book', code, message }) })
  return compose(init, transport, book)
}

function compose(init: NetworkInit, bare: Transport, book: PeerBook): Network {
  const { counted: transport, traffic } = countTraffic(bare)
  const { networkId, participant, log, primitives = portable, clock = systemClock, random = Math.random, heartbeatMs: intervalMs = HEARTBEAT_MS } = init
  const scoring = createScoring(clock)
  const onlineSince = new Map<string, number>()
  const blame = (peer: string, code: string): void => {
    const untilMs = scoring.blame(peer, code)
    if (untilMs === null) return
    log({ kind: 'cut-off', peer, code, untilMs })
    letGo(peer)
  }
  const letGo = (peer: string): void => {
    sessions.close(peer)
    transport.drop(peer)
  }
  const sessions = createSessions({
    transport,
    clock,
    greeting: () => makeGreeting({ network: networkId, peer: transport.id, software: init.software, addresses: transport.addresses(), identity: init.identity }),
    check: (greeting, peer) => checkGreeting(greeting, peer, { network: networkId, primitives, admits: init.admits }),
    checkAgain: async ({ identity }, peer) => init.admits(identity, peer),
    onReady: (peer, greeting) => onReady(peer, greeting),
    onRefused(peer, { code, message }) {
      log({ kind: 'refused', peer, code, message })
      blame(peer, FAULTS_OF_GREETING.has(code) ? code : 'greeting-refused')
    },
    onGoodbye: (peer, code, message) => log({ kind: 'refused-by-peer', peer, code, message }),
  })
  const infoOf = (peer: string): PeerInfo => {
    const { identity, software, addresses } = sessions.greetingOf(peer) as Greeting
    const pulse = heartbeat.pulseOf(peer)
    return { peer, identity, software, addresses, latencyMs: pulse?.latencyMs ?? null, status: pulse?.status ?? null, blame: scoring.blameOf(peer), dropped: transport.dropped(peer), onlineSinceMs: onlineSince.get(peer) ?? clock.nowMs() }
  }
  const ready = (): string[] => sessions.ready()
  const peers = (): PeerInfo[] => ready().map(infoOf).sort((a, b) => (a.latencyMs ?? Infinity) - (b.latencyMs ?? Infinity))
  const neighbours = (): Neighbour[] =>
    peers().flatMap(({ peer, latencyMs, addresses }) => (latencyMs === null ? [] : [{ peer, latencyMs, addresses: addresses.slice(0, ADDRESSES_MAX) }])).slice(0, NEIGHBOURS_MAX)
  const heartbeat = createHeartbeat({
    clock,
    intervalMs,
    peers: ready,
    review: (peer) => void sessions.review(peer),
    send: (peer, number) => void transport.send(peer, encodeMessage({ kind: 'heartbeat', number, status: init.status() })),
    onSilent(peer) {
      log({ kind: 'refused', peer, code: 'peer-silent', message: 'The peer did not answer several heartbeats in a row.' })
      letGo(peer)
    },
  })
  const reports = createReports({ network: networkId, transport, clock, intervalMs, neighbours, peers: ready, blame, onReport: (report) => report.neighbours.forEach(({ peer, addresses }) => connector.learn(peer, addresses)) })
  const gossip = createGossip({ clock, sha256: primitives.sha256, peers: ready, send: (peer, bytes) => void transport.send(peer, bytes), judge: (peer, topic, content) => participant.onGossip(peer, topic, content), blame })
  const connector = createConnector(
    {
      clock,
      random,
      ownId: transport.id,
      connect: (address) => transport.connect(address),
      isConnected: (peer) => hearing.isConnected(peer),
      connectedCount: () => hearing.connectedCount(),
      allows: (peer) => !scoring.isCutOff(peer),
      onUnreachable(address, error) {
        if (error instanceof TelltaleError) log({ kind: 'unreachable', address, code: error.code, message: error.message })
      },
    },
    init.bootstrap,
  )
  const remember = (peer: string, offlineSinceMs: number | null): void => {
    const { identity, addresses, latencyMs, onlineSinceMs } = infoOf(peer)
    book.put({ peer, identity: identity?.address ?? null, role: identity?.role ?? null, addresses, latencyMs, onlineSinceMs, offlineSinceMs })
  }
  const onReady = (peer: string, greeting: Greeting): void => {
    onlineSince.set(peer, clock.nowMs())
    log({ kind: 'peer', peer, identity: greeting.identity?.address ?? null, software: greeting.software })
    connector.onGreeted(peer)
    connector.learn(peer, greeting.addresses)
    heartbeat.begin(peer)
    remember(peer, null)
    participant.onPeer(peer)
  }
  const hearing = createHearing({ transport, clock, sessions, gossip, heartbeat, reports, connector, participant, peerRate: init.peerRate ?? PEER_RATE, isCutOff: scoring.isCutOff, blame, log, letGo, onGone: (peer) => onGone(peer) })
  const onGone = (peer: string): void => {
    if (!onlineSince.has(peer)) return
    remember(peer, clock.nowMs())
    onlineSince.delete(peer)
    log({ kind: 'gone', peer })
  }
  const saveBook = (): Promise<void> => book.save().catch((error: Error) => log({ kind: 'book', code: 'peer-book-failed', message: `The peer book could not be written: ${error.message}` }))
  let cancelSave: (() => void) | null = null
  const saveOften = (): void => {
    cancelSave = clock.after(BOOK_MS, saveOften)
    for (const peer of ready()) remember(peer, null)
    void saveBook()
  }
  return {
    id: transport.id,
    exchange: createExchange({ transport, isReady: sessions.isReady, peers, publish: gossip.publish, blame }),
    peers,
    known: book.all,
    blameOf: scoring.blameOf,
    graph: () => createNetworkGraph(reports.known()),
    addresses: transport.addresses,
    traffic,
    async start() {
      await transport.start(hearing.events)
      for (const { peer, addresses } of book.all()) connector.learn(peer, addresses)
      heartbeat.start()
      reports.start()
      connector.start()
      cancelSave = clock.after(BOOK_MS, saveOften)
    },
    async stop() {
      for (const part of [connector, reports, heartbeat]) part.stop()
      cancelSave?.()
      await transport.stop()
      await saveBook()
    },
  }
}

interface ExchangeComponents {
  transport: Transport
  isReady(peer: string): boolean
  peers(): PeerInfo[]
  publish(message: Uint8Array): void
  blame(peer: string, code: string): void
}

function createExchange({ transport, isReady, peers, publish, blame }: ExchangeComponents): Exchange {
  return {
    publish(topic, bytes) {
      const message = encodeMessage({ kind: 'gossip', topic, content: bytes })
      if (message.length > MESSAGE_BYTES_MAX) throw fail('message-too-large', 'What is announced to everybody is small; let peers ask for the rest.', { expected: `at most ${MESSAGE_BYTES_MAX} bytes`, found: `${message.length}` })
      publish(message)
    },
    async ask(peer, question, timeoutMs) {
      if (question.length > QUESTION_BYTES_MAX) throw fail('message-too-large', 'A question says what is wanted and no more.', { expected: `at most ${QUESTION_BYTES_MAX} bytes`, found: `${question.length}` })
      if (!isReady(peer)) throw fail('peer-gone', `The peer ${peer} is not connected; ask another.`, { expected: 'a connected peer', found: 'none' })
      return decodeAnswer(await transport.ask(peer, question, timeoutMs))
    },
    peers: () => peers().map(({ peer }) => peer),
    blame,
  }
}

/** What no honest peer's greeting has; everything else is refused without much blame. */
const FAULTS_OF_GREETING = new Set(['malformed-greeting', 'invalid-signature', 'address-mismatch', 'malformed-address'])
