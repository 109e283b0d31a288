import type { PeerIdentity } from './greeting.ts'
import type { NodeStatus } from './message.ts'

/** A peer that is connected and greeted. */
export interface PeerInfo {
  peer: string
  identity: PeerIdentity | null
  software: string
  addresses: string[]
  /** Half of a round trip, smoothed; null until the first is measured. */
  latencyMs: number | null
  /** Where its last heartbeat said that it stands. */
  status: NodeStatus | null
  /** 0 is blameless; at 100 it is cut off. */
  blame: number
  /** Messages to it that were dropped because it reads too slowly. */
  dropped: number
  onlineSinceMs: number
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
  /** The peer book was begun anew, or could not be written; the network goes on without. */
  | { kind: 'book'; code: string; message: string }
