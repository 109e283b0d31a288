import type { Exchange, Primitives, Signer } from '@telltale/core'
import type { Ledger } from '@telltale/ledger'
import type { SignatureVerifier } from '../signature-verifier.ts'
import type { CertifiedEntry } from './age-proof.ts'
import type { BranchBlock, Branches } from './branches.ts'
import type { SignedFile } from './signed-file.ts'
import type { VoteBook } from './vote-book.ts'
import type { WaitingRoom } from './waiting.ts'

/** Time as an engine knows it; a simulation plugs in its own. */
export interface EngineClock {
  nowMs(): number
  /** Runs once, later; the answer calls it off. */
  after(ms: number, run: () => void): () => void
}

/** Blocks that are not final, so that they survive when every node stops at once. Appended, and rewritten when most of it became final. */
export interface BranchLog {
  load(): Promise<Uint8Array[]>
  /** Whether it lay there when it was opened, and to its end: then what is not in it was not kept, and never left. */
  readonly isWhole: boolean
  append(block: Uint8Array): Promise<void>
  /** From now on these are the only ones; they are asked for where the log is made new. */
  settle(blocks: () => Uint8Array[]): Promise<void>
}

/** Who a node is in its ledger. */
export interface OwnIdentity {
  signer: Signer
  address: string
}

/** Who this node signs as: it seals and votes wherever the rules of the block at hand let this identity. */
export interface Signing extends OwnIdentity {
  signed: SignedFile
  /** A height that was written as sealed by a process that died before its block was kept: its seal never left, so it may be sealed again. */
  unsentHeight: number | null
  /** Whether enough others said what this authority signed last, so that it may sign again. */
  isReady: boolean
}

/** What the parts of the engine share. Only the engine's own queue changes it. */
export interface EngineCore {
  readonly ledger: Ledger
  readonly primitives: Primitives
  readonly verifier: SignatureVerifier
  readonly clock: EngineClock
  readonly exchange: Exchange
  /** Null for a node that only holds and checks. */
  readonly signing: Signing | null
  readonly branches: Branches
  readonly votes: VoteBook
  readonly waiting: WaitingRoom
  head: BranchBlock
  /** The newest certified head whose state was caught: what this node shows to those who come later. */
  certifiedEntry: CertifiedEntry | null
  /** Blocks of up to this time may lack attachments: it was shown that the network keeps them no longer. */
  lackingUpToMs: number
}
