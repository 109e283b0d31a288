import type { Primitives } from '@telltale/core'
import type { Chain, PeerChain } from '@telltale/consensus'
import type { Ledger, LedgerReader } from '@telltale/ledger'
import type { Callers } from './http/callers.ts'
import type { PeerLink } from '../peers/authority-states.ts'
import type { Stall } from '../peers/stall.ts'
import type { MiningStatus } from '../mining/worker-miner.ts'
import type { Metrics } from './metrics.ts'
import type { Submissions } from './submissions.ts'

/** The work of a node among others. */
export interface MiningDesk extends Pick<PeerChain, 'work' | 'takeWork'> {
  /** What its own threads do. */
  status(): MiningStatus
  setThreads(count: number): Promise<void>
}

/** What the resources of the API stand on. */
export interface ApiContext {
  ledger: Ledger
  reader: LedgerReader
  chain: Chain
  /** What a node among others has beside; null for one that is alone. */
  peers: PeerLink | null
  primitives: Primitives
  clock: { nowMs(): number }
  version: string
  isDemo: boolean
  /** Since when the node runs, Unix milliseconds. */
  sinceMs: number
  /** What stands still, and what helps; null while all is well. */
  stall(): Stall | null
  submissions: Submissions
  callers: Callers
  metrics: Metrics
  /** Fires when the node begins to stop. */
  stopping: AbortSignal
  /** Null for a node that is alone. */
  mining: MiningDesk | null
  /** Names of calls by number. */
  callNames: Map<number, string>
}
