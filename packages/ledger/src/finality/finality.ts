import { asArray, asText, asUint, bytesToHex, decode, encode, equalBytes, fail, isQuorum } from '@telltale/core'
import type { AuthoritySet, TelltaleError } from '@telltale/core'
import type { NetworkRow } from '../state/rows.ts'
import { setAt } from '../state/view.ts'
import { voterIn } from './vote.ts'
import type { Vote } from './vote.ts'

/** Who voted for a target, as far as the blocks of a branch carry it. */
interface Tally {
  targetHeight: number
  /** Addresses. */
  voters: string[]
}

/** What the votes in the blocks of a branch have made of it: a function of that branch alone. */
export interface Finality {
  justifiedHeight: number
  finalHeight: number
  /** Targets above the justified height, ascending. */
  tallies: Tally[]
}

/** A block that stands below another on its branch. */
export interface Ancestor {
  id: Uint8Array
  /** The highest block that was justified when it was executed: the source of every vote for it. */
  justifiedHeight: number
}

/** Heights below a block whose votes it may still carry: beyond that nobody waits for them. */
const VOTE_DEPTH_MAX = 256

/** Where one authority decides alone its block is final at once, and blocks carry no votes. */
export function finalAtOnce(height: number): Finality {
  return { justifiedHeight: height, finalHeight: height, tallies: [] }
}

interface Branch {
  height: number
  finality: Finality
  network: NetworkRow
  /** A block of this branch, itself included; null where there is none of this height. */
  ancestor(height: number): Ancestor | null
}

/**
 * What becomes of a branch by the votes that its next block carries (`invalid-vote`). A link needs more than 2/3 of the set in force at its source and of that at its
 * target. A target that is linked is justified; where its source is its parent, the source is final.
 */
export function countVotes(branch: Branch, votes: Vote[]): Finality {
  const tallies = new Map(branch.finality.tallies.map(({ targetHeight, voters }) => [targetHeight, [...voters]]))
  for (const vote of votes) {
    const address = voterOf(branch, vote)
    const voters = tallies.get(vote.targetHeight) ?? []
    if (voters.includes(address)) throw invalid('each vote once', `${address} at ${vote.targetHeight} again`)
    tallies.set(vote.targetHeight, [...voters, address])
  }
  let { justifiedHeight, finalHeight } = branch.finality
  for (const target of [...tallies.keys()].sort((a, b) => a - b)) {
    const source = branch.ancestor(target)!.justifiedHeight
    if (!isLinked(branch.network, source, target, tallies.get(target) as string[])) continue
    justifiedHeight = Math.max(justifiedHeight, target)
    if (source === target - 1) finalHeight = Math.max(finalHeight, source)
  }
  const open = [...tallies].filter(([target]) => target > justifiedHeight).map(([targetHeight, voters]) => ({ targetHeight, voters: voters.sort() }))
  return { justifiedHeight, finalHeight, tallies: open.sort((a, b) => a.targetHeight - b.targetHeight) }
}

function voterOf(branch: Branch, vote: Vote): string {
  const { height, finality } = branch
  if (vote.targetHeight > height || vote.targetHeight <= finality.justifiedHeight || vote.targetHeight < height - VOTE_DEPTH_MAX) throw invalid(`a target from ${finality.justifiedHeight + 1} to ${height}`, String(vote.targetHeight))
  const target = branch.ancestor(vote.targetHeight)!
  if (!equalBytes(target.id, vote.targetId)) throw invalid(`block ${bytesToHex(target.id)} of this branch`, bytesToHex(vote.targetId))
  const source = branch.ancestor(target.justifiedHeight)!
  if (vote.sourceHeight !== target.justifiedHeight || !equalBytes(source.id, vote.sourceId)) throw invalid(`the source ${target.justifiedHeight}`, String(vote.sourceHeight))
  const authority = voterIn(setAt(branch.network, vote.targetHeight), vote) ?? voterIn(setAt(branch.network, vote.sourceHeight), vote)
  if (!authority) throw invalid('an authority in force', bytesToHex(vote.voter))
  return authority.address
}

/** Whether more than two thirds of both sets voted. */
export function isLinked(network: NetworkRow, sourceHeight: number, targetHeight: number, voters: readonly string[]): boolean {
  const count = (set: AuthoritySet): number => set.filter(({ address }) => voters.includes(address)).length
  return [sourceHeight, targetHeight].map((height) => setAt(network, height)).every((set) => isQuorum(count(set), set.length))
}

function invalid(expected: string, found: string): TelltaleError {
  return fail('invalid-vote', 'The block carries a vote that does not belong there.', { expected, found })
}

/** The tallies of the newest block, as a row. */
export function encodeTallies(tallies: Tally[]): Uint8Array {
  return encode(tallies.map(({ targetHeight, voters }) => [targetHeight, voters]))
}

export function decodeTallies(bytes: Uint8Array | null): Tally[] {
  if (bytes === null) return []
  return asArray(decode(bytes), 'tallies').map((item) => {
    const [targetHeight, voters] = asArray(item, 'tally', 2)
    return { targetHeight: asUint(targetHeight, 'tally height'), voters: asArray(voters, 'tally voters').map((voter) => asText(voter, 'tally voter', 64)) }
  })
}
