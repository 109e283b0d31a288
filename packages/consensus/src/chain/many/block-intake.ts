import { bytesToHex, equalBytes, fail, isQuorum, isSameAuthority, readCosignature } from '@telltale/core'
import type { Primitives } from '@telltale/core'
import { blockId, cosignerAt, decodeBlock, networkAt, setAt } from '@telltale/ledger'
import type { Ledger, ReadTransaction } from '@telltale/ledger'
import { checkpointOf } from '../certifier.ts'
import { isCosignedBy } from '../set-path.ts'
import type { SignatureVerifier } from '../signature-verifier.ts'
import { createBranches } from './branches.ts'
import type { BranchBlock } from './branches.ts'
import { findFinal } from './fork-choice.ts'
import { BRANCH_BLOCKS_MAX } from './limits.ts'
import type { FullBlock } from './messages.ts'
import { loadPace } from './pace.ts'
import { acceptBlock } from './receiving.ts'
import { weightOf } from './turn.ts'
import { createVoteBook } from './vote-book.ts'
import { createWaitingRoom } from './waiting.ts'

/**
 * Takes the blocks of a network one after the other, from somewhere else than a peer, with every check that those of a peer get. What is shown to be final is committed
 * at once: by a lone authority, by the votes that later blocks carry, or by cosignatures. Nothing is signed.
 */
export interface BlockIntake {
  /** Blocks that were taken and are not shown to be final yet. */
  readonly openCount: number
  /**
   * Takes the next block, the one at `expectedHeight` (`previous-hash-mismatch`). Where this is known already, it has to be the same (`other-history`). `mayLack` says what may be missing. Codes beside: those of
   * `acceptBlock`, `busy`.
   */
  take(block: FullBlock, expectedHeight: number, mayLack: MayLack): Promise<void>
  /** Cosignatures of one block that was taken: more than two thirds make it final (`invalid-signature`, `no-such-block`). */
  takeCosignatures(cosignatures: Uint8Array[]): Promise<void>
}

/** Whether bytes that a transaction of a block of this time names may be missing. */
export type MayLack = (read: ReadTransaction, sha256: Uint8Array, blockTimeMs: number) => boolean

export interface BlockIntakeInit {
  ledger: Ledger
  primitives: Primitives
  verifier: SignatureVerifier
  clock: { nowMs(): number }
}

export async function createBlockIntake({ ledger, primitives, verifier, clock }: BlockIntakeInit): Promise<BlockIntake> {
  const branches = createBranches(ledger, await loadPace(ledger, primitives), clock.nowMs())
  const [waiting, votes] = [createWaitingRoom(), createVoteBook()]
  let tip: BranchBlock = branches.root

  const commitUpTo = async (final: BranchBlock): Promise<void> => {
    for (const block of branches.path(final)) {
      const { execution, bytes, attachments } = block.content!
      await ledger.commit(execution, { height: block.height, id: block.id, bytes }, attachments, true)
      branches.advance(block)
      if (tip === block) tip = branches.root
    }
  }

  const requireSame = async (height: number, id: Uint8Array): Promise<void> => {
    const { id: own } = await ledger.store.readBlock(height)
    if (!equalBytes(own, id)) throw fail('other-history', `Block ${height} is another one here: the file and this directory tell different histories of one network. Keep both, and ask its authorities.`, { expected: bytesToHex(own), found: bytesToHex(id) })
  }

  return {
    get openCount() {
      return branches.size
    },
    async take(full, expectedHeight, mayLack) {
      const block = decodeBlock(full.bytes)
      const { height } = block.header
      const id = blockId(block.headerBytes, primitives)
      if (height !== expectedHeight) throw fail('previous-hash-mismatch', `Block ${height} stands where block ${expectedHeight} should.`, { expected: String(expectedHeight), found: String(height) })
      if (height <= ledger.position.height) return requireSame(height, id)
      if (branches.size >= BRANCH_BLOCKS_MAX) throw fail('busy', 'Too many blocks in a row are not shown to be final.', { expected: `at most ${BRANCH_BLOCKS_MAX}`, found: String(branches.size + 1) })
      const accepted = await acceptBlock({ ledger, primitives, verifier, clock, waiting, votes, mayLack: (read, sha256) => mayLack(read, sha256, block.header.timeMs) }, tip, block, full)
      tip = branches.add(tip, accepted, weightOf(accepted.block.header, tip.position), clock.nowMs())
      const final = findFinal({ branches, votes })
      if (final) await commitUpTo(final)
    },
    async takeCosignatures(cosignatures) {
      const signers = new Set<string>()
      let at: { block: BranchBlock | null; height: number; setSize: number } | null = null
      for (const bytes of cosignatures) {
        const { height, cosignature } = readCosignature(bytes)
        const block = branches.path(tip).find((one) => one.height === height) ?? null
        if (!block && (height < 1 || height > ledger.position.height)) throw fail('no-such-block', `A cosignature of block ${height} comes before its block.`, { expected: `a block up to ${tip.height}`, found: String(height) })
        const header = block ? block.content!.block.header : decodeBlock((await ledger.store.readBlock(height)).bytes).header
        const checkpoint = checkpointOf(ledger.network, header)
        const network = networkAt((block ?? branches.root).position)
        const set = setAt(network, height)
        const authority = cosignerAt(network, height, cosignature)
        if (!authority || !(await isCosignedBy(checkpoint, authority, { bytes, cosignature }, verifier))) throw fail('invalid-signature', `A cosignature of block ${height} does not hold.`, { expected: `a signature of an authority on the roots of block ${height}`, found: cosignature.address })
        if (at !== null && at.height !== height) throw fail('invalid-signature', 'Cosignatures of several blocks stand together.', { expected: `block ${at.height}`, found: `block ${height}` })
        at = { block, height, setSize: set.length }
        if (set.some((one) => isSameAuthority(one, authority))) signers.add(cosignature.address)
      }
      if (at === null) return
      if (at.block && isQuorum(signers.size, at.setSize)) await commitUpTo(at.block)
      // Of a block that is not shown to be final they say nothing that anybody could use.
      if (at.height <= ledger.position.height) for (const bytes of cosignatures) await ledger.store.keep('cosignature', bytes)
    },
  }
}
