import { bytesToMapKey, equalBytes, isQuorum } from '@telltale/core'
import type { Authority } from '@telltale/core'
import { compareVotes, contradicts, encodeVote, isLinked, networkAt, setAt, voterIn } from '@telltale/ledger'
import type { Vote } from '@telltale/ledger'
import type { BranchBlock } from './branches.ts'
import { VOTES_KEPT_MAX } from './limits.ts'

/** Two votes of one authority that no honest one casts: for one target height, or one around the other. */
export interface DoubleVote {
  address: string
  first: Vote
  second: Vote
}

/** Votes as they came, whether blocks carry them yet or not. Each was checked by whoever adds it. */
export interface VoteBook {
  has(vote: Vote): boolean
  /** Keeps it; answers with the evidence where its voter said otherwise before. */
  add(address: string, vote: Vote): DoubleVote | null
  /** The newest vote of an authority, blocks that are final by now included. */
  newest(address: string): Vote | null
  for(target: BranchBlock): { address: string; vote: Vote }[]
  /** Those that a block on top of `parent` should carry. */
  toCarry(parent: BranchBlock): Vote[]
  /** What votes say of a block, carried or not: that it is justified, and that its parent is final. */
  judge(block: BranchBlock): { isJustified: boolean; isParentFinal: boolean }
  /** Whether enough authorities may still vote for a block: those who voted higher on another branch may not. */
  mayBeJustified(block: BranchBlock): boolean
  /** Forgets votes for blocks below a height. */
  forget(belowHeight: number): void
  all(): Vote[]
}

/** Heights back from which votes are still put into a block. */
const CARRIED_DEPTH = 32

export function createVoteBook(): VoteBook {
  const byTarget = new Map<string, Map<string, Vote>>()
  const newest = new Map<string, Vote>()
  const byVoter = new Map<string, Map<number, Vote>>()
  const counts = new Map<string, number>()
  const countOf = (address: string): number => counts.get(address) ?? 0
  const book: VoteBook = {
    has: (vote) => {
      // All of it: a signature under another name, or of another link, was checked by nobody.
      for (const known of byTarget.get(targetKey(vote.targetHeight, vote.targetId))?.values() ?? []) if (equalBytes(known.signature, vote.signature) && equalBytes(encodeVote(known), encodeVote(vote))) return true
      return false
    },
    add(address, vote) {
      if (vote.targetHeight > (newest.get(address)?.targetHeight ?? 0)) newest.set(address, vote)
      const own = byVoter.get(address) ?? new Map<number, Vote>()
      const against = [...own.values()].find((other) => contradicts(other, vote))
      const key = targetKey(vote.targetHeight, vote.targetId)
      const voters = byTarget.get(key) ?? new Map<string, Vote>()
      if (!voters.has(address) && countOf(address) < VOTES_KEPT_MAX) {
        voters.set(address, vote)
        byTarget.set(key, voters)
        if (!own.has(vote.targetHeight)) own.set(vote.targetHeight, vote)
        byVoter.set(address, own)
        counts.set(address, countOf(address) + 1)
      }
      return against ? { address, first: against, second: vote } : null
    },
    newest: (address) => newest.get(address) ?? null,
    for: (target) => [...(byTarget.get(targetKey(target.height, target.id)) ?? [])].filter(([, vote]) => isFromBranch(target, vote)).map(([address, vote]) => ({ address, vote })),
    toCarry(parent) {
      const { finality } = parent.position
      const carried: Vote[] = []
      for (let at: BranchBlock | null = parent; at !== null && at.height > Math.max(finality.justifiedHeight, parent.height - CARRIED_DEPTH); at = at.content?.parent ?? null) {
        const tally = finality.tallies.find(({ targetHeight }) => targetHeight === at?.height)?.voters ?? []
        for (const { address, vote } of book.for(at)) if (!tally.includes(address)) carried.push(vote)
      }
      return carried.sort(compareVotes)
    },
    judge(block) {
      const source = block.position.finality.justifiedHeight
      const isJustified = isLinked(networkAt(block.position), source, block.height, book.for(block).map(({ address }) => address))
      return { isJustified, isParentFinal: isJustified && source === block.height - 1 }
    },
    mayBeJustified(block) {
      const set = setAt(networkAt(block.position), block.height)
      const voted = book.for(block).map(({ address }) => address)
      const isFree = (address: string): boolean => voted.includes(address) || [...(byVoter.get(address)?.keys() ?? [])].every((height) => height < block.height)
      return isQuorum(set.filter(({ address }) => isFree(address)).length, set.length)
    },
    forget(belowHeight) {
      for (const [key, voters] of byTarget) {
        const [first] = voters.values()
        if (!first || first.targetHeight >= belowHeight) continue
        byTarget.delete(key)
        for (const address of voters.keys()) counts.set(address, countOf(address) - 1)
      }
      for (const own of byVoter.values()) for (const height of own.keys()) if (height < belowHeight) own.delete(height)
    },
    all: () => [...byTarget.values()].flatMap((voters) => [...voters.values()]).sort(compareVotes),
  }
  return book
}

/** Height and id: a vote that names a height which is not that of its block is forgotten with its own height, and stands in the way of no other. */
function targetKey(height: number, id: Uint8Array): string {
  return `${height} ${bytesToMapKey(id)}`
}

/** A vote counts for its target only from the block that is justified there. */
function isFromBranch(target: BranchBlock, vote: Vote): boolean {
  const source = target.position.finality.justifiedHeight
  return vote.targetHeight === target.height && vote.sourceHeight === source && equalBytes(target.position.ancestor(source)?.id ?? new Uint8Array(0), vote.sourceId)
}

/** The authority behind a vote, by the sets that a block's state knows at its target and its source; null where it is none. */
export function voterAt(block: BranchBlock, vote: Vote): Authority | null {
  const network = networkAt(block.position)
  return voterIn(setAt(network, vote.targetHeight), vote) ?? voterIn(setAt(network, vote.sourceHeight), vote)
}
