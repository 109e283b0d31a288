import { decodeVote, encodeVote } from '@telltale/ledger'
import { signVote } from './double-voter.ts'
import type { Accomplice, Misconduct } from './misconduct.ts'

/** Casts, after each vote, one that begins below it and ends above it. */
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
          const below = accomplice.ledger.position.ancestor(vote.sourceHeight - 1)
          if (!below) return
          const change = { sourceHeight: vote.sourceHeight - 1, sourceId: below.id, targetHeight: vote.targetHeight + 1, targetId: accomplice.random.bytes(32) }
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
