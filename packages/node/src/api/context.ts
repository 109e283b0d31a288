import type { Primitives } from '@telltale/core'
import type { Chain } from '@telltale/consensus'
import type { Ledger, LedgerReader } from '@telltale/ledger'
import type { Callers } from './http/callers.ts'
import type { Metrics } from './metrics.ts'
import type { Submissions } from './submissions.ts'

/** What the resources of the API stand on. */
export interface ApiContext {
  ledger: Ledger
  reader: LedgerReader
  chain: Chain
  primitives: Primitives
  clock: { nowMs(): number }
  version: string
  isDemo: boolean
  /** Since when the node runs, Unix milliseconds. */
  sinceMs: number
  submissions: Submissions
  callers: Callers
  metrics: Metrics
  /** Fires when the node begins to stop. */
  stopping: AbortSignal
  /** Names of calls by number. */
  callNames: Map<number, string>
}
