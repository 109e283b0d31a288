import { fail } from '@telltale/core'

/** Runs one after the other; whoever would wait behind too many is told to come back (`busy`). */
export function createTurns(waitingMax: number, message: string): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return async (run) => {
    if (waiting > waitingMax) throw fail('busy', message, { expected: `at most ${waitingMax} waiting`, found: String(waiting) })
    waiting += 1
    const turn = last.then(run, run)
    last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      waiting -= 1
    }
  }
}
