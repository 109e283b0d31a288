import type { Misconduct } from './misconduct.ts'

/** Minutes back and ahead, within what others bear and beyond it. */
const SKEWS_MS = [-60_000, 60_000, 119_000, 600_000]

/** Signs with a clock that is minutes wrong. */
export function createSkewedClock(seed: number): Misconduct {
  const skewMs = SKEWS_MS[seed % SKEWS_MS.length] as number
  let count = 0
  return {
    name: 'skewed-clock',
    get count() {
      return count
    },
    clock: (honest) => ({ nowMs: () => honest.nowMs() + skewMs, after: honest.after }),
    exchange: (honest) => ({
      ...honest,
      publish(topic, bytes) {
        count += 1
        honest.publish(topic, bytes)
      },
    }),
    start: () => undefined,
    stop: () => undefined,
  }
}
