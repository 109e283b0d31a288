import { equalBytes, judge } from '@telltale/core'
import { blockId, decodeBlock } from '@telltale/ledger'
import type { BranchLog, EngineCore } from './core.ts'
import { decodeKept } from './messages.ts'
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
  if (signing && !isOwnKept && signing.signed.state.sealedHeight > ledger.position.height) signing.unsentHeight = signing.signed.state.sealedHeight
}
