/** Runs tasks one after the other, in the order in which they came; one that fails does not stop the next. */
export interface TaskQueue {
  run<T>(task: () => Promise<T>): Promise<T>
  /** When all that were asked for before have ended. */
  idle(): Promise<void>
}

export function createTaskQueue(): TaskQueue {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run: (task) => {
      const result = last.then(task)
      last = result.catch(() => undefined)
      return result
    },
    idle: async () => {
      await last
    },
  }
}
