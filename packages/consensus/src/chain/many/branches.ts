import { bytesToMapKey, compareBytes } from '@telltale/core'
import { paceAfter, pendingPosition } from '@telltale/ledger'
import type { Block, Execution, Ledger, Pace, Position } from '@telltale/ledger'
import type { Attachment } from '../pool.ts'
import { NO_WEIGHT, addWeights, compareWeights } from './turn.ts'
import type { Weight } from './turn.ts'

/** A block that was checked and executed and is not final yet, or the newest final one, on which all others stand. */
export interface BranchBlock {
  height: number
  id: Uint8Array
  /** Null for the newest final block. */
  content: { block: Block; bytes: Uint8Array; attachments: Attachment[]; execution: Execution; parent: BranchBlock } | null
  /** State after it. */
  position: Position
  /** Of its branch, from where this node began to count. */
  weight: Weight
  /** What its branch says of the work that comes next. */
  pace: Pace
  arrivedMs: number
}

/** The blocks above the newest final one, on all branches that are known. Values are shared with nobody who changes them. */
export interface Branches {
  /** The newest final block. */
  readonly root: BranchBlock
  readonly size: number
  find(id: Uint8Array): BranchBlock | null
  /** By height, the lowest first. */
  all(): BranchBlock[]
  add(parent: BranchBlock, content: { block: Block; bytes: Uint8Array; attachments: Attachment[]; execution: Execution; id: Uint8Array }, weight: Weight, nowMs: number): BranchBlock
  /** The heaviest branch that contains `from`: its newest block. Ties go to the lower id, on every node the same. */
  heaviest(from: BranchBlock): BranchBlock
  contains(branch: BranchBlock, block: BranchBlock): boolean
  /** Blocks from the newest final one (left out) to `block`, the lowest first. */
  path(block: BranchBlock): BranchBlock[]
  /** The child of the root was committed: it is the root now, and every other branch is gone. Answers with the blocks of those. */
  advance(to: BranchBlock): BranchBlock[]
}

/** `pace` is that of the newest final block. */
export function createBranches(ledger: Ledger, pace: Pace, nowMs: number): Branches {
  const committedRoot = (known: Pick<BranchBlock, 'weight' | 'pace' | 'arrivedMs'>): BranchBlock => ({ ...known, height: ledger.position.height, id: ledger.position.id, content: null, position: ledger.position })
  let root = committedRoot({ weight: NO_WEIGHT, pace, arrivedMs: nowMs })
  let blocks = new Map<string, BranchBlock>()
  const parentOf = (block: BranchBlock): BranchBlock | null => (block.content === null ? null : block.content.parent)
  const contains = (branch: BranchBlock, block: BranchBlock): boolean => {
    for (let at: BranchBlock | null = branch; at !== null && at.height >= block.height; at = parentOf(at)) if (at === block) return true
    return false
  }
  return {
    get root() {
      return root
    },
    get size() {
      return blocks.size
    },
    find: (id) => (compareBytes(id, root.id) === 0 ? root : (blocks.get(bytesToMapKey(id)) ?? null)),
    all: () => [...blocks.values()].sort((a, b) => a.height - b.height),
    add(parent, { block, bytes, attachments, execution, id }, weight, nowMs) {
      const { height } = block.header
      const added: BranchBlock = {
        height,
        id,
        content: { block, bytes, attachments, execution, parent },
        position: pendingPosition(parent.position, execution, id, () => ledger.position, () => added.height <= ledger.position.height),
        weight: addWeights(parent.weight, weight),
        pace: paceAfter(parent.pace, block.header),
        arrivedMs: nowMs,
      }
      blocks.set(bytesToMapKey(id), added)
      return added
    },
    heaviest(from) {
      let best = from
      for (const block of blocks.values()) if (isHeavier(block, best) && contains(block, from)) best = block
      return best
    },
    contains,
    path(block) {
      const path: BranchBlock[] = []
      for (let at: BranchBlock | null = block; at !== null && at !== root; at = parentOf(at)) path.push(at)
      return path.reverse()
    },
    advance(to) {
      const kept = new Map<string, BranchBlock>()
      const dropped: BranchBlock[] = []
      for (const [key, block] of blocks) {
        if (block === to) continue
        if (contains(block, to)) kept.set(key, block)
        else dropped.push(block)
      }
      root = committedRoot(to)
      for (const block of kept.values()) if (block.content?.parent === to) block.content = { ...block.content, parent: root }
      blocks = kept
      return dropped
    },
  }
}

function isHeavier(block: BranchBlock, best: BranchBlock): boolean {
  const compared = compareWeights(block.weight, best.weight)
  return compared > 0 || (compared === 0 && compareBytes(block.id, best.id) < 0)
}
