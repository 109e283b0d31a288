import { networkAt, parametersAt, setAt } from '@telltale/ledger'
import type { BlockHeader, Position } from '@telltale/ledger'

/** What a branch weighs: first by whose turn its blocks were sealed in, and where that is equal, as it is where anyone may seal, by their work. Never added. */
export interface Weight {
  turns: number
  /** Sum of the difficulties; that of a block without work is 1. */
  work: bigint
}

export const NO_WEIGHT: Weight = { turns: 0, work: 0n }

/** What a block adds to its branch, by the rules of the branch itself. */
export function weightOf({ height, turn, difficulty }: Pick<BlockHeader, 'height' | 'turn' | 'difficulty'>, parent: Position): Weight {
  const network = networkAt(parent)
  const isByTurn = parametersAt(network, height).sealers === 'authorities'
  return { turns: isByTurn ? setAt(network, height).length - turn : 0, work: BigInt(difficulty) }
}

export function addWeights(a: Weight, b: Weight): Weight {
  return { turns: a.turns + b.turns, work: a.work + b.work }
}

/** Above 0 where `a` is heavier. */
export function compareWeights(a: Weight, b: Weight): number {
  if (a.turns !== b.turns) return a.turns - b.turns
  return a.work > b.work ? 1 : a.work < b.work ? -1 : 0
}
