import { bytesToAddress } from '@telltale/core'
import type { BranchBlock } from './branches.ts'
import type { EngineCore } from './core.ts'

/** A block that is not final yet, as people look at it. */
export interface ShownBlock {
  height: number
  id: Uint8Array
  parent: Uint8Array
  sealer: string
  turn: number
  /** Of its branch: by the turns of its sealers, or where anyone may seal by its work. */
  weight: number
  timeMs: number
  transactions: number
  /** Addresses of those who voted for it, in blocks or by themselves. */
  votes: string[]
  isJustified: boolean
  /** Whether it stands on the branch that the node builds on. */
  isOnHead: boolean
}

/** A block that lost: another one of its height became final. */
export interface LostBlock {
  height: number
  id: Uint8Array
  parent: Uint8Array
  sealer: string
  turn: number
  wonId: Uint8Array
  timeMs: number
}

export function showBranches({ branches, votes, head }: Pick<EngineCore, 'branches' | 'votes' | 'head'>): ShownBlock[] {
  const { justifiedHeight, tallies } = head.position.finality
  return branches.all().map((one) => {
    const { block } = one.content!
    const isOnHead = branches.contains(head, one)
    const carried = isOnHead ? (tallies.find(({ targetHeight }) => targetHeight === one.height)?.voters ?? []) : []
    return {
      ...outlineOf(one),
      weight: one.weight.turns > 0 ? one.weight.turns : Number(one.weight.work),
      timeMs: block.header.timeMs,
      transactions: block.transactions.length,
      votes: [...new Set([...carried, ...votes.for(one).map(({ address }) => address)])].sort(),
      isJustified: votes.judge(one).isJustified || (isOnHead && one.height <= justifiedHeight),
      isOnHead,
    }
  })
}

function outlineOf({ height, id, content }: BranchBlock): Pick<ShownBlock, 'height' | 'id' | 'parent' | 'sealer' | 'turn'> {
  const { parent, sealer, turn } = content!.block.header
  return { height, id, parent, sealer: bytesToAddress(sealer), turn }
}

const LOST_MAX = 32

/** Keeps the newest blocks that lost; a fork is rare, and somebody may want to see how it ended. */
export function rememberLost(lost: LostBlock[], dropped: BranchBlock[], won: Pick<BranchBlock, 'id'>, timeMs: number): void {
  lost.push(...dropped.map((one) => ({ ...outlineOf(one), wonId: won.id, timeMs })))
  lost.splice(0, Math.max(0, lost.length - LOST_MAX))
}
