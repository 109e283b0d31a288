import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { TelltaleError, fail } from '@telltale/core'
import { QUESTIONS_ASKED_MAX, QUESTIONS_MAX, SLOW_MS_MAX, STREAM_MS_MAX } from '../limits.ts'
import type { Transport, TransportEvents } from '../transport.ts'
import { createHost, peerKeyToId } from './host.ts'
import type { Libp2pInit } from './host.ts'
import { createOutbox } from './outbox.ts'
import type { Outbox } from './outbox.ts'
import { QUESTION_PROTOCOL, answerOn, askOver } from './questions.ts'
import { readMessages } from './stream-reader.ts'
import { createTurns } from './turns.ts'
import type { Turns } from './turns.ts'

/** One long-lived stream in each direction between two peers: each writes on the one that it opened. */
export const MESSAGE_PROTOCOL = '/telltale/message/1'
/** A connection that is dropped has so long to pass on what waits for it. */
const DROP_MS_MAX = 1000

/** What is kept of a peer while it is connected. */
interface Link {
  peer: PeerId
  /** Settles when our own stream is open, or could not be opened. */
  opened: Promise<Outbox | null>
  outbox: Outbox | null
  inbound: Stream | null
  isDropped: boolean
  /** Resolves when the connection has ended. */
  gone: PromiseWithResolvers<void>
  /** Of the questions that we ask it. */
  turns: Turns
}

interface State {
  host: Libp2p
  events: TransportEvents
  links: Map<string, Link>
  slowMsMax: number
}

export async function createLibp2pTransport(init: Libp2pInit): Promise<Transport> {
  const { key, id } = await peerKeyToId(init.peerKey)
  let state: State | null = null
  return {
    id,
    addresses: () => state?.host.getMultiaddrs().map(String) ?? [],
    peers: () => [...(state?.links.values() ?? [])].filter(({ outbox, isDropped }) => outbox !== null && !isDropped).map(({ peer }) => peer.toString()),
    async start(events) {
      const host = await createHost(init, key, events.allows)
      const starting = { host, events, links: new Map(), slowMsMax: init.slowMsMax ?? SLOW_MS_MAX }
      await listenTo(starting)
      try {
        await host.start()
        state = starting
      } catch (cause) {
        await host.stop()
        throw fail('listen-failed', `Nobody can connect at ${init.listen.join(', ')}: ${(cause as Error).message}. Choose addresses of this machine that are free.`, { expected: 'free addresses', found: init.listen.join(', '), cause })
      }
    },
    async stop() {
      const stopping = state
      state = null
      if (!stopping) return
      for (const link of stopping.links.values()) link.isDropped = true
      await Promise.all([...stopping.links.values()].map(async (link) => link.outbox?.close(AbortSignal.timeout(DROP_MS_MAX)).catch(ended)))
      await stopping.host.stop()
      // A host that stops tells of the end of its connections or not, as it happens.
      for (const { peer } of stopping.links.values()) forget(stopping, peer.toString())
    },
    async connect(address) {
      if (!state) throw unreachable(address, 'a network that is stopped')
      return connectTo(state.host, address)
    },
    send(peer, bytes) {
      const link = state?.links.get(peer)
      return link?.isDropped === false && link.outbox !== null && link.outbox.push(bytes)
    },
    dropped: (peer) => state?.links.get(peer)?.outbox?.dropped ?? 0,
    async ask(peer, bytes, timeoutMs) {
      const link = state?.links.get(peer)
      const connection = link && !link.isDropped ? openConnection(state as State, link.peer) : undefined
      if (!link || !connection) throw fail('peer-gone', `The peer ${peer} is not connected; ask another.`, { expected: 'a connected peer', found: 'none' })
      return askOver(connection, link.turns, bytes, timeoutMs)
    },
    sign: async (bytes) => key.sign(bytes),
    verify: verifyAsPeer,
    drop(peer) {
      const link = state?.links.get(peer)
      if (state && link) dropLink(state, link, true)
    },
  }
}

async function listenTo(state: State): Promise<void> {
  const { host, events } = state
  await host.handle(MESSAGE_PROTOCOL, (stream, connection) => takeInbound(state, stream, connection), { maxInboundStreams: 4 })
  await host.handle(QUESTION_PROTOCOL, (stream, connection) => {
    const peer = connection.remotePeer.toString()
    answerOn(stream, (question) => events.onQuestion(peer, question)).catch((error: TelltaleError) => fault(state, peer, error.code))
  }, { maxInboundStreams: QUESTIONS_MAX, maxOutboundStreams: QUESTIONS_MAX })
  host.addEventListener('connection:open', ({ detail }) => {
    // One that comes while the one before is ended would keep the peer half connected.
    if (linkTo(state, detail).isDropped) detail.abort(fail('peer-gone', 'The connection before is being ended.', { expected: 'one connection after the other', found: 'both' }))
  })
  host.addEventListener('peer:disconnect', ({ detail }) => forget(state, detail.toString()))
  host.addEventListener('peer:discovery', ({ detail }) => events.onFound(detail.multiaddrs.map((address) => `${address.toString()}/p2p/${detail.id.toString()}`)))
}

