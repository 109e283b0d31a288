import { bytesToMapKey } from '@telltale/core'
import type { Passing, Topic } from '@telltale/core'
import type { Clock } from './clock.ts'
import { JUDGED_MAX, SEEN_MAX, SEEN_MS_MAX } from './limits.ts'

export interface GossipComponents {
  clock: Clock
  sha256(bytes: Uint8Array): Uint8Array
  /** Peers that may be told. */
  peers(): string[]
  send(peer: string, bytes: Uint8Array): void
  judge(peer: string, topic: Topic, content: Uint8Array): Promise<Passing>
  blame(peer: string, code: string): void
}

/** Flooding: what is new and judged worth it goes on to every peer but those that have it. */
export interface Gossip {
  /** `message` is the whole message as it goes to peers. */
  publish(message: Uint8Array): void
  /** Takes what a peer passed on; a promise where the peer has to wait before it may say more. */
  receive(peer: string, message: Uint8Array, topic: Topic, content: Uint8Array): Promise<void> | undefined
}

/** Something that was gossiped; while it is judged, who else has it is noted. */
interface Seen {
  atMs: number
  holders: Set<string> | null
}

export function createGossip(components: GossipComponents): Gossip {
  const { clock, sha256, peers, send, judge, blame } = components
  const seen = new Map<string, Seen>()
  /** Messages of a peer that are being judged, and whom to tell when there is room again. */
  const judged = new Map<string, { count: number; waiting: (() => void)[] }>()

  const remember = (key: string, holders: Set<string> | null): Seen => {
    const nowMs = clock.nowMs()
    const entry = { atMs: nowMs, holders }
    seen.set(key, entry)
    // Oldest first: a map keeps the order in which its keys came.
    for (const [old, { atMs }] of seen) {
      if (seen.size <= SEEN_MAX && nowMs - atMs < SEEN_MS_MAX) break
      seen.delete(old)
    }
    return entry
  }
  const keyOf = (message: Uint8Array): string => bytesToMapKey(sha256(message))
  const find = (key: string): Seen | null => {
    const entry = seen.get(key)
    return entry && clock.nowMs() - entry.atMs < SEEN_MS_MAX ? entry : null
  }
  const passOn = (message: Uint8Array, holders: ReadonlySet<string>): void => {
    for (const peer of peers()) if (!holders.has(peer)) send(peer, message)
  }
  const begin = (peer: string): void => {
    const entry = judged.get(peer)
    if (entry) entry.count += 1
    else judged.set(peer, { count: 1, waiting: [] })
  }
  const finish = (peer: string): void => {
    const entry = judged.get(peer)
    if (!entry) return
    entry.count -= 1
    entry.waiting.shift()?.()
    if (entry.count === 0) judged.delete(peer)
  }

  return {
    publish(message) {
      const key = keyOf(message)
      if (find(key)) return
      remember(key, null)
      passOn(message, NOBODY)
    },
    receive(peer, message, topic, content) {
      const key = keyOf(message)
      const known = find(key)
      if (known) {
        known.holders?.add(peer)
        return undefined
      }
      const holders = new Set([peer])
      const entry = remember(key, holders)
      begin(peer)
      void judge(peer, topic, content).then((passing) => {
        entry.holders = null
        if (passing === 'pass-on') passOn(message, holders)
        if (passing === 'reject') blame(peer, 'gossip-rejected')
        return finish(peer)
      })
      const { count, waiting } = judged.get(peer) as { count: number; waiting: (() => void)[] }
      return count < JUDGED_MAX ? undefined : new Promise((resolve) => waiting.push(resolve))
    },
  }
}

const NOBODY: ReadonlySet<string> = new Set()
