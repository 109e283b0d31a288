import { cosign, encodeCosignature } from '@telltale/core'
import type { AuthoritySet, Checkpoint, Cosignature, Primitives, Signer } from '@telltale/core'
import { decodeBlock } from '@telltale/ledger'
import type { Execution, Ledger } from '@telltale/ledger'
import { findSignedLoss, signedLossError } from './signed-loss.ts'
import type { SignedLoss } from './signed-loss.ts'

/** A checkpoint with the signatures of more than two thirds of its authorities. */
export interface CertifiedHead {
  checkpoint: Checkpoint
  /** The authorities in force at its height. */
  set: AuthoritySet
  /** In the order of the set. */
  cosignatures: Cosignature[]
  /** Of authorities that had left the set by then, where it changed: for those who trust the set before. */
  leavers: Cosignature[]
}

/**
 * Signs checkpoints, each extending the last. What is signed is written when the block is synced, so the file is never ahead of an unharmed store,
 * and nobody sees a signature before the file is synced.
 */
export interface Certifier {
  readonly head: CertifiedHead | null
  /** What was signed and is lost, until the block that tells of it is certified; null where nothing is. */
  readonly loss: SignedLoss | null
  certify(checkpoint: Checkpoint, blockId: Uint8Array): Promise<void>
}

interface CertifierComponents {
  ledger: Ledger
  signer: Signer
  address: string
  primitives: Primitives
  clock: { nowMs(): number }
  acceptLoss?: boolean
}

/**
 * Refuses a store that does not reach what was signed (`signed-state-lost`); certifies a block that a crash left uncertified. With `acceptLoss` it goes on after a
 * loss: nothing is signed until the next block, which has to tell of it, and the file is lowered only when that block is durable.
 */
export async function createCertifier({ ledger, signer, address, primitives, clock, acceptLoss = false }: CertifierComponents): Promise<Certifier> {
  const { store } = ledger
  let head: CertifiedHead | null = null
  let loss = await findSignedLoss(ledger, primitives)
  if (loss && !acceptLoss) throw signedLossError(loss)
  const release = async (checkpoint: Checkpoint, cosignature: Cosignature): Promise<void> => {
    await store.keep('cosignature', encodeCosignature(checkpoint, signer.publicKey.algorithm, cosignature))
    head = { checkpoint, set: ledger.authorities(checkpoint.height), cosignatures: [cosignature], leavers: [] }
  }
  const certify = async (checkpoint: Checkpoint, blockId: Uint8Array): Promise<void> => {
    const { height, size, logRoot } = checkpoint
    const issuedAtSeconds = Math.max(Math.floor(clock.nowMs() / 1000), store.signed?.issuedAtSeconds ?? 0)
    const writing = store.writeSigned({ sealedHeight: height, sealedId: blockId, size, logRoot, issuedAtSeconds }, { acceptLoss: loss !== null })
    // Signing takes as long as a fast disk: it goes on while the file is synced. If either fails, the signature is dropped.
    const signing = new Promise(setImmediate).then(() => cosign(checkpoint, address, issuedAtSeconds, signer))
    await Promise.allSettled([writing, signing])
    await writing
    loss = null
    await release(checkpoint, await signing)
  }
  const { signed } = store
  if (!loss && signed && ledger.position.height > 0) {
    const { id, bytes } = await store.readBlock(ledger.position.height)
    const checkpoint = checkpointOf(ledger.network, decodeBlock(bytes).header)
    if (signed.size < checkpoint.size) await certify(checkpoint, id)
    else await release(checkpoint, await cosign(checkpoint, address, signed.issuedAtSeconds, signer))
  }
  return {
    get head() {
      return head
    },
    get loss() {
      return loss
    },
    certify,
  }
}

export function checkpointOf(network: Uint8Array, roots: Pick<Execution, 'height' | 'size' | 'logRoot' | 'stateRoot' | 'setHash'>): Checkpoint {
  const { height, size, logRoot, stateRoot, setHash } = roots
  return { network, height, size, logRoot, stateRoot, setHash }
}
