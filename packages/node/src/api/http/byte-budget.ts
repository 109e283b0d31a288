import { fail } from '@telltale/core'
import type { TelltaleError } from '@telltale/core'

/** Bytes that may be held at once for all requests together: however many connect, memory stays bounded, and one address cannot take all of it. */
export interface ByteBudget {
  readonly used: number
  /** Takes `bytes` for an address or refuses (`busy`). */
  take(address: string, bytes: number): void
  give(address: string, bytes: number): void
}

export function createByteBudget(most: number, mostOfOne: number): ByteBudget {
  let used = 0
  const byAddress = new Map<string, number>()
  return {
    get used() {
      return used
    },
    take(address, bytes) {
      const own = (byAddress.get(address) ?? 0) + bytes
      if (own > mostOfOne) throw busy('of this address', mostOfOne, own)
      if (used + bytes > most) throw busy('of all', most, used + bytes)
      used += bytes
      byAddress.set(address, own)
    },
    give(address, bytes) {
      if (bytes === 0) return
      used -= bytes
      const own = (byAddress.get(address) ?? 0) - bytes
      if (own > 0) byAddress.set(address, own)
      else byAddress.delete(address)
    },
  }
}

function busy(whose: string, most: number, found: number): TelltaleError {
  return fail('busy', `The node holds as many bytes of requests and answers ${whose} as it may; try again in a moment.`, { expected: `at most ${most} bytes at once`, found: String(found) })
}
