import type { Verdict } from '@telltale/core'
import type { DoubleVote } from './vote-book.ts'

/** A block that was refused, and why. */
export interface RefusedBlock {
  height: number
  id: Uint8Array
  /** Who handed it over. */
  peer: string
  verdict: Verdict
  timeMs: number
}

/** What was refused, and what nobody honest would have signed: counted, and the newest kept. */
export interface Verdicts {
  readonly refused: RefusedBlock[]
  readonly doubleVotes: DoubleVote[]
  /** How often each code came. */
  readonly counts: ReadonlyMap<string, number>
  refuse(block: RefusedBlock): void
  /** Two seals of one authority on one parent. */
  countDoubleSeal(): void
  accuse(doubleVote: DoubleVote): void
}

const KEPT_MAX = 256

export function createVerdicts(): Verdicts {
  const refused: RefusedBlock[] = []
  const doubleVotes: DoubleVote[] = []
  const counts = new Map<string, number>()
  const count = (code: string): void => void counts.set(code, (counts.get(code) ?? 0) + 1)
  return {
    refused,
    doubleVotes,
    counts,
    refuse(block) {
      count(block.verdict.code)
      refused.push(block)
      if (refused.length > KEPT_MAX) refused.shift()
    },
    countDoubleSeal: () => count('double-seal'),
    accuse(doubleVote) {
      count('double-vote')
      doubleVotes.push(doubleVote)
      if (doubleVotes.length > KEPT_MAX) doubleVotes.shift()
    },
  }
}

/** What no honest peer sends, however late or early it comes. */
const FAULTS: ReadonlySet<string> = new Set(['invalid-signature', 'invalid-transaction', 'root-mismatch', 'invalid-vote', 'not-an-authority', 'insufficient-work', 'wrong-network', 'malformed-cbor', 'not-canonical', 'wrong-shape', 'previous-hash-mismatch', 'gossip-rejected'])

export function isFault(code: string): boolean {
  return FAULTS.has(code)
}
