import type { EngineClock } from '@telltale/consensus'

/** Time of this machine. */
export const systemClock: EngineClock = {
  nowMs: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
