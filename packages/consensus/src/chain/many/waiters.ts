import { bytesToMapKey } from '@telltale/core'
import type { Execution } from '@telltale/ledger'
import type { Certified } from '../pool.ts'

/** Whoever waits until a transaction is certified. */
export interface Waiters {
  wait(id: Uint8Array): Promise<Certified>
  /** A block became final. */
  onFinal(execution: Execution): void
  /** Everything below this size of the log is certified. */
  onCertified(size: number): void
  reject(id: Uint8Array, error: unknown): void
  rejectAll(error: unknown): void
}

interface Waiter {
  resolve(certified: Certified): void
  reject(error: unknown): void
}

export function createWaiters(): Waiters {
  const waiting = new Map<string, Waiter[]>()
  const final: { certified: Certified; waiters: Waiter[] }[] = []
  return {
    wait: (id) =>
      new Promise((resolve, reject) => {
        const key = bytesToMapKey(id)
        waiting.set(key, [...(waiting.get(key) ?? []), { resolve, reject }])
      }),
    onFinal({ transactions, size, height }) {
      const first = size - transactions.length
      transactions.forEach(({ id }, i) => {
        const waiters = waiting.get(bytesToMapKey(id))
        if (!waiters) return
        waiting.delete(bytesToMapKey(id))
        final.push({ certified: { id, index: first + i, height }, waiters })
      })
    },
    onCertified(size) {
      while (final[0] && final[0].certified.index < size) {
        const { certified, waiters } = final.shift()!
        for (const { resolve } of waiters) resolve(certified)
      }
    },
    reject(id, error) {
      const key = bytesToMapKey(id)
      for (const { reject } of waiting.get(key) ?? []) reject(error)
      waiting.delete(key)
    },
    rejectAll(error) {
      for (const waiters of waiting.values()) for (const { reject } of waiters) reject(error)
      for (const { waiters } of final) for (const { reject } of waiters) reject(error)
      waiting.clear()
      final.length = 0
    },
  }
}
