import { equalBytes, judge } from '@telltale/core'
import { blockId, decodeBlock } from '@telltale/ledger'
import type { BranchLog, EngineCore } from './core.ts'
import { decodeKept } from './messages.ts'
import { UNKNOWN_BLOCK } from './signed-file.ts'
import type { FullBlock } from './messages.ts'

/** Takes the blocks that were kept when this node stopped: as if a peer had sent them. What cannot be taken any more is asked for again. */
export async function takeKept({ ledger, primitives, signing }: EngineCore, branchLog: BranchLog, receive: (full: FullBlock) => Promise<unknown>): Promise<void> {
  let isOwnKept = false
  for (const bytes of await branchLog.load()) {
    const full = judge(() => decodeKept(bytes))
    if (!full.ok) continue
    const id = blockId(decodeBlock(full.value.bytes).headerBytes, primitives)
    if (signing && equalBytes(id, signing.signed.state.sealedId)) isOwnKept = true
    await receive(full.value).catch(() => false)
  }
  if (!signing || isOwnKept || signing.signed.state.sealedHeight <= ledger.position.height) return
  if (branchLog.isWhole && !equalBytes(signing.signed.state.sealedId, UNKNOWN_BLOCK)) signing.unsentHeight = signing.signed.state.sealedHeight
  // It may have been kept and have left: from now on that is not known any more.
  else await signing.signed.write(() => ({ sealedId: UNKNOWN_BLOCK }))
}
