import { bytesToHex, bytesToMapKey, compareBytes, fail } from '@telltale/core'
import { blockId, highestId, withNonce } from '@telltale/ledger'
import type { Primitives, TelltaleError } from '@telltale/core'
import type { BranchBlock } from './branches.ts'
import type { Draft } from './draft.ts'
import { DRAFTS_MAX, DRAFT_FRESH_MS } from './limits.ts'
import type { Miner } from './miner.ts'

/** Work that is wanted: a nonce, the last 8 bytes of the header, under which the header's SHA-256 times the difficulty is below 2^256. */
export interface Work {
  /** Names it when it is brought back. */
  id: Uint8Array
  headerBytes: Uint8Array
  height: number
  difficulty: number
}

/** Where the work for this node's next block is done: by its own miner, by whoever fetches it, or both. */
export interface WorkBench {
  readonly work: Work | null
  /** How long it will do before a newer one, with what came since, is better. */
  freshMs(): number
  /** Begins on a draft in place of the one before. */
  begin(draft: Draft): void
  /** Drops what stands on another block; without one, everything. */
  keepTo(head: BranchBlock | null): void
  /** The draft that somebody's work is for (`stale-work`, `insufficient-work`). */
  check(id: Uint8Array, nonce: Uint8Array): Draft
}

interface WorkBenchInit {
  miner: Miner | null
  primitives: Primitives
  clock: { nowMs(): number }
  onSolved(draft: Draft, nonce: Uint8Array): void
}

export function createWorkBench({ miner, primitives, clock, onSolved }: WorkBenchInit): WorkBench {
  // Work on an older draft on the same head still makes a block.
  let drafts: Draft[] = []
  let begunMs = 0
  let running: AbortController | null = null
  const work = async (draft: Draft, by: Miner, { signal }: AbortController): Promise<void> => {
    const nonce = await by.solve(draft.headerBytes, draft.header.difficulty, signal)
    if (nonce && !signal.aborted) onSolved(draft, nonce)
  }
  const callOff = (): void => {
    running?.abort()
    running = null
  }
  return {
    get work() {
      const draft = drafts.at(-1)
      return draft ? { id: draft.id, headerBytes: draft.headerBytes, height: draft.header.height, difficulty: draft.header.difficulty } : null
    },
    freshMs: () => (drafts.length === 0 ? 0 : Math.max(0, begunMs + DRAFT_FRESH_MS - clock.nowMs())),
    begin(draft) {
      callOff()
      drafts = [...drafts, draft].slice(-DRAFTS_MAX)
      begunMs = clock.nowMs()
      if (!miner) return
      running = new AbortController()
      void work(draft, miner, running)
    },
    keepTo(head) {
      if (drafts.length === 0 || drafts[0]!.parent === head) return
      drafts = []
      callOff()
    },
    check(id, nonce) {
      const draft = drafts.find((one) => bytesToMapKey(one.id) === bytesToMapKey(id))
      if (!draft) throw staleWork('work for the newest block: fetch it again')
      const found = blockId(withNonce(draft.headerBytes, nonce), primitives)
      const highest = highestId(draft.header.difficulty)
      if (compareBytes(found, highest) > 0) throw fail('insufficient-work', 'The nonce does not show the work that is asked for.', { expected: `an id up to ${bytesToHex(highest)}`, found: bytesToHex(found) })
      return draft
    },
  }
}

export function staleWork(expected: string): TelltaleError {
  return fail('stale-work', 'The work is for a block that is not wanted any more.', { expected, found: 'work for another one' })
}