function forget({ links, events }: State, peer: string): void {
  const link = links.get(peer)
  if (!link) return
  links.delete(peer)
  link.isDropped = true
  link.gone.resolve()
  if (link.outbox) events.onGone(peer)
}

/** The link to the peer at the other end of a connection, made with the first connection that there is. */
function linkTo(state: State, connection: Connection): Link {
  const peer = connection.remotePeer
  const known = state.links.get(peer.toString())
  if (known) return known
  const link: Link = { peer, opened: Promise.resolve(null), outbox: null, inbound: null, isDropped: false, gone: Promise.withResolvers(), turns: createTurns(QUESTIONS_ASKED_MAX) }
  state.links.set(peer.toString(), link)
  link.opened = openOutbox(state, link, connection)
  return link
}

async function openOutbox(state: State, link: Link, connection: Connection): Promise<Outbox | null> {
  const peer = link.peer.toString()
  try {
    const stream = await connection.newStream(MESSAGE_PROTOCOL, { signal: AbortSignal.timeout(STREAM_MS_MAX) })
    // The other end says nothing here; that it ended is told as much as that it broke off.
    const outbox = createOutbox(stream, state.slowMsMax, (code) => fault(state, peer, code))
    stream.addEventListener('close', () => dropLink(state, link))
    if (link.isDropped) return null
    link.outbox = outbox
    state.events.onPeer(peer)
    return outbox
  } catch {
    // It is gone, or does not speak our language.
    dropLink(state, link)
    return null
  }
}

async function takeInbound(state: State, stream: Stream, connection: Connection): Promise<void> {
  const link = linkTo(state, connection)
  link.inbound?.abort(fail('peer-gone', 'The peer opened another stream in its place.', { expected: 'one stream', found: 'another' }))
  link.inbound = stream
  const peer = link.peer.toString()
  try {
    // The peer is told of before its first message is; until then the stream holds what came.
    if ((await link.opened) === null) return
    await readMessages(stream, () => state.events.bytesMax(peer), (bytes) => (link.isDropped ? undefined : state.events.onMessage(peer, bytes)))
    if (link.inbound === stream) dropLink(state, link)
  } catch (error) {
    if (link.inbound !== stream) return
    if (error instanceof TelltaleError) fault(state, peer, error.code)
    else dropLink(state, link)
  }
}

function fault(state: State, peer: string, code: string): void {
  const link = state.links.get(peer)
  if (!link || link.isDropped) return
  state.events.onFault(peer, code)
  dropLink(state, link)
}

/** Whoever ends a connection by itself lets the other hang up first: it may not have read why yet. */
function dropLink(state: State, link: Link, letsHangUp = false): void {
  if (link.isDropped) return
  link.isDropped = true
  void hangUp(state.host, link, letsHangUp)
}

async function hangUp(host: Libp2p, link: Link, letsHangUp: boolean): Promise<void> {
  const signal = AbortSignal.timeout(DROP_MS_MAX)
  await link.outbox?.close(signal).catch(ended)
  if (letsHangUp) await Promise.race([link.gone.promise, sleep(DROP_MS_MAX)])
  for (const connection of host.getConnections(link.peer)) await connection.close({ signal }).catch((error: Error) => connection.abort(error))
}

/** A connection that is being ended may end first. */
function ended(): void {}

async function verifyAsPeer(peer: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
  try {
    return (await peerIdFromString(peer).publicKey?.verify(bytes, signature)) ?? false
  } catch {
    // No peer id, or no signature.
    return false
  }
}

function openConnection(state: State, peer: PeerId): Connection | undefined {
  return state.host.getConnections(peer).find(({ status }) => status === 'open')
}

async function connectTo(host: Libp2p, address: string): Promise<string> {
  let target
  try {
    target = multiaddr(address)
  } catch (cause) {
    throw fail('malformed-peer-address', `"${address.slice(0, 80)}" is no address of a peer.`, { expected: 'a multiaddress such as /ip4/192.0.2.1/tcp/8363', found: address.slice(0, 80), cause })
  }
  try {
    const { remotePeer } = await host.dial(target, { signal: AbortSignal.timeout(STREAM_MS_MAX) })
    return remotePeer.toString()
  } catch (cause) {
    throw unreachable(address, (cause as Error).message, cause)
  }
}

function unreachable(address: string, found: string, cause?: unknown): TelltaleError {
  return fail('peer-unreachable', `No peer answers at ${address}: ${found}`, { expected: 'a peer', found, cause })
}
