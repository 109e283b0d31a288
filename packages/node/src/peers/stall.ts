import { isQuorum } from '@telltale/core'
import type { Delays } from '@telltale/consensus'
import type { AuthorityState } from './authority-states.ts'

/** What does not go on, who is missing for it, and the one thing that helps. */
export interface Stall {
  /** `node`: this node itself failed. */
  what: 'node' | 'blocks' | 'finality' | 'certificates'
  sinceMs: number
  /** Authorities from which nothing comes, who left last first. */
  missing: { address: string; sinceMs: number }[]
  /** How many of how many authorities are there, and how many have to be. */
  present: number
  needed: number
  authorities: number
  /** Words for people. */
  message: string
  help: string
}

export interface StallFacts {
  /** Since when the engine is known to have failed; null where it runs. */
  failedSinceMs: number | null
  delays: Delays
  authorities: Pick<AuthorityState, 'address' | 'awaySinceMs'>[]
  /** Connected peers; null for a node that is alone. */
  peers: number | null
  isCatchingUp: boolean
  /** Codes of blocks that were refused here, with how often. */
  refused: ReadonlyMap<string, number>
}

/** Patience: several block times, and long enough for an authority that is away to be passed over. */
export function stallPatienceMs(blockMs: number): number {
  return Math.max(5000, 8 * blockMs)
}

/** The stall doctor: says what stands still and why, or null while all is well. */
export function diagnoseStall(facts: StallFacts): Stall | null {
  const { failedSinceMs, delays, authorities, isCatchingUp } = facts
  const missing = authorities.flatMap(({ address, awaySinceMs }) => (awaySinceMs === null ? [] : [{ address, sinceMs: awaySinceMs }])).sort((a, b) => b.sinceMs - a.sinceMs)
  const counts = { missing, present: authorities.length - missing.length, needed: quorumOf(authorities.length), authorities: authorities.length }
  if (failedSinceMs !== null) return { what: 'node', sinceMs: failedSinceMs, ...counts, message: 'This node makes no blocks any more.', help: 'Read its log, then start it again: what was acknowledged is there.' }
  // Behind the others, nothing of this says how the network stands.
  if (isCatchingUp) return null
  const found = ([['blocks', delays.blockSinceMs], ['finality', delays.finalSinceMs], ['certificates', delays.certifiedSinceMs]] as const).flatMap(([what, sinceMs]) => (sinceMs === null ? [] : [{ what, sinceMs }]))
  const [first] = found.sort((a, b) => a.sinceMs - b.sinceMs)
  if (!first) return null
  return { ...first, ...counts, message: `${WORDS[first.what]} ${presenceText(counts)}`, help: helpFor(facts, counts) }
}

const WORDS = { blocks: 'Something waits, and no block comes.', finality: 'Blocks come, and do not become final.', certificates: 'Blocks are final, and are not certified.' }

/** The least number of authorities that is a quorum. */
export function quorumOf(setSize: number): number {
  let count = 0
  while (!isQuorum(count, setSize)) count += 1
  return count
}

type Counts = Pick<Stall, 'missing' | 'present' | 'needed' | 'authorities'>

function presenceText({ present, needed, authorities }: Counts): string {
  return `${present} of ${authorities} ${authorities === 1 ? 'authority' : 'authorities'} ${present === 1 ? 'is' : 'are'} there, ${needed} ${needed === 1 ? 'is' : 'are'} needed.`
}

/** One thing, the likeliest: who is cut off sees everybody else as missing; who is refused has another clock or version; otherwise those are missing who are. */
function helpFor({ peers, refused }: StallFacts, { missing, present, needed }: Counts): string {
  if (peers === 0) return 'This node reaches no other. Check its connection and the addresses of --peers.'
  if (present < needed) {
    const count = needed - present
    const [last] = missing
    return missing.length === count ? `Start ${missing.map(({ address }) => address).join(' and ')} again.` : `Start ${count} of the ${missing.length} that are missing again; ${last?.address} was there last.`
  }
  if (refused.has('time-out-of-range')) return 'Set the clock of this machine: blocks are refused here for their time.'
  const [code] = [...refused].sort((a, b) => b[1] - a[1])[0] ?? []
  if (code !== undefined) return `Blocks are refused here (${code}). Run the same version of Telltale on every node.`
  return peers === null ? 'Look at the disk and the log of this node.' : 'Enough authorities are there: look at the log of each, and start again the one that signed the longest ago.'
}
