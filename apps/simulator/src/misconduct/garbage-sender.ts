import type { Topic } from '@telltale/core'
import type { Accomplice, Misconduct } from './misconduct.ts'

const TOPICS: Topic[] = ['block', 'transaction', 'vote', 'cosignature']
const EVERY_MS = 700
const BYTES_MAX = 400

/** Sends bytes that mean nothing under every topic, and answers with them. */
export function createGarbageSender(): Misconduct {
  let node: Accomplice | null = null
  let count = 0
  const send = (): void => {
    const sender = node
    if (!sender) return
    sender.exchange.publish(sender.random.pick(TOPICS), sender.random.bytes(1 + sender.random.below(BYTES_MAX)))
    count += 1
    sender.clock.after(EVERY_MS, () => void (node === sender && send()))
  }
  return {
    name: 'garbage-sender',
    get count() {
      return count
    },
    participant: (honest) => ({
      ...honest,
      async onQuestion(peer, bytes) {
        return node?.random.chance(0.5) ? node.random.bytes(BYTES_MAX) : honest.onQuestion(peer, bytes)
      },
    }),
    start(accomplice) {
      node = accomplice
      send()
    },
    stop() {
      node = null
    },
  }
}
