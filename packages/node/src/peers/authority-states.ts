import type { AuthorityActivity, PeerChain } from '@telltale/consensus'
import type { Ledger } from '@telltale/ledger'
import type { KnownPeer, Network, PeerInfo } from '@telltale/network'

/** A node among others, as its interface looks at it. */
export interface PeerLink {
  chain: PeerChain
  network: Network
  /** Address of the identity that this node is. */
  own: string
}

/** An authority and what was seen of it. */
export interface AuthorityState extends AuthorityActivity {
  address: string
  keyNumber: number
  algorithm: string
  isOwn: boolean
  /** Since when nothing comes from it, as far as this node can tell; null while it is there. */
  awaySinceMs: number | null
}

/** Blocks that an authority may leave without its vote before it counts as away: votes may come late. */
const BLOCKS_MISSED_MAX = 3

/** The authorities of the next block, in the order of their turns. `sinceMs`: since when this node looks. */
export function authorityStates({ chain, network, own }: PeerLink, ledger: Ledger, sinceMs: number): AuthorityState[] {
  const { height } = chain.status()
  const [peers, known] = [network.peers(), network.known()]
  return ledger.authorities(height + 1).map(({ address, keyNumber, key }) => {
    const activity = chain.activity.of(address)
    const isOwn = address === own
    return { address, keyNumber, algorithm: key.algorithm, isOwn, ...activity, awaySinceMs: isOwn ? null : awaySince(address, activity, { peers, known, height, sinceMs }) }
  })
}

interface Surroundings {
  peers: PeerInfo[]
  known: KnownPeer[]
  height: number
  sinceMs: number
}

/** Who is connected and follows or signs is there; so is who is not connected and signed something since: others passed it on. */
function awaySince(address: string, { block, vote, cosignature }: AuthorityActivity, { peers, known, height, sinceMs }: Surroundings): number | null {
  const signed = [block, vote, cosignature].filter((one) => one !== null)
  const lastMs = signed.length === 0 ? null : Math.max(...signed.map(({ timeMs }) => timeMs))
  const lastHeight = Math.max(0, ...signed.map((one) => one.height))
  const isBehind = height - lastHeight > BLOCKS_MISSED_MAX
  const connected = peers.filter(({ identity }) => identity?.address === address)
  // One that has just come back signs with the next block: where it stands is word enough.
  const isFollowing = connected.some(({ status }) => (status?.height ?? 0) >= height - BLOCKS_MISSED_MAX)
  if (connected.length > 0) return isBehind && !isFollowing ? (lastMs ?? sinceMs) : null
  const left = known.filter(({ identity }) => identity === address).map(({ offlineSinceMs }) => Math.round(offlineSinceMs ?? 0))
  const leftMs = left.length === 0 ? null : Math.max(...left)
  if (isBehind) return Math.max(lastMs ?? 0, leftMs ?? 0) || sinceMs
  if (leftMs === null) return lastMs === null ? sinceMs : null
  return lastMs !== null && lastMs > leftMs ? null : leftMs
}
