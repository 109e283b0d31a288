import type { BranchBlock } from './branches.ts'
import type { EngineCore } from './core.ts'

type Known = Pick<EngineCore, 'branches' | 'votes'>

/** The newest block of the heaviest branch among those that contain the highest justified block that is known. */
export function chooseHead({ branches, votes }: Known): BranchBlock {
  let justified = branches.root
  for (const block of branches.all()) {
    if (votes.judge(block).isJustified && block.height > justified.height) justified = block
    const below = block.position.finality.justifiedHeight
    if (below > justified.height) justified = branches.path(block).find(({ height }) => height === below) ?? justified
  }
  return branches.heaviest(justified)
}

/** The highest block that is final and not committed yet: by the votes that blocks carry, or by those that came by themselves. Null where there is none. */
export function findFinal({ branches, votes }: Known): BranchBlock | null {
  let found: BranchBlock | null = null
  for (const block of branches.all()) {
    const { finalHeight } = block.position.finality
    const height = Math.max(finalHeight, votes.judge(block).isParentFinal ? block.height - 1 : 0)
    if (height <= (found?.height ?? branches.root.height)) continue
    found = branches.path(block).find((one) => one.height === height) ?? found
  }
  return found
}
