import type { EngineClock, PeerChain } from '@telltale/consensus'
import type { Exchange, Participant, Primitives } from '@telltale/core'
import type { Ledger } from '@telltale/ledger'
import type { Transport } from '@telltale/network'
import type { SeededRandom, TestIdentity } from '@telltale/testing'

/** What a misbehaving node has at hand while it runs. */
export interface Accomplice {
  ledger: Ledger
  chain: PeerChain
  /** The honest way out. */
  exchange: Exchange
  clock: EngineClock
  random: SeededRandom
  primitives: Primitives
  identity: TestIdentity
}

/** How one node misbehaves: it runs an honest engine and bends what goes in and out. */
export interface Misconduct {
  readonly name: string
  /** How often it did what it is named for: a run in which it never did shows nothing. */
  readonly count: number
  clock?(honest: EngineClock): EngineClock
  transport?(honest: Transport): Transport
  exchange?(honest: Exchange): Exchange
  participant?(honest: Participant): Participant
  /** The node runs. */
  start(accomplice: Accomplice): void
  /** The node ended; it may start again. */
  stop(): void
}
