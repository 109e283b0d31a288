import { bytesToMapKey } from '@telltale/core'
import { EARLY_COSIGNATURES_MAX, EARLY_PEERS_MAX } from './limits.ts'

/** Cosignatures of blocks that are not final here yet, by the peer that passed them on. Nothing of them is checked. */
export interface EarlyCosignatures {
  hold(peer: string, height: number, bytes: Uint8Array): void
  /** Takes out what can be checked now, each once. */
  takeUpTo(height: number): Uint8Array[]
}

export function createEarlyCosignatures(): EarlyCosignatures {
  const byPeer = new Map<string, Map<string, { height: number; bytes: Uint8Array }>>()
  return {
    hold(peer, height, bytes) {
      const held = byPeer.get(peer) ?? new Map<string, { height: number; bytes: Uint8Array }>()
      byPeer.set(peer, held)
      if (held.size < EARLY_COSIGNATURES_MAX) held.set(bytesToMapKey(bytes), { height, bytes })
      // Who spoke first is the likeliest to be gone.
      if (byPeer.size > EARLY_PEERS_MAX) byPeer.delete(byPeer.keys().next().value as string)
    },
    takeUpTo(limit) {
      const taken = new Map<string, Uint8Array>()
      for (const [peer, held] of byPeer) {
        for (const [key, { height, bytes }] of held) {
          if (height > limit) continue
          held.delete(key)
          taken.set(key, bytes)
        }
        if (held.size === 0) byPeer.delete(peer)
      }
      return [...taken.values()]
    },
  }
}
