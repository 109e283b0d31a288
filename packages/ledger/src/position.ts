import type { Cbor, Frontier, StateTree } from '@telltale/core'
import type { Ancestor, Finality } from './finality/finality.ts'
import type { StateReader } from './state/base.ts'
import type { Growth, TreeHead } from './tree-growth.ts'

/** Bytes that an organisation's people and devices added in a window of time. */
export interface QuotaUse {
  window: number
  bytes: number
}

/** The ledger as it stands after a block: everything that executing the next one looks at. Values only; a losing branch is dropped. */
export interface Position {
  height: number
  id: Uint8Array
  timeMs: number
  /** Log of all transactions. */
  log: Frontier
  stateTree: StateTree
  state: StateReader
  /** Where a stream's record or note tree stands. */
  head(kind: TreeKind, stream: string): TreeHead
  has(transactionId: Uint8Array): boolean
  quota(account: string): QuotaUse | null
  /** What the votes in this branch have made of it. */
  finality: Finality
  /** A block of this branch, itself included; null where there is none of this height. */
  ancestor(height: number): Ancestor | null
}

export type TreeKind = 'records' | 'notes'

/** Leaves that a block adds to one stream's tree. */
export interface TreeGrowth {
  kind: TreeKind
  stream: string
  entries: { entry: Cbor[]; logIndex: number }[]
}

/** A stream's tree after a block. */
export interface GrownTree {
  kind: TreeKind
  stream: string
  root: Uint8Array
  growth: Growth
}
