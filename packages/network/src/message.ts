import { asArray, asBytes, asText, asUint, decode, encode, wrongShape } from '@telltale/core'
import type { Cbor, Topic } from '@telltale/core'
import { ADDRESSES_MAX, ADDRESS_BYTES_MAX, NEIGHBOURS_MAX } from './limits.ts'

/** What two peers say to each other on their long-lived stream; the first element is the kind. docs/network.md has the grammar. */
export const KINDS = { greeting: 0, welcome: 1, goodbye: 2, gossip: 3, heartbeat: 4, pulse: 5, report: 6 } as const

const TOPICS: Topic[] = ['block', 'transaction', 'vote', 'cosignature']

/** How far a node is. */
export interface NodeStatus {
  height: number
  head: Uint8Array
  finalHeight: number
  poolSize: number
}

/** A peer of a peer: how long a message takes to it, and where it listens. */
export interface Neighbour {
  peer: string
  latencyMs: number
  addresses: string[]
}

export type Message =
  | { kind: 'goodbye'; code: string; message: string }
  | { kind: 'gossip'; topic: Topic; content: Uint8Array }
  | { kind: 'heartbeat'; number: number; status: NodeStatus }
  /** The answer to a heartbeat. */
  | { kind: 'pulse'; number: number }
  | ({ kind: 'report' } & Report)

/** Who a node is connected to; it signs that with the key of its peer id, because others pass it on. */
export interface Report {
  peer: string
  /** Greater than in every report before. */
  number: number
  neighbours: Neighbour[]
  signature: Uint8Array
}

export function encodeMessage(message: Message): Uint8Array {
  switch (message.kind) {
    case 'goodbye':
      return encode([KINDS.goodbye, message.code, message.message.slice(0, 300).toWellFormed()])
    case 'gossip':
      return encode([KINDS.gossip, TOPICS.indexOf(message.topic), message.content])
    case 'heartbeat': {
      const { height, head, finalHeight, poolSize } = message.status
      return encode([KINDS.heartbeat, message.number, [height, head, finalHeight, poolSize]])
    }
    case 'pulse':
      return encode([KINDS.pulse, message.number])
    case 'report':
      return encode([KINDS.report, ...reportFields(message), message.signature])
  }
}

/** What a report's signature is over: no other message begins like this, whatever a key signs in libp2p. */
export function reportPayload(network: Uint8Array, report: Omit<Report, 'signature'>): Uint8Array {
  return encode(['telltale-report', 1, network, ...reportFields(report)])
}

function reportFields({ peer, number, neighbours }: Omit<Report, 'signature'>): Cbor[] {
  return [peer, number, neighbours.map(({ peer, latencyMs, addresses }) => [peer, Math.round(latencyMs * 1000), addresses])]
}

/** Codes: those of `decode`, `wrong-shape`. A greeting or a welcome here is one too many. */
export function decodeMessage(bytes: Uint8Array): Message {
  const items = asArray(decode(bytes), 'message')
  switch (items[0]) {
    case KINDS.goodbye:
      asArray(items, 'goodbye', 3)
      return { kind: 'goodbye', code: asText(items[1], 'goodbye code', 64), message: asText(items[2], 'goodbye message', 1024) }
    case KINDS.gossip: {
      asArray(items, 'gossip', 3)
      const topic = TOPICS[asUint(items[1], 'topic', TOPICS.length - 1)] as Topic
      return { kind: 'gossip', topic, content: asBytes(items[2], 'gossip content') }
    }
    case KINDS.heartbeat:
      asArray(items, 'heartbeat', 3)
      return { kind: 'heartbeat', number: asUint(items[1], 'heartbeat number'), status: statusFromCbor(items[2]) }
    case KINDS.pulse:
      asArray(items, 'pulse', 2)
      return { kind: 'pulse', number: asUint(items[1], 'pulse number') }
    case KINDS.report:
      asArray(items, 'report', 5)
      return { kind: 'report', peer: asText(items[1], 'report peer', 128), number: asUint(items[2], 'report number'), neighbours: neighboursFromCbor(items[3]), signature: asBytes(items[4], 'report signature') }
    default:
      throw wrongShape('message', 'a kind that follows a greeting', items[0])
  }
}

function statusFromCbor(value: Cbor | undefined): NodeStatus {
  const [height, head, finalHeight, poolSize] = asArray(value, 'status', 4)
  return { height: asUint(height, 'height'), head: asBytes(head, 'head', 32), finalHeight: asUint(finalHeight, 'final height'), poolSize: asUint(poolSize, 'pool size') }
}

function neighboursFromCbor(value: Cbor | undefined): Neighbour[] {
  const items = asArray(value, 'neighbours')
  if (items.length > NEIGHBOURS_MAX) throw wrongShape('neighbours', `at most ${NEIGHBOURS_MAX}`, items)
  return items.map((item) => {
    const [peer, latencyUs, addresses] = asArray(item, 'neighbour', 3)
    return { peer: asText(peer, 'neighbour peer', 128), latencyMs: asUint(latencyUs, 'neighbour latency') / 1000, addresses: addressesFromCbor(addresses) }
  })
}

export function addressesFromCbor(value: Cbor | undefined): string[] {
  const items = asArray(value, 'addresses')
  if (items.length > ADDRESSES_MAX) throw wrongShape('addresses', `at most ${ADDRESSES_MAX}`, items)
  return items.map((item) => asText(item, 'address', ADDRESS_BYTES_MAX))
}
