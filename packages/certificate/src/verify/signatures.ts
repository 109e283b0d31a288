import { checkPublicKey, isValidSignature } from '@telltale/core'
import type { Primitives, PublicKey, SignatureCheck, TelltaleError } from '@telltale/core'
import { SIGNATURE_BATCH } from '../limits.ts'

/** A signature that has to hold, and what to say where it does not. */
export interface RequiredSignature {
  check: SignatureCheck
  refusal(): TelltaleError
}

/** The same, each with a key that was found sound (`weak-key`): those in the state are checked when they are first used, and only if they are. */
export function* withSoundKeys(required: Iterable<RequiredSignature>): Generator<RequiredSignature> {
  const sound = new Set<PublicKey>()
  for (const item of required) {
    const { key } = item.check
    if (!sound.has(key)) checkPublicKey(key)
    sound.add(key)
    yield item
  }
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
