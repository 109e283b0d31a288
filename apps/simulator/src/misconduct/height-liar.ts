import { decodeQuestion, encodeFullBlocks, encodeHeadAnswer } from '@telltale/consensus'
import type { Accomplice, Misconduct } from './misconduct.ts'

/** Says that it stands far above everybody, and has no block to show for it. */
export function createHeightLiar(): Misconduct {
  let node: Accomplice | null = null
  let count = 0
  return {
    name: 'height-liar',
    get count() {
      return count
    },
    participant: (honest) => ({
      ...honest,
      async onQuestion(peer, bytes) {
        const { kind } = decodeQuestion(bytes)
        if (!node || (kind !== 'head' && kind !== 'range')) return honest.onQuestion(peer, bytes)
        count += 1
        if (kind === 'head') return encodeHeadAnswer({ height: 1_000_000 + node.random.below(1000), id: node.random.bytes(32), finalHeight: 1_000_000 })
        return node.random.chance(0.5) ? encodeFullBlocks([]) : honest.onQuestion(peer, bytes)
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
