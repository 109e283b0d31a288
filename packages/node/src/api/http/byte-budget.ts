import { fail } from '@telltale/core'

/** Bytes that may be held at once for all requests together: however many connect, memory stays bounded. */
export interface ByteBudget {
  readonly used: number
  /** Takes `bytes` or refuses (`busy`). */
  take(bytes: number): void
  give(bytes: number): void
}

export function createByteBudget(most: number): ByteBudget {
  let used = 0
  return {
    get used() {
      return used
    },
    take(bytes) {
      if (used + bytes > most) throw fail('busy', 'The node holds as many bytes of requests and answers as it may; try again in a moment.', { expected: `at most ${most} bytes at once`, found: String(used + bytes) })
      used += bytes
    },
    give(bytes) {
      used -= bytes
    },
  }
}
