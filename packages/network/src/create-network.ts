import { TelltaleError, bytesToHex, fail, judge, portable } from '@telltale/core'
import type { Primitives, Verdict } from '@telltale/core'
import { createAllowance, PEER_RATE } from './allowance.ts'
import type { Allowance } from './allowance.ts'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { createConnector } from './connector.ts'
import type { Exchange, Participant } from './exchange.ts'
import { createGossip } from './gossip.ts'
import { checkGreeting, makeGreeting } from './greeting.ts'
import type { Greeting, OwnIdentity, PeerIdentity } from './greeting.ts'
import { createHeartbeat } from './heartbeat.ts'
import { createLibp2pTransport } from './libp2p/libp2p-transport.ts'
import { ADDRESSES_MAX, HEARTBEAT_MS, MESSAGE_BYTES_MAX, NEIGHBOURS_MAX, PEERS_MAX, QUESTION_BYTES_MAX } from './limits.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import type { Message, Neighbour, NodeStatus } from './message.ts'
import { decodeAnswer, encodeAnswer, encodeRefusal } from './questions.ts'
import { createScoring } from './scoring.ts'
import { createSessions } from './sessions.ts'
import type { Transport, TransportEvents } from './transport.ts'

export interface NetworkInit {
  /** Hash of the first genesis: 32 bytes. */
  networkId: Uint8Array
  /** Seed of the Ed25519 key that proves the peer id: 32 bytes, of this node alone. */
  peerKey: Uint8Array
  /** Under which identity of the ledger the node greets; null for none. */
  identity: OwnIdentity | null
  software: string
  /** Multiaddresses to listen at: `/ip4/0.0.0.0/tcp/8363`, `/ip4/0.0.0.0/tcp/8364/ws`. */
  listen: string[]
  announce?: string[]
  /** Multiaddresses of peers to connect to, with or without `/p2p/ID`. */
  bootstrap: string[]
  mdns: boolean
  /** Whether an identity, or a peer without one, may connect. */
  admits(identity: PeerIdentity | null, peer: string): Verdict | null | Promise<Verdict | null>
  /** Where this node stands, for its heartbeats. */
  status(): NodeStatus
  participant: Participant
  log(event: NetworkEvent): void
  heartbeatMs?: number
  primitives?: Primitives
  clock?: Clock
  random?(): number
  /** Another than libp2p: a simulation. */
  transport?: Transport
}

/** What a node's operator may want to know. */
export type NetworkEvent =
  | { kind: 'peer'; peer: string; identity: string | null; software: string }
  | { kind: 'gone'; peer: string }
  /** We refused the peer, or ended its connection for what it did. */
  | { kind: 'refused'; peer: string; code: string; message: string }
  | { kind: 'refused-by-peer'; peer: string; code: string; message: string }
  | { kind: 'cut-off'; peer: string; code: string; untilMs: number }
  | { kind: 'unreachable'; address: string; code: string; message: string }

/** A peer that is connected and greeted. */
export interface PeerInfo {
  peer: string
  identity: PeerIdentity | null
  software: string
  addresses: string[]
  /** Half of a round trip, smoothed; null until the first is measured. */
  latencyMs: number | null
  status: NodeStatus | null
  blame: number
  /** Messages to it that were dropped because it reads too slowly. */
  dropped: number
  onlineSinceMs: number
}

