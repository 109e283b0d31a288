import type { PeerGraph } from '../api/ledger-answers.ts'
import { words } from '../words.ts'

/** What the nodes of a network are called on these pages: role and number. */
export interface NodeNames {
  ofPeer(peer: string): string
  /** By address of an identity; null for one that is no node here. */
  ofIdentity(address: string): string | null
}

/** Numbered by address, authorities in the order of their turns: the same whichever node one looks at. */
export function nameNodes(nodes: Pick<PeerGraph['nodes'][number], 'peer' | 'identity' | 'role'>[], authorities: readonly string[]): NodeNames {
  const byIdentity = new Map(authorities.map((address, i) => [address, words.peers.authority(i + 1)]))
  const byPeer = new Map<string, string>()
  let members = 0
  let strangers = 0
  for (const { peer, identity } of nodes.toSorted((a, b) => ((a.identity ?? a.peer) < (b.identity ?? b.peer) ? -1 : 1))) {
    const known = identity === null ? undefined : byIdentity.get(identity)
    const name = known ?? (identity === null ? words.peers.stranger((strangers += 1)) : words.peers.member((members += 1)))
    if (identity !== null) byIdentity.set(identity, name)
    byPeer.set(peer, name)
  }
  return { ofPeer: (peer) => byPeer.get(peer) ?? peer.slice(-8), ofIdentity: (address) => byIdentity.get(address) ?? null }
}

/** `12 ms`, `3.4 ms`. */
export function latencyText(ms: number | null): string {
  if (ms === null) return words.peers.notMeasured
  return words.peers.ms(ms < 10 ? ms.toFixed(1) : String(Math.round(ms)))
}
