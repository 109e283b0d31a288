import { fail } from '@telltale/core'

export interface PausesInit {
  /** Failures that are forgiven. */
  free: number
  /** After these each failure doubles the pause, from a second up to this. */
  pauseMsMax: number
  clock: { nowMs(): number }
}

/** Failures by a key, with pauses that grow. */
export interface Pauses {
  /** How long until `key` may try again; 0 where it may. */
  leftMs(key: string): number
  /** Counts an attempt as failed, before it is known: many at once gain nothing. */
  charge(key: string): void
  /** It did not fail: takes that charge back. */
  refund(key: string): void
  forget(key: string): void
}

const FIRST_PAUSE_MS = 1000
/** After a day without a failure nobody is held to the last. */
const FORGOTTEN_MS = 86_400_000
/** Keys that are counted at once; beyond them the one that failed longest ago is forgotten. */
const KEYS_MAX = 20_000

export function createPauses({ free, pauseMsMax, clock }: PausesInit): Pauses {
  /** The one that failed last stands last. */
  const counted = new Map<string, { failures: number; lastMs: number }>()
  const of = (key: string): { failures: number; lastMs: number } => {
    const known = counted.get(key)
    return known && clock.nowMs() - known.lastMs < FORGOTTEN_MS ? known : { failures: 0, lastMs: 0 }
  }
  const pauseMs = (failures: number): number => (failures < free ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failures - free), pauseMsMax))
  return {
    leftMs(key) {
      const { failures, lastMs } = of(key)
      return Math.max(0, lastMs + pauseMs(failures) - clock.nowMs())
    },
    charge(key) {
      const { failures } = of(key)
      counted.delete(key)
      counted.set(key, { failures: failures + 1, lastMs: clock.nowMs() })
      const [oldest] = counted.keys()
      if (counted.size > KEYS_MAX && oldest !== undefined) counted.delete(oldest)
    },
    refund(key) {
      const known = counted.get(key)
      if (known) known.failures -= 1
    },
    forget: (key) => void counted.delete(key),
  }
}

/** Refuses whoever has to wait (`too-many-attempts`); answers with nothing where nobody has to. */
export function requireNoPause(leftMs: number): void {
  if (leftMs === 0) return
  const seconds = Math.ceil(leftMs / 1000)
  throw fail('too-many-attempts', `Too many attempts to log in failed; try again in ${seconds} s.`, { expected: `a pause of ${seconds} s`, found: 'another attempt' })
}
