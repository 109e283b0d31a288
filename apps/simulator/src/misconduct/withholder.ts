import type { Accomplice, Misconduct } from './misconduct.ts'

const LATE_MS_MAX = 20_000

/** Seals, votes and cosigns, and tells of it late or not at all. */
export function createWithholder(): Misconduct {
  let node: Accomplice | null = null
  let count = 0
  return {
    name: 'withholder',
    get count() {
      return count
    },
    exchange: (honest) => ({
      ...honest,
      publish(topic, bytes) {
        if (topic === 'transaction' || !node || node.random.chance(0.3)) return honest.publish(topic, bytes)
        count += 1
        const teller = node
        if (teller.random.chance(0.7)) teller.clock.after(teller.random.below(LATE_MS_MAX), () => void (node === teller && honest.publish(topic, bytes)))
      },
    }),
    start(accomplice) {
      node = accomplice
    },
    stop() {
      node = null
    },
  }
}
