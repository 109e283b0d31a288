import { bytesToAddress, bytesToHex } from '@telltale/core'
import { decodeBlock } from '@telltale/ledger'
import type { Block, Ledger } from '@telltale/ledger'

/** A block in a line. */
export interface BlockSummary {
  height: number
  id: string
  timeMs: number
  /** Transactions in the log after it. */
  size: number
  transactions: number
  bytes: number
  sealer: string
}

/** Lines that are kept, 200 bytes each: lists of blocks do not read the blocks again. */
const KEPT_MAX = 10_000

export interface BlockSummaries {
  of(height: number): Promise<BlockSummary>
  /** The block itself, from 1 on. */
  read(height: number): Promise<{ block: Block; summary: BlockSummary }>
}

export function createBlockSummaries(ledger: Ledger): BlockSummaries {
  const kept = new Map<number, BlockSummary>()
  const read = async (height: number): Promise<{ block: Block; summary: BlockSummary }> => {
    const { id, bytes } = await ledger.store.readBlock(height)
    const block = decodeBlock(bytes)
    const { timeMs, size, sealer } = block.header
    const summary = { height, id: bytesToHex(id), timeMs, size, transactions: block.transactions.length, bytes: bytes.length, sealer: bytesToAddress(sealer) }
    kept.set(height, summary)
    if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value as number)
    return { block, summary }
  }
  return { read, of: async (height) => kept.get(height) ?? (await read(height)).summary }
}
