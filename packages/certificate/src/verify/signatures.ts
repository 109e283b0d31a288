import { isValidSignature } from '@telltale/core'
import type { Primitives, SignatureCheck, TelltaleError } from '@telltale/core'
import { SIGNATURE_BATCH } from '../limits.ts'

/** A signature that has to hold, and what to say where it does not. */
export interface RequiredSignature {
  check: SignatureCheck
  refusal(): TelltaleError
}

/** Checks signatures in batches, as they come: where the platform verifies beside us, on every core. Throws the refusal of the first that does not hold. */
export async function requireSignatures(required: Iterable<RequiredSignature>, primitives: Primitives): Promise<void> {
  let batch: RequiredSignature[] = []
  for (const item of required) {
    batch.push(item)
    if (batch.length < SIGNATURE_BATCH) continue
    await requireBatch(batch, primitives)
    batch = []
  }
  await requireBatch(batch, primitives)
}

async function requireBatch(batch: RequiredSignature[], primitives: Primitives): Promise<void> {
  const held = await Promise.all(batch.map(async ({ check }) => isValidSignature(check, primitives)))
  const failed = batch.find((_, i) => held[i] !== true)
  if (failed) throw failed.refusal()
}
