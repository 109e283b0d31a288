import { decodeBlock, genesisPace, paceAfter, readGenesis } from '@telltale/ledger'
import type { Ledger, Pace } from '@telltale/ledger'
import type { Primitives } from '@telltale/core'

/** What the committed blocks say of the work that comes next: the last one and the time of the one below. */
export async function loadPace({ store, position: { height } }: Ledger, primitives: Primitives): Promise<Pace> {
  const paceOf = async (at: number, below: Pace | null): Promise<Pace> => {
    const { bytes } = await store.readBlock(at)
    if (at === 0) return genesisPace((await readGenesis(bytes, primitives)).genesis.timeMs)
    return paceAfter(below ?? genesisPace(0), decodeBlock(bytes).header)
  }
  return height === 0 ? paceOf(0, null) : paceOf(height, await paceOf(height - 1, null))
}
