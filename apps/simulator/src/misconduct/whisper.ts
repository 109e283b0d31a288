import type { Transport } from '@telltale/network'

/** A way to tell some peers what others are not told. */
export interface Whisper {
  transport(honest: Transport): Transport
  /** While `say` runs only these peers hear what it sends. */
  to(peers: Iterable<string>, say: () => void): void
}

export function createWhisper(): Whisper {
  let listeners: ReadonlySet<string> | null = null
  return {
    transport: (honest) => ({ ...honest, send: (peer, bytes) => (listeners === null || listeners.has(peer) ? honest.send(peer, bytes) : true) }),
    to(peers, say) {
      listeners = new Set(peers)
      say()
      listeners = null
    },
  }
}

/** Every other peer, and those in between. */
export function halves(peers: string[]): [string[], string[]] {
  return [peers.filter((_, i) => i % 2 === 0), peers.filter((_, i) => i % 2 === 1)]
}
