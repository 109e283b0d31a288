import type { Clock } from './clock.ts'
import { HEARTBEATS_MISSED_MAX } from './limits.ts'
import type { NodeStatus } from './message.ts'

export interface HeartbeatComponents {
  clock: Clock
  intervalMs: number
  peers(): string[]
  /** Whether the peer may stay is looked at with each heartbeat but its first. */
  review(peer: string): void
  /** Sends the heartbeat with this number, which holds where we stand now. */
  send(peer: string, number: number): void
  /** The peer left too many without an answer. */
  onSilent(peer: string): void
}

/** What a peer's heartbeats and answers told. */
export interface Pulse {
  /** Half of the time from a heartbeat to its answer, smoothed; null before the first answer. */
  latencyMs: number | null
  status: NodeStatus | null
}

export interface Heartbeat {
  start(): void
  stop(): void
  /** A peer is greeted: it gets its first heartbeat now. */
  begin(peer: string): void
  end(peer: string): void
  /** The peer told where it stands. */
  heard(peer: string, status: NodeStatus): void
  /** The peer answered our heartbeat. */
  answered(peer: string, number: number): void
  pulseOf(peer: string): Pulse | null
}

interface Entry extends Pulse {
  /** When heartbeats that wait for an answer were sent, by number. */
  sent: Map<number, number>
}

/** How much of a new measurement goes into the smoothed one (RFC 6298, 2.3). */
const NEW_SHARE = 1 / 8

export function createHeartbeat({ clock, intervalMs, peers, review, send, onSilent }: HeartbeatComponents): Heartbeat {
  const entries = new Map<string, Entry>()
  let number = 0
  let cancel: (() => void) | null = null
  const beat = (peer: string): void => {
    const entry = entries.get(peer)
    if (!entry) return
    if (entry.sent.size >= HEARTBEATS_MISSED_MAX) return onSilent(peer)
    number += 1
    entry.sent.set(number, clock.nowMs())
    send(peer, number)
  }
  const tick = (): void => {
    cancel = clock.after(intervalMs, tick)
    for (const peer of peers()) {
      beat(peer)
      review(peer)
    }
  }
  return {
    start() {
      cancel ??= clock.after(intervalMs, tick)
    },
    stop() {
      cancel?.()
      cancel = null
    },
    begin(peer) {
      entries.set(peer, { latencyMs: null, status: null, sent: new Map() })
      beat(peer)
    },
    end: (peer) => void entries.delete(peer),
    heard(peer, status) {
      const entry = entries.get(peer)
      if (entry) entry.status = status
    },
    answered(peer, number) {
      const entry = entries.get(peer)
      const sentMs = entry?.sent.get(number)
      // An answer to nothing, or a second one, measures nothing.
      if (!entry || sentMs === undefined) return
      const latencyMs = Math.max(0, clock.nowMs() - sentMs) / 2
      entry.latencyMs = entry.latencyMs === null ? latencyMs : entry.latencyMs + (latencyMs - entry.latencyMs) * NEW_SHARE
      // Answers come in order: what was sent before is lost.
      for (const earlier of entry.sent.keys()) if (earlier <= number) entry.sent.delete(earlier)
    },
    pulseOf: (peer) => entries.get(peer) ?? null,
  }
}
