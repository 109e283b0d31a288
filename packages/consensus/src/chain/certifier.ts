import { bytesToHex, cosign, encodeCosignature, equalBytes, fail } from '@telltale/core'
import type { Checkpoint, Cosignature, Signer } from '@telltale/core'
import { decodeBlock } from '@telltale/ledger'
import type { Execution, Ledger } from '@telltale/ledger'

/** A checkpoint and the lone authority's signature on it. */
export interface CertifiedHead {
  checkpoint: Checkpoint
  cosignature: Cosignature
}

/**
 * Signs checkpoints, each extending the last. What was signed is written when the block is synced and before the signature exists,
 * so the file is never ahead of an unharmed store.
 */
export interface Certifier {
  readonly head: CertifiedHead | null
  certify(checkpoint: Checkpoint, blockId: Uint8Array): Promise<void>
}

interface CertifierComponents {
  ledger: Ledger
  signer: Signer
  address: string
  clock: { nowMs(): number }
}

/** Refuses a store that does not reach what was signed (`signed-state-lost`); certifies a block that a crash left uncertified. */
export async function createCertifier({ ledger, signer, address, clock }: CertifierComponents): Promise<Certifier> {
  const { store } = ledger
  let head: CertifiedHead | null = null
  const sign = async (checkpoint: Checkpoint, issuedAtSeconds: number): Promise<void> => {
    const cosignature = await cosign(checkpoint, address, issuedAtSeconds, signer)
    await store.keep('cosignature', encodeCosignature(checkpoint, signer.publicKey.algorithm, cosignature))
    head = { checkpoint, cosignature }
  }
  const certify = async (checkpoint: Checkpoint, blockId: Uint8Array): Promise<void> => {
    const { height, size, logRoot } = checkpoint
    const issuedAtSeconds = Math.max(Math.floor(clock.nowMs() / 1000), store.signed?.issuedAtSeconds ?? 0)
    await store.writeSigned({ sealedHeight: height, sealedId: blockId, size, logRoot, issuedAtSeconds })
    await sign(checkpoint, issuedAtSeconds)
  }
  const signed = requireSignedState(ledger)
  if (ledger.position.height > 0) {
    const { id, bytes } = await store.readBlock(ledger.position.height)
    const checkpoint = checkpointOf(ledger.network, decodeBlock(bytes).header)
    if (signed.size < checkpoint.size) await certify(checkpoint, id)
    else if (equalBytes(signed.logRoot, checkpoint.logRoot)) await sign(checkpoint, signed.issuedAtSeconds)
    else throw stateLost(`log root ${bytesToHex(signed.logRoot)}`, `log root ${bytesToHex(checkpoint.logRoot)}`)
  }
  return {
    get head() {
      return head
    },
    certify,
  }
}

export function checkpointOf(network: Uint8Array, roots: Pick<Execution, 'height' | 'size' | 'logRoot' | 'stateRoot' | 'setHash'>): Checkpoint {
  const { height, size, logRoot, stateRoot, setHash } = roots
  return { network, height, size, logRoot, stateRoot, setHash }
}

function requireSignedState(ledger: Ledger): NonNullable<Ledger['store']['signed']> {
  const { signed } = ledger.store
  const { height, log } = ledger.position
  if (signed && signed.sealedHeight <= height && signed.size <= log.size) return signed
  throw stateLost(signed ? `height ${signed.sealedHeight}, ${signed.size} transactions` : 'the file of what was signed', `height ${height}, ${log.size} transactions`)
}

function stateLost(expected: string, found: string): Error {
  return fail('signed-state-lost', 'The store does not reach what its authority has signed. Restore the newest backup; if there is none, `telltale store repair --accept-loss` goes on and tells everybody.', { expected, found })
}
