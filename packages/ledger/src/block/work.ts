import { hexToBytes } from '@telltale/core'
import type { Parameters } from '../parameters.ts'
import type { BlockHeader } from './header.ts'

/** What a branch says of the work that its next block has to show. */
export interface Pace {
  /** Of the newest block; 1 where none was asked for, and of the genesis. */
  difficulty: number
  timeMs: number
  /** Since the block below; null for the genesis, which has none. */
  intervalMs: number | null
}

/** The most that a header can name (uint53). */
const DIFFICULTY_MAX = Number.MAX_SAFE_INTEGER
/** One block moves the difficulty by this share of how far its interval was off: as much as an average over so many blocks. */
const RETARGET_BLOCKS = 8
/** A longer interval counts as so many block times: a network rests when nothing is said, and that is not for lack of work. */
const SLOW_BLOCKS_MAX = 4

/** Least time between two blocks. Where they show work it is half of the time that they take in the mean: below that they would come faster than others hear of them. */
export function leastIntervalMs({ workBits, blockMs }: Pick<Parameters, 'workBits' | 'blockMs'>): number {
  return Math.max(1, workBits > 0 ? Math.ceil(blockMs / 2) : blockMs)
}

export function genesisPace(timeMs: number): Pace {
  return { difficulty: 1, timeMs, intervalMs: null }
}

export function paceAfter(below: Pace, { difficulty, timeMs }: Pick<BlockHeader, 'difficulty' | 'timeMs'>): Pace {
  return { difficulty, timeMs, intervalMs: timeMs - below.timeMs }
}

/**
 * The difficulty of the next block, a function of its branch alone: that of the last one, times 8 / (7 + interval / block time), to the nearest whole number. So a
 * block raises it by at most 1/15 (intervals are at least half a block time) and lowers it by at most 3/11, and it is never below the work that the network asks for.
 * Times only grow along a branch: whoever names one too far ahead lowers it once, by as little, and raises it with the blocks that follow.
 */
export function nextDifficulty({ difficulty, intervalMs }: Pace, { workBits, blockMs }: Pick<Parameters, 'workBits' | 'blockMs'>): number {
  if (workBits === 0) return 1
  const least = 2 ** workBits
  if (intervalMs === null || blockMs === 0) return Math.max(least, difficulty)
  const window = BigInt(RETARGET_BLOCKS * blockMs)
  const measured = BigInt((RETARGET_BLOCKS - 1) * blockMs + Math.min(intervalMs, SLOW_BLOCKS_MAX * blockMs))
  const next = (BigInt(difficulty) * window + measured / 2n) / measured
  return Math.max(least, Number(next > BigInt(DIFFICULTY_MAX) ? BigInt(DIFFICULTY_MAX) : next))
}

/** The highest block id that shows this much work, 32 bytes: id x difficulty < 2^256. */
export function highestId(difficulty: number): Uint8Array {
  const highest = ((1n << 256n) - 1n) / BigInt(difficulty)
  return hexToBytes(highest.toString(16).padStart(64, '0'))
}

/** The header with another nonce, which is its last 8 bytes. */
export function withNonce(headerBytes: Uint8Array, nonce: Uint8Array): Uint8Array {
  const changed = headerBytes.slice()
  changed.set(nonce, changed.length - nonce.length)
  return changed
}
