import type { Exchange, Participant, Primitives } from '@telltale/core'
import type { Ledger } from '@telltale/ledger'
import type { Chain } from '../chain.ts'
import type { SignatureVerifier } from '../signature-verifier.ts'
import type { Activity } from './activity.ts'
import type { BranchBlock } from './branches.ts'
import type { BranchLog, EngineClock, OwnIdentity } from './core.ts'
import type { Delays } from './delays.ts'
import type { chooseHead } from './fork-choice.ts'
import type { Miner } from './miner.ts'
import type { LostBlock, ShownBlock } from './shown-branches.ts'
import type { Verdicts } from './verdicts.ts'
import type { Work } from './work-bench.ts'

/** How a node of several stands. */
export interface EngineStatus {
  height: number
  id: Uint8Array
  finalHeight: number
  justifiedHeight: number
  waiting: number
  isCatchingUp: boolean
}

/** The longest chain among several nodes: blocks by authorities in turn, by whoever did their work, or both, the heaviest branch, finality by votes, certified by cosignatures. */
export interface PeerChain extends Chain {
  readonly participant: Participant
  readonly verdicts: Verdicts
  status(): EngineStatus
  /** The work that this node's next block waits for; null where none is wanted. */
  work(): Work | null
  /** Takes work that was done elsewhere and seals the block (`stale-work`, `insufficient-work`). */
  takeWork(id: Uint8Array, nonce: Uint8Array): Promise<{ height: number; id: Uint8Array }>
  /** What was seen of each authority last. */
  readonly activity: Activity
  /** Blocks that lost to another of their height lately, the newest last. */
  readonly lost: readonly LostBlock[]
  /** Blocks that are not final, of all branches, the lowest first. */
  branches(): BranchBlock[]
  /** The same, as people look at them. */
  shownBranches(): ShownBlock[]
  /** What stands still for longer than it should. */
  delays(patienceMs: number): Delays
  /** Asks every peer now for what this node lacks; how many are asked. */
  sync(): number
}

export interface PeerChainInit {
  ledger: Ledger
  primitives: Primitives
  verifier: SignatureVerifier
  clock: EngineClock
  /** Made with the participant that this engine is. */
  exchange: Exchange
  branchLog: BranchLog
  /** Null for a node that only holds and checks. */
  own: OwnIdentity | null
  /** Does the work where the network asks for some; without one, only what is brought from outside is used. */
  miner?: Miner
  /** Another rule for the head than ours: for simulations that show what it is good for. */
  chooseHead?: typeof chooseHead
}
