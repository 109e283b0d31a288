/** Random numbers that a seed repeats: a failing test prints its seed and is run again from it. */
export interface SeededRandom {
  readonly seed: number
  /** From 0 up to but not 1. */
  fraction(): number
  /** A whole number from 0 up to but not `below`. */
  below(below: number): number
  chance(probability: number): boolean
  bytes(length: number): Uint8Array
  pick<T>(items: readonly T[]): T
}

/** Mulberry32: 32 bits of state, good enough to choose cases, and the same on every platform. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => next() % limit
  return {
    seed,
    fraction: () => next() / 0x1_0000_0000,
    below,
    chance: (probability) => next() < probability * 0x1_0000_0000,
    bytes: (length) => Uint8Array.from({ length }, () => next() & 255),
    pick: (items) => items[below(items.length)] as (typeof items)[number],
  }
}
