import { signStatement } from '@telltale/core'
import { decodeVote, encodeVote, voteFields } from '@telltale/ledger'
import type { Vote } from '@telltale/ledger'
import type { Accomplice, Misconduct } from './misconduct.ts'
import { createWhisper, halves } from './whisper.ts'

/** Votes for two blocks of one height: one half of the others hears of one, the other half of the other. */
export function createDoubleVoter(): Misconduct {
  const whisper = createWhisper()
  let node: Accomplice | null = null
  let count = 0
  return {
    name: 'double-voter',
    get count() {
      return count
    },
    transport: whisper.transport,
    exchange: (honest) => ({
      ...honest,
      publish(topic, bytes) {
        if (topic !== 'vote' || !node) return honest.publish(topic, bytes)
        const [some, others] = halves(honest.peers())
        const tell = async (accomplice: Accomplice): Promise<void> => {
          const vote = decodeVote(bytes)
          const other = await signVote(accomplice, vote, { targetId: otherTarget(accomplice, vote) })
          whisper.to(some, () => honest.publish(topic, bytes))
          whisper.to(others, () => honest.publish(topic, encodeVote(other)))
          count += 1
        }
        void tell(node)
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

/** Another block of the height, where one is known; one that nobody has otherwise. */
function otherTarget({ chain, random }: Accomplice, { targetHeight, targetId }: Vote): Uint8Array {
  const others = chain.branches().filter(({ height, id }) => height === targetHeight && id.some((byte, i) => byte !== targetId[i]))
  return others.length > 0 ? random.pick(others).id : random.bytes(32)
}

/** A vote that this authority's own engine would never cast. */
export async function signVote({ ledger, identity }: Accomplice, vote: Vote, change: Partial<Vote>): Promise<Vote> {
  const changed = { ...vote, ...change }
  const { keyNumber, signature } = await signStatement('vote', ledger.network, voteFields(changed), identity.signer)
  return { ...changed, keyNumber, signature }
}
