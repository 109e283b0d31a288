import { decodeVote, encodeVote } from '@telltale/ledger'
import { signVote } from './double-voter.ts'
import type { Accomplice, Misconduct } from './misconduct.ts'

/** Casts, after each vote, one that begins below it and ends above it, or one within it. */
export function createSurroundVoter(): Misconduct {
  let node: Accomplice | null = null
  let count = 0
  return {
    name: 'surround-voter',
    get count() {
      return count
    },
    exchange: (honest) => ({
      ...honest,
      publish(topic, bytes) {
        honest.publish(topic, bytes)
        if (topic !== 'vote' || !node) return
        const surround = async (accomplice: Accomplice): Promise<void> => {
          const vote = decodeVote(bytes)
          const { sourceHeight, targetHeight } = vote
          if (sourceHeight === 0 && targetHeight < 3) return
          const by = sourceHeight === 0 ? 1 : -1
          const sourceId = accomplice.ledger.position.ancestor(sourceHeight + by)?.id ?? accomplice.random.bytes(32)
          const change = { sourceHeight: sourceHeight + by, sourceId, targetHeight: targetHeight - by, targetId: accomplice.random.bytes(32) }
          honest.publish(topic, encodeVote(await signVote(accomplice, vote, change)))
          count += 1
        }
        void surround(node)
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
