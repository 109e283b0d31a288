import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { TelltaleError, fail } from '@telltale/core'
import type { Chain } from '@telltale/consensus'
import { decodeBlock } from '@telltale/ledger'
import type { Ledger } from '@telltale/ledger'
import { dropOldAttachments } from '../upkeep/old-attachments.ts'
import type { OldDropped } from '../upkeep/old-attachments.ts'

/** Drops what the network keeps no longer while a node runs, a little at a time. */
export interface RetentionKeeper {
  /** Does so now, however little it is; after what is under way (`stopping`). */
  dropNow(): Promise<OldDropped>
  /** Ends what is under way between two steps. */
  stop(): Promise<void>
}

/** Each pass reads all younger blocks, so one is due when the oldest attachments are older than they need be by this part of the retention. */
const LATE_RATIO = 1 / 16
/** Work at a time, and how much longer than that it then rests. */
const SLICE_MS = 10
const REST_RATIO = 3

export function createRetentionKeeper({ ledger, chain, log }: { ledger: Ledger; chain: Pick<Chain, 'onCertified'>; log: FastifyBaseLogger }): RetentionKeeper {
  const stopped = new AbortController()
  let last: Promise<unknown> = Promise.resolve()
  let isBusy = false
  /** Time of the first block that was not looked through. */
  let oldestMs: number | null = null

  const pass = (restRatio: number): Promise<OldDropped> => {
    const done = last.then(async () => {
      stopped.signal.throwIfAborted()
      const dropped = await dropOldAttachments(ledger, { signal: stopped.signal, rest: createRest(restRatio, stopped.signal) })
      oldestMs = null
      if (dropped.attachments > 0) log.info({ attachments: dropped.attachments, bytes: dropped.bytes, upTo: dropped.upTo }, 'dropped attachments that the network keeps no longer')
      return dropped
    })
    last = done.catch(() => undefined)
    return done
  }

  const consider = async (): Promise<void> => {
    const { height, timeMs } = ledger.position
    const { retentionMs } = ledger.parameters(height + 1)
    if (retentionMs === null) return
    const first = ledger.store.droppedUpTo + 1
    if (first > height) return
    oldestMs ??= decodeBlock((await ledger.store.readBlock(first)).bytes).header.timeMs
    if (oldestMs + retentionMs * (1 + LATE_RATIO) <= timeMs) await pass(REST_RATIO)
  }
  const wake = (): void => {
    if (isBusy || stopped.signal.aborted) return
    isBusy = true
    void consider().then(
      () => void (isBusy = false),
      (error: unknown) => {
        // It stays busy: what failed once would fail after each block, and fill the log.
        if (!stopped.signal.aborted) log.error({ code: error instanceof TelltaleError ? error.code : 'internal-error', err: error }, 'attachments could not be dropped; the node tries again when it is started again')
      },
    )
  }
  const unsubscribe = chain.onCertified(wake)
  wake()
  return {
    dropNow: () => pass(0),
    async stop() {
      unsubscribe()
      stopped.abort(fail('stopping', 'The node is stopping; ask again when it is back.'))
      await last
    },
  }
}

function createRest(ratio: number, signal: AbortSignal): () => Promise<void> {
  let sinceMs = performance.now()
  return async () => {
    const workedMs = performance.now() - sinceMs
    if (workedMs < SLICE_MS) return
    await sleep(workedMs * ratio, undefined, { signal }).catch(() => undefined)
    sinceMs = performance.now()
  }
}
