interface Timer {
  atMs: number
  order: number
  run: (() => void) | null
}

/** Time that passes only when a test lets it. It has the shape of `Clock` in @telltale/network. */
export class SimulatedClock {
  private timeMs: number
  /** A heap: each timer is due no earlier than the one at half its place. */
  private readonly timers: Timer[] = []
  private order = 0

  constructor(startMs = 1_700_000_000_000) {
    this.timeMs = startMs
  }

  readonly nowMs = (): number => this.timeMs

  readonly after = (ms: number, run: () => void): (() => void) => {
    const timer: Timer = { atMs: this.timeMs + Math.max(0, ms), order: this.order++, run }
    this.push(timer)
    return () => {
      timer.run = null
    }
  }

  /** Lets so much time pass: what is due runs in the order of its time, and what it started and needs no time is done before the next. */
  async pass(ms: number): Promise<void> {
    const endMs = this.timeMs + ms
    await settled()
    while ((this.timers[0]?.atMs ?? Infinity) <= endMs) {
      const { atMs, run } = this.takeFirst()
      if (!run) continue
      this.timeMs = Math.max(this.timeMs, atMs)
      run()
      await settled()
    }
    this.timeMs = endMs
  }

  private push(timer: Timer): void {
    const { timers } = this
    let at = timers.length
    for (; at > 0; at = (at - 1) >> 1) {
      const parent = timers[(at - 1) >> 1] as Timer
      if (isBefore(parent, timer)) break
      timers[at] = parent
    }
    timers[at] = timer
  }

  private takeFirst(): Timer {
    const { timers } = this
    const first = timers[0] as Timer
    const last = timers.pop() as Timer
    if (timers.length === 0) return first
    let at = 0
    for (let child = 1; child < timers.length; child = 2 * at + 1) {
      const right = timers[child + 1]
      if (right && isBefore(right, timers[child] as Timer)) child += 1
      if (isBefore(last, timers[child] as Timer)) break
      timers[at] = timers[child] as Timer
      at = child
    }
    timers[at] = last
    return first
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

/** Everything that waits only for promises has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
