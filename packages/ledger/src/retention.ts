import type { AttachmentReference } from '@telltale/core'
import type { ReadTransaction } from './call.ts'

/**
 * How long attachments are kept is counted in the time of blocks alone, from the newest final one: every node comes to the same answer, whatever its clock says.
 */

/** Whether a block of this time is older than the network keeps attachments; never where it keeps them for ever. */
export function isPastRetention(blockTimeMs: number, retentionMs: number | null, newestMs: number): boolean {
  return retentionMs !== null && blockTimeMs + retentionMs <= newestMs
}

/** What a transaction in such a block names that may go. What says itself how long it is kept stays until then: a grant opens records that are younger than it. */
export function attachmentsPastRetention({ call, args }: ReadTransaction, blockTimeMs: number, newestMs: number): AttachmentReference[] {
  const keptUntilMs = call.keptUntilMs?.(args, blockTimeMs) ?? 0
  return keptUntilMs <= newestMs ? (call.attachments?.(args) ?? []) : []
}
