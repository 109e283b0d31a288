import { Type } from 'typebox'
import type { Static } from 'typebox'
import { fail } from '@telltale/core'
import type { Ledger } from '@telltale/ledger'
import type { PeerLink } from '../../peers/authority-states.ts'
import { forOperators, forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Address, Count, Ms, answers, nullable, shape } from '../schema.ts'

const PeerId = Type.String({ maxLength: 128, description: 'id of a peer, proven by its connection' })
const Latency = Type.Number({ minimum: 0, description: 'milliseconds that a message takes' })
const IsAlone = Type.Boolean({ description: 'true for a node that is connected with no network; the rest is empty then' })

const Peer = shape({
  peer: PeerId,
  identity: nullable(Address),
  role: nullable(Type.String()),
  software: nullable(Type.String()),
  addresses: Type.Array(Type.String()),
  isConnected: Type.Boolean(),
  latencyMs: nullable(Latency),
  height: nullable(Count),
  finalHeight: nullable(Count),
  waiting: nullable(Count),
  onlineSinceMs: Ms,
  offlineSinceMs: nullable(Ms),
  blame: Type.Number({ minimum: 0, description: '0 is blameless; at 100 the peer is cut off' }),
})
const Peers = shape({ isAlone: IsAlone, id: nullable(PeerId), identity: nullable(Address), addresses: Type.Array(Type.String()), peers: Type.Array(Peer) })

const Ends = { from: PeerId, to: PeerId }
const Graph = shape({
  isAlone: IsAlone,
  nodes: Type.Array(shape({ peer: PeerId, identity: nullable(Address), role: nullable(Type.String()), isOwn: Type.Boolean(), isSilent: Type.Boolean(), isCut: Type.Boolean() })),
  links: Type.Array(shape({ ...Ends, latencyMs: Latency, isCut: Type.Boolean() })),
  isConnected: Type.Boolean(),
  diameterMs: nullable(Latency),
  spreadMs: nullable(Latency),
  bestLink: nullable(shape({ ...Ends, latencyMs: Latency, spreadMs: Latency })),
})

/** Peers that are listed: a full peer book. */
const LISTED_MAX = 1024

/** Who this node is connected with, and the network as all report it. */
export const peers: Resource = (server, { ledger, peers: link }) => {
  server.get('/v1/peers', { config: forReaders, schema: { operationId: 'listPeers', tags: ['peers'], summary: 'Peers that are connected, and those that are known and gone', response: answers({ 200: Peers }) } }, async () => (link ? showPeers(link) : { isAlone: true, id: null, identity: null, addresses: [], peers: [] }))

  server.get(
    '/v1/peers/graph',
    { config: forReaders, schema: { operationId: 'getPeerGraph', tags: ['peers'], summary: 'The network as its nodes report it', description: '`diameterMs` lies between the two nodes that are farthest apart, `spreadMs` is the time for a block to reach everyone, on average; `isCut` marks nodes and links without which the network falls apart; `bestLink` is the missing link that would shorten `spreadMs` most.', response: answers({ 200: Graph }) } },
    async () => (link ? showGraph(link, ledger) : { isAlone: true, nodes: [], links: [], isConnected: true, diameterMs: null, spreadMs: null, bestLink: null }),
  )

  server.post(
    '/v1/peers/sync',
    { config: forOperators, schema: { operationId: 'syncWithPeers', tags: ['peers'], summary: 'Asks every peer now for what this node lacks, as it does every few seconds by itself', response: answers({ 200: shape({ asked: Count, height: Count, finalHeight: Count }) }, [409]) } },
    async () => {
      if (!link) throw fail('node-alone', 'This node is connected with no network; start it with --peer-listen.', { expected: 'a node among others', found: 'a node that is alone' })
      const { height, finalHeight } = link.chain.status()
      return { asked: link.chain.sync(), height, finalHeight }
    },
  )
}

function showPeers({ network, own }: PeerLink): Static<typeof Peers> {
  const connected = network.peers().map(({ peer, identity, software, addresses, latencyMs, status, onlineSinceMs, blame }) => ({
    peer,
    identity: identity?.address ?? null,
    role: identity?.role ?? null,
    software,
    addresses,
    isConnected: true,
    latencyMs: latencyMs === null ? null : rounded(latencyMs),
    height: status?.height ?? null,
    finalHeight: status?.finalHeight ?? null,
    waiting: status?.poolSize ?? null,
    onlineSinceMs: Math.round(onlineSinceMs),
    offlineSinceMs: null,
    blame: rounded(blame),
  }))
  const gone = network.known().filter(({ peer }) => !connected.some((one) => one.peer === peer)).map((known) => ({
    ...known,
    software: null,
    isConnected: false,
    latencyMs: known.latencyMs === null ? null : rounded(known.latencyMs),
    height: null,
    finalHeight: null,
    waiting: null,
    onlineSinceMs: Math.round(known.onlineSinceMs),
    offlineSinceMs: Math.round(known.offlineSinceMs ?? known.onlineSinceMs),
    blame: rounded(network.blameOf(known.peer)),
  }))
  gone.sort((a, b) => b.offlineSinceMs - a.offlineSinceMs)
  return { isAlone: false, id: network.id, identity: own, addresses: network.addresses(), peers: [...connected, ...gone].slice(0, LISTED_MAX) }
}

function showGraph({ network, own }: PeerLink, ledger: Ledger): Static<typeof Graph> {
  const { nodes, links, silent, isConnected, diameterMs, spreadMs, cutNodes, cutLinks, bestLink } = network.graph()
  const known = new Map(network.known().map(({ peer, identity, role }) => [peer, { identity, role }]))
  for (const { peer, identity } of network.peers()) known.set(peer, { identity: identity?.address ?? null, role: identity?.role ?? null })
  const ownRole = ledger.authorities(ledger.position.height + 1).some(({ address }) => address === own) ? 'authority' : 'member'
  const isCutLink = (from: string, to: string): boolean => cutLinks.some(([a, b]) => (a === from && b === to) || (a === to && b === from))
  return {
    isAlone: false,
    nodes: nodes.map((peer) => ({ peer, ...(peer === network.id ? { identity: own, role: ownRole } : (known.get(peer) ?? { identity: null, role: null })), isOwn: peer === network.id, isSilent: silent.includes(peer), isCut: cutNodes.includes(peer) })),
    links: links.map(({ from, to, latencyMs }) => ({ from, to, latencyMs: rounded(latencyMs), isCut: isCutLink(from, to) })),
    isConnected,
    diameterMs: diameterMs === null ? null : rounded(diameterMs),
    spreadMs: spreadMs === null ? null : rounded(spreadMs),
    bestLink: bestLink && { ...bestLink, latencyMs: rounded(bestLink.latencyMs), spreadMs: rounded(bestLink.spreadMs) },
  }
}

/** Microseconds are as fine as clocks tell. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
