import { decodeAnnouncement } from '@telltale/consensus'
import { portable } from '@telltale/core'
import { blockId } from '@telltale/ledger'
import type { Accomplice, Misconduct } from './misconduct.ts'
import { answerForTwins, makeTwin } from './twin-block.ts'
import type { TwinBlock } from './twin-block.ts'
import { createWhisper, halves } from './whisper.ts'

/** Seals two blocks on one parent, and tells one half of the others of one and the other half of the other. */
export function createEquivocator(): Misconduct {
  const whisper = createWhisper()
  const twins: TwinBlock[] = []
  let node: Accomplice | null = null
  let count = 0
  return {
    name: 'equivocator',
    get count() {
      return count
    },
    transport: whisper.transport,
    participant: (honest) => answerForTwins(honest, twins),
    exchange: (honest) => ({
      ...honest,
      publish(topic, bytes) {
        if (topic !== 'block' || !node) return honest.publish(topic, bytes)
        const [some, others] = halves(honest.peers())
        const tell = async (accomplice: Accomplice): Promise<void> => {
          const id = blockId(decodeAnnouncement(bytes).headerBytes, portable)
          const twin = await makeTwin(accomplice, id, ({ header }) => ({ header: { ...header, timeMs: header.timeMs + 1 } }))
          whisper.to(some, () => honest.publish(topic, bytes))
          if (!twin) return
          twins.push(twin)
          count += 1
          whisper.to(others, () => honest.publish(topic, twin.announcement))
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
