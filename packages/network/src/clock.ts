/** Time as this package sees it, so that a simulation can drive it. */
export interface Clock {
  nowMs(): number
  /** Runs `run` once after `ms`; what it returns takes that back. */
  after(ms: number, run: () => void): () => void
}

/** The clock of the machine. Its timers keep no process alive. */
export const systemClock: Clock = {
  nowMs: () => performance.timeOrigin + performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
