import type { EngineClock } from '../../src/chain/many/core.ts'

/** Time that passes only when a test lets it. */
export interface SimulatedClock extends EngineClock {
  /** Runs what is due until `ms` have passed, letting everything that was started come to rest in between. */
  run(ms: number): Promise<void>
}

interface Timer {
  atMs: number
  order: number
  run(): void
}

/** Promises that were settled run, and those that they settle: nothing in a simulation waits for a disk or a thread. */
async function rest(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
}

export function createSimulatedClock(startMs: number): SimulatedClock {
  let nowMs = startMs
  let count = 0
  let timers: Timer[] = []
  return {
    nowMs: () => nowMs,
    after(ms, run) {
      const timer = { atMs: nowMs + Math.max(0, ms), order: count++, run }
      timers.push(timer)
      return () => void (timers = timers.filter((other) => other !== timer))
    },
    async run(ms) {
      const endMs = nowMs + ms
      await rest()
      for (;;) {
        const next = timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
        if (!next) break
        timers = timers.filter((other) => other !== next)
        nowMs = next.atMs
        next.run()
        await rest()
      }
      nowMs = endMs
    },
  }
}
