/** Lets so many do their work at once; others wait for their turn, in order. */
export interface Turns {
  /** Resolves when it is one's turn, to what ends it; rejects with the reason of the signal where that comes first. */
  take(signal: AbortSignal): Promise<() => void>
}

export function createTurns(count: number): Turns {
  const waiting: (() => void)[] = []
  let free = count
  const end = (): void => {
    const next = waiting.shift()
    if (next) next()
    else free += 1
  }
  return {
    take(signal) {
      if (free > 0) {
        free -= 1
        return Promise.resolve(end)
      }
      const turn = Promise.withResolvers<() => void>()
      const begin = (): void => {
        signal.removeEventListener('abort', giveUp)
        turn.resolve(end)
      }
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(begin), 1)
        turn.reject(signal.reason)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      waiting.push(begin)
      return turn.promise
    },
  }
}