export interface Network {
  readonly id: string
  exchange: Exchange
  /** Connected and greeted, the lowest latency first. */
  peers(): PeerInfo[]
  addresses(): string[]
  /** Codes: `listen-failed`. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Connects a node with the others of its ledger. */
export async function createNetwork(init: NetworkInit): Promise<Network> {
  const { networkId, peerKey, listen, announce, mdns } = init
  const transport =
    init.transport ??
    (await createLibp2pTransport({ peerKey, listen, ...(announce ? { announce } : {}), mdns: mdns ? { serviceTag: `_${bytesToHex(networkId).slice(0, 16)}._telltale.local` } : null }))
  return compose(init, transport)
}

/** What a connected peer said too much or wrongly of; each connection begins anew. */
interface Tally {
  allowance: Allowance
  floodMs: number
  onlineSinceMs: number
}

function compose(init: NetworkInit, transport: Transport): Network {
  const { networkId, participant, log, primitives = portable, clock = systemClock, random = Math.random } = init
  const scoring = createScoring(clock)
  const tallies = new Map<string, Tally>()
  const blame = (peer: string, code: string): void => {
    const untilMs = scoring.blame(peer, code)
    if (untilMs === null) return
    log({ kind: 'cut-off', peer, code, untilMs })
    transport.drop(peer)
  }
  const sessions = createSessions({
    transport,
    clock,
    greeting: () => makeGreeting({ network: networkId, peer: transport.id, software: init.software, addresses: transport.addresses(), identity: init.identity }),
    check: (greeting, peer) => checkGreeting(greeting, peer, { network: networkId, primitives, admits: init.admits }),
    onReady: (peer, greeting) => welcome(peer, greeting),
    onRefused(peer, { code, message }) {
      log({ kind: 'refused', peer, code, message })
      blame(peer, FAULTS_OF_GREETING.has(code) ? code : 'greeting-refused')
    },
    onGoodbye: (peer, code, message) => log({ kind: 'refused-by-peer', peer, code, message }),
  })
  const connector = createConnector(
    {
      clock,
      random,
      ownId: transport.id,
      connect: (address) => transport.connect(address),
      isConnected: (peer) => tallies.has(peer),
      connectedCount: () => tallies.size,
      allows: (peer) => !scoring.isCutOff(peer),
      onUnreachable(address, error) {
        if (error instanceof TelltaleError) log({ kind: 'unreachable', address, code: error.code, message: error.message })
      },
    },
    init.bootstrap,
  )
  const peerInfo = (peer: string): PeerInfo => {
    const greeting = sessions.greetingOf(peer) as Greeting
    const pulse = heartbeat.pulseOf(peer)
    const { software, addresses } = greeting
    return { peer, identity: greeting.identity, software, addresses, latencyMs: pulse?.latencyMs ?? null, status: pulse?.status ?? null, blame: scoring.blameOf(peer), dropped: transport.dropped(peer), onlineSinceMs: tallies.get(peer)?.onlineSinceMs ?? 0 }
  }
  const peers = (): PeerInfo[] => sessions.ready().map(peerInfo).sort((a, b) => (a.latencyMs ?? Infinity) - (b.latencyMs ?? Infinity))
  const neighbours = (): Neighbour[] => peers().slice(0, NEIGHBOURS_MAX).flatMap(({ peer, latencyMs, addresses }) => (latencyMs === null ? [] : [{ peer, latencyMs, addresses: addresses.slice(0, ADDRESSES_MAX) }]))
  const heartbeat = createHeartbeat({
    clock,
    intervalMs: init.heartbeatMs ?? HEARTBEAT_MS,
    peers: () => sessions.ready(),
    send: (peer, number) => void transport.send(peer, encodeMessage({ kind: 'heartbeat', number, status: init.status(), neighbours: neighbours() })),
    onSilent(peer) {
      log({ kind: 'refused', peer, code: 'peer-silent', message: 'The peer did not answer several heartbeats in a row.' })
      transport.drop(peer)
    },
  })
  const gossip = createGossip({
    clock,
    sha256: primitives.sha256,
    peers: () => sessions.ready(),
    send: (peer, bytes) => void transport.send(peer, bytes),
    judge: (peer, topic, content) => participant.onGossip(peer, topic, content),
    blame,
  })
  const welcome = (peer: string, greeting: Greeting): void => {
    log({ kind: 'peer', peer, identity: greeting.identity?.address ?? null, software: greeting.software })
    connector.onGreeted(peer)
    connector.learn(peer, greeting.addresses)
    heartbeat.begin(peer)
    participant.onPeer(peer)
  }
  const hear = (peer: string, message: Message, bytes: Uint8Array): Promise<void> | undefined => {
    switch (message.kind) {
      case 'gossip':
        return gossip.receive(peer, bytes, message.topic, message.content)
      case 'heartbeat':
        heartbeat.heard(peer, message.status, message.neighbours)
        for (const neighbour of message.neighbours) connector.learn(neighbour.peer, neighbour.addresses)
        transport.send(peer, encodeMessage({ kind: 'pulse', number: message.number }))
        return undefined
      case 'pulse':
        heartbeat.answered(peer, message.number)
        return undefined
      case 'goodbye':
        log({ kind: 'refused-by-peer', peer, code: message.code, message: message.message })
        transport.drop(peer)
        return undefined
    }
  }
  const isFlood = (peer: string, bytes: number): boolean => {
    const tally = tallies.get(peer)
    if (!tally || tally.allowance.take(bytes)) return false
    // One flood is one fault, however many messages it has.
    if (clock.nowMs() - tally.floodMs >= 1000) {
      tally.floodMs = clock.nowMs()
      blame(peer, 'flood')
    }
    return true
  }
  const events: TransportEvents = {
    allows: (peer) => !scoring.isCutOff(peer) && (tallies.has(peer) || tallies.size < PEERS_MAX),
    onPeer(peer) {
      tallies.set(peer, { allowance: createAllowance(clock, PEER_RATE), floodMs: -Infinity, onlineSinceMs: clock.nowMs() })
      sessions.begin(peer)
    },
    onGone(peer) {
      const wasReady = sessions.isReady(peer)
      sessions.end(peer)
      heartbeat.end(peer)
      tallies.delete(peer)
      if (wasReady) log({ kind: 'gone', peer })
    },
    onMessage(peer, bytes) {
      if (isFlood(peer, bytes.length)) return undefined
      if (!sessions.isReady(peer)) return sessions.take(peer, bytes)
      const read = judge(() => decodeMessage(bytes))
      if (read.ok) return hear(peer, read.value, bytes)
      log({ kind: 'refused', peer, code: 'malformed-message', message: read.verdict.message })
      return blame(peer, 'malformed-message')
    },
    async onQuestion(peer, question) {
      try {
        if (isFlood(peer, question.length)) throw fail('too-many-requests', 'This peer asks too much at a time.', { expected: 'fewer questions', found: 'a flood' })
        if (!sessions.isAccepted(peer)) throw fail('not-greeted', 'Questions come after greetings.', { expected: 'a peer that was greeted', found: 'one that was not' })
        return encodeAnswer(await participant.onQuestion(peer, question))
      } catch (error) {
        return encodeRefusal(error)
      }
    },
    onFound: (addresses) => connector.learnAddresses(addresses),
    onFault(peer, code) {
      log({ kind: 'refused', peer, code, message: 'The connection was ended for what the peer did.' })
      if (code !== 'peer-gone') blame(peer, code)
    },
  }
  return {
    id: transport.id,
    exchange: {
      publish(topic, bytes) {
        const message = encodeMessage({ kind: 'gossip', topic, content: bytes })
        if (message.length > MESSAGE_BYTES_MAX) throw fail('message-too-large', `What is announced to everybody is small; let peers ask for the rest.`, { expected: `at most ${MESSAGE_BYTES_MAX} bytes`, found: `${message.length}` })
        gossip.publish(message)
      },
      async ask(peer, question, timeoutMs) {
        if (question.length > QUESTION_BYTES_MAX) throw fail('message-too-large', 'A question says what is wanted and no more.', { expected: `at most ${QUESTION_BYTES_MAX} bytes`, found: `${question.length}` })
        if (!sessions.isReady(peer)) throw fail('peer-gone', `The peer ${peer} is not connected; ask another.`, { expected: 'a connected peer', found: 'none' })
        return decodeAnswer(await transport.ask(peer, question, timeoutMs))
      },
      peers: () => peers().map(({ peer }) => peer),
      blame,
    },
    peers,
    addresses: () => transport.addresses(),
    async start() {
      await transport.start(events)
      heartbeat.start()
      connector.start()
    },
    async stop() {
      connector.stop()
      heartbeat.stop()
      await transport.stop()
    },
  }
}

/** What no honest peer's greeting has; everything else is refused without much blame. */
const FAULTS_OF_GREETING = new Set(['malformed-greeting', 'invalid-signature', 'address-mismatch', 'malformed-address'])
