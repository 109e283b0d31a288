import type { CertifiedHead } from '../certifier.ts'
import type { EngineCore } from './core.ts'

/** Since when something does not go on, where that takes longer than it should; null where it does not. */
export interface Delays {
  /** A transaction that could stand in a block waits for one. */
  blockSinceMs: number | null
  /** A block with transactions waits to become final. */
  finalSinceMs: number | null
  /** A final block with transactions waits for its cosignatures. */
  certifiedSinceMs: number | null
}

/** Transactions that are tried: one that waits for an earlier one of its sender holds nobody up. */
const TRIED_MAX = 256

/** What has stood still for more than `patienceMs`. */
export function findDelays({ ledger, clock, branches, waiting, head }: EngineCore, certified: CertifiedHead | null, patienceMs: number): Delays {
  const nowMs = clock.nowMs()
  const isLong = (sinceMs: number): boolean => nowMs - sinceMs > patienceMs
  const open = branches.path(head).find(({ content }) => content !== null && content.execution.transactions.length > 0)
  const isCertified = ledger.position.log.size <= (certified?.checkpoint.size ?? 0)
  return {
    blockSinceMs: isLong(head.arrivedMs) ? waitingSince() : null,
    finalSinceMs: open && isLong(open.arrivedMs) ? open.arrivedMs : null,
    certifiedSinceMs: !isCertified && isLong(branches.root.arrivedMs) ? branches.root.arrivedMs : null,
  }

  function waitingSince(): number | null {
    const overdue = waiting.inOrder().filter(({ checked, arrivedMs }) => isLong(arrivedMs) && !head.position.has(checked.read.id))
    const stuck = overdue.slice(0, TRIED_MAX).filter(({ checked }) => ledger.check(checked.read, nowMs, head.position) === null)
    return stuck.length === 0 ? null : Math.max(head.arrivedMs, Math.min(...stuck.map(({ arrivedMs }) => arrivedMs)))
  }
}
