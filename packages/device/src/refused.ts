import type { RefusedTransaction } from '@telltale/core'

/** Where refused transactions are kept: what they held may be all there is of it. */
export interface RefusedStorage {
  /** Returns when it survives a loss of power; keeping the same again changes nothing. */
  keep(refused: RefusedTransaction): Promise<void>
}
