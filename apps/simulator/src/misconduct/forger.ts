import { decodeAnnouncement } from '@telltale/consensus'
import { bytesToHex, portable } from '@telltale/core'
import { blockId, bodyHash, decodeVote, encodeVote } from '@telltale/ledger'
import type { Block, BlockHeader } from '@telltale/ledger'
import type { Accomplice, Misconduct } from './misconduct.ts'
import { answerForTwins, makeTwin } from './twin-block.ts'
import type { TwinBlock } from './twin-block.ts'

type Change = (block: Block, accomplice: Accomplice) => { header: BlockHeader; transactions?: Uint8Array[]; votes?: Block['votes'] }

const broken = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte))

/** What is wrong with a forged block: its seal, its roots, a transaction that fails, a vote nobody cast. */
const FORGERIES: Change[] = [
  ({ header }) => ({ header }),
  ({ header }) => ({ header: { ...header, stateRoot: broken(header.stateRoot) } }),
  ({ header, transactions, votes }, { primitives }) => {
    const twice = [...transactions, ...transactions]
    return { header: { ...header, size: header.size + transactions.length, bodyHash: bodyHash(twice, votes, primitives) }, transactions: twice }
  },
  ({ header, transactions, votes }, { primitives }) => {
    const forged = votes.map((vote) => ({ ...vote, signature: broken(vote.signature) }))
    return { header: { ...header, bodyHash: bodyHash(transactions, forged, primitives) }, votes: forged }
  },
]

/** Tells of blocks and votes that do not hold instead of its own. */
export function createForger(): Misconduct {
  const twins: TwinBlock[] = []
  const told = new Set<string>()
  let node: Accomplice | null = null
  let count = 0
  return {
    name: 'forger',
    get count() {
      return count
    },
    participant: (honest) => answerForTwins(honest, twins),
    exchange: (honest) => ({
      ...honest,
      publish(topic, bytes) {
        if (!node || (topic !== 'block' && topic !== 'vote') || node.random.chance(0.5)) return honest.publish(topic, bytes)
        count += 1
        if (topic === 'vote') {
          const vote = decodeVote(bytes)
          return honest.publish(topic, encodeVote({ ...vote, signature: broken(vote.signature) }))
        }
        const tell = async (accomplice: Accomplice): Promise<void> => {
          const id = blockId(decodeAnnouncement(bytes).headerBytes, portable)
          const forgery = accomplice.random.below(FORGERIES.length)
          const twin = await makeTwin(accomplice, id, (block) => FORGERIES[forgery]!(block, accomplice), forgery !== 0)
          if (!twin || told.has(bytesToHex(twin.announcement))) return
          told.add(bytesToHex(twin.announcement))
          twins.push(twin)
          honest.publish(topic, twin.announcement)
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
