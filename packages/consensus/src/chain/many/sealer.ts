import { isDecidedAlone, leastIntervalMs, networkAt, parametersAt } from '@telltale/ledger'
import type { BranchBlock } from './branches.ts'
import type { EngineCore, Signing } from './core.ts'
import { draftOn, isOpenBelow, ownRight, sealDraft } from './draft.ts'
import type { Draft } from './draft.ts'
import { STEP_MS_MIN, UNFINAL_DEPTH_MAX } from './limits.ts'
import type { Miner } from './miner.ts'
import type { AcceptedBlock } from './receiving.ts'
import { createWorkBench } from './work-bench.ts'
import type { Work } from './work-bench.ts'

/** Decides when this node seals, has the work done where there is some, and seals. */
export interface Sealer {
  /** Something changed: a block, a vote, a transaction. Seals when it is time, or sets a timer for it. */
  consider(): void
  /** What the next block waits for; null where no work is wanted. */
  readonly work: Work | null
  /** Seals with work that was done elsewhere, in the engine's queue (`stale-work`, `insufficient-work`). */
  take(id: Uint8Array, nonce: Uint8Array): Promise<AcceptedBlock>
  stop(): void
}

/** Block times that a sealer waits for votes on the block below: a link that skips a height makes nothing final. */
const VOTES_PATIENCE_BLOCKS = 4
const VOTES_PATIENCE_MS_MIN = 1000
/** Where more blocks are not final than usual, the network is slower than the blocks: several seal one height, and the votes are split, again and again. With each of them a sealer
 * waits twice as long for votes, and for those whose turn comes first, up to so many times as long. */
const UNFINAL_USUAL = 2
const PATIENCE_TIMES_MAX = 8

interface SealerInit {
  core: EngineCore
  signing: Signing
  miner: Miner | null
  /** Runs in the engine's queue. */
  enqueue(task: () => Promise<void>): void
  /** Takes what was sealed, in the engine's queue. */
  accept(sealed: AcceptedBlock): Promise<void>
}

export function createSealer({ core, signing, miner, enqueue, accept }: SealerInit): Sealer {
  let cancel: (() => void) | null = null
  let wantedSince: { head: BranchBlock; sinceMs: number } | null = null
  let isSealing = false
  let isStopped = false
  const bench = createWorkBench({
    miner,
    primitives: core.primitives,
    clock: core.clock,
    // Whatever a miner answers is looked at like what came from outside; the head may have moved meanwhile.
    onSolved: (draft, nonce) => enqueue(async () => {
      if (draft.parent === core.head) await accept(await finish(bench.check(draft.id, nonce), nonce))
    }),
  })

  const dueMs = (): number | null => {
    const { head, branches, clock } = core
    const height = head.height + 1
    const network = networkAt(head.position)
    const parameters = parametersAt(network, height)
    const { blockMs, sealers } = parameters
    const right = ownRight(signing, head)
    if (!right || !(sealers === 'anyone' || mayTakeTurn(signing, height)) || head.height - branches.root.height >= UNFINAL_DEPTH_MAX) return null
    if (!isWanted()) {
      wantedSince = null
      return null
    }
    if (wantedSince?.head !== head) wantedSince = { head, sinceMs: clock.nowMs() }
    const earliest = Math.max(head.position.timeMs + leastIntervalMs(parameters), wantedSince.sinceMs, isDecidedAlone(network, height) ? 0 : votesMs(blockMs))
    return earliest + right.turn * patienceTimes() * Math.max(STEP_MS_MIN, blockMs)
  }

  const patienceTimes = (): number => Math.min(PATIENCE_TIMES_MAX, 2 ** Math.max(0, core.head.height - core.branches.root.height - UNFINAL_USUAL))

  /** Whether a block is wanted: for transactions, or to make those below final. */
  const isWanted = (): boolean => {
    const { head, waiting } = core
    return waiting.some(({ checked }) => !head.position.has(checked.read.id)) || isOpenBelow(core, head)
  }

  /** When the votes for the block below are there, or are not waited for any longer. */
  const votesMs = (blockMs: number): number => {
    const { head, branches, votes } = core
    if (head === branches.root || votes.judge(head).isJustified || !votes.mayBeJustified(head)) return 0
    return head.arrivedMs + patienceTimes() * Math.max(VOTES_PATIENCE_MS_MIN, VOTES_PATIENCE_BLOCKS * blockMs)
  }

  const finish = async (draft: Draft, nonce?: Uint8Array): Promise<AcceptedBlock> => {
    const sealed = await sealDraft(core, signing, draft, nonce)
    bench.keepTo(null)
    return sealed
  }

  const seal = async (): Promise<void> => {
    isSealing = false
    const due = dueMs()
    if (due === null || due > core.clock.nowMs()) return consider()
    const draft = draftOn(core, signing, core.head)
    if (!draft) return
    if (draft.header.difficulty === 1) return accept(await finish(draft))
    bench.begin(draft)
    consider()
  }

  const consider = (): void => {
    cancel?.()
    cancel = null
    const due = isStopped ? null : dueMs()
    bench.keepTo(due === null ? null : core.head)
    if (due === null || isSealing) return
    const waitMs = Math.max(due - core.clock.nowMs(), bench.freshMs())
    // In the engine's queue: a store that fails stops the engine, not the process.
    if (waitMs > 0) cancel = core.clock.after(waitMs, () => enqueue(async () => consider()))
    else {
      isSealing = true
      enqueue(seal)
    }
  }
  return {
    consider,
    get work() {
      return bench.work
    },
    async take(id, nonce) {
      bench.keepTo(core.head)
      return finish(bench.check(id, nonce), nonce)
    },
    stop() {
      isStopped = true
      cancel?.()
      bench.keepTo(null)
    },
  }
}

/** An authority seals a height once, whatever branch it is on, and nothing before it knows what it sealed last. */
function mayTakeTurn({ signed, unsentHeight, isReady }: Signing, height: number): boolean {
  return isReady && (height > signed.state.sealedHeight || height === unsentHeight)
}
