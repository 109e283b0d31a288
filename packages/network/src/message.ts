import { asArray, asBytes, asText, asUint, decode, encode, wrongShape } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import type { Topic } from './exchange.ts'
import { ADDRESSES_MAX, ADDRESS_BYTES_MAX, NEIGHBOURS_MAX } from './limits.ts'

/** What two peers say to each other on their long-lived stream; the first element is the kind. docs/network.md has the grammar. */
export const KINDS = { greeting: 0, welcome: 1, goodbye: 2, gossip: 3, heartbeat: 4, pulse: 5 } as const

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
  | { kind: 'heartbeat'; number: number; status: NodeStatus; neighbours: Neighbour[] }
  /** The answer to a heartbeat. */
  | { kind: 'pulse'; number: number }

export function encodeMessage(message: Message): Uint8Array {
  switch (message.kind) {
    case 'goodbye':
      return encode([KINDS.goodbye, message.code, message.message.slice(0, 300)])
    case 'gossip':
      return encode([KINDS.gossip, TOPICS.indexOf(message.topic), message.content])
    case 'heartbeat': {
      const { height, head, finalHeight, poolSize } = message.status
      return encode([KINDS.heartbeat, message.number, [height, head, finalHeight, poolSize], message.neighbours.map(neighbourToCbor)])
    }
    case 'pulse':
      return encode([KINDS.pulse, message.number])
  }
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
      asArray(items, 'heartbeat', 4)
      return { kind: 'heartbeat', number: asUint(items[1], 'heartbeat number'), status: statusFromCbor(items[2]), neighbours: neighboursFromCbor(items[3]) }
    case KINDS.pulse:
      asArray(items, 'pulse', 2)
      return { kind: 'pulse', number: asUint(items[1], 'pulse number') }
    default:
      throw wrongShape('message', 'a kind that follows a greeting', items[0])
  }
}

function statusFromCbor(value: Cbor | undefined): NodeStatus {
  const [height, head, finalHeight, poolSize] = asArray(value, 'status', 4)
  return { height: asUint(height, 'height'), head: asBytes(head, 'head', 32), finalHeight: asUint(finalHeight, 'final height'), poolSize: asUint(poolSize, 'pool size') }
}

function neighbourToCbor({ peer, latencyMs, addresses }: Neighbour): Cbor {
  return [peer, Math.round(latencyMs * 1000), addresses]
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
