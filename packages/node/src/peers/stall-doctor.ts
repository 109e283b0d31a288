import type { Chain } from '@telltale/consensus'
import type { Ledger } from '@telltale/ledger'
import { authorityStates } from './authority-states.ts'
import type { PeerLink } from './authority-states.ts'
import { diagnoseStall, stallPatienceMs } from './stall.ts'
import type { Stall, StallFacts } from './stall.ts'

interface DoctorInit {
  ledger: Ledger
  chain: Chain
  peers: PeerLink | null
  clock: { nowMs(): number }
  /** Since when this node looks at the others. */
  sinceMs: number
}

/** Looks at a node each time it is asked, and says what stands still, or null. */
export function createStallDoctor({ ledger, chain, peers, clock, sinceMs }: DoctorInit): () => Stall | null {
  let failedSinceMs: number | null = null
  const factsOfMany = (link: PeerLink, patienceMs: number): StallFacts => ({
    failedSinceMs,
    delays: link.chain.delays(patienceMs),
    authorities: authorityStates(link, ledger, sinceMs),
    peers: link.network.peers().length,
    isCatchingUp: link.chain.status().isCatchingUp,
    refused: link.chain.verdicts.counts,
  })
  const factsOfOne = (patienceMs: number): StallFacts => {
    const oldestMs = chain.pool().oldest?.sinceMs ?? null
    const isLong = oldestMs !== null && clock.nowMs() - oldestMs > patienceMs
    return {
      failedSinceMs,
      delays: { blockSinceMs: isLong ? oldestMs : null, finalSinceMs: null, certifiedSinceMs: null },
      authorities: ledger.authorities(ledger.position.height + 1).map(({ address }) => ({ address, awaySinceMs: null })),
      peers: null,
      isCatchingUp: false,
      refused: new Map(),
    }
  }
  return () => {
    if (chain.failure) failedSinceMs ??= clock.nowMs()
    const patienceMs = stallPatienceMs(ledger.parameters(ledger.position.height + 1).blockMs)
    return diagnoseStall(peers ? factsOfMany(peers, patienceMs) : factsOfOne(patienceMs))
  }
}
