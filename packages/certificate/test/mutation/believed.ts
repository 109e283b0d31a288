import { TelltaleError } from '@telltale/core'
import type { SeededRandom } from '@telltale/testing'
import { LAMP_NAMES } from '../../src/lamp.ts'
import type { Verification } from '../../src/verify/report.ts'
import { verifyCertificate } from '../../src/verify/verifier.ts'
import type { Base, World } from '../forgeries/world.ts'
import { isWithin } from './subset.ts'
import { operate } from './surgery.ts'

const BASES: Base[] = ['whole', 'partial', 'anchored', 'lone', 'clean']

/** Operates on honest files and returns the first of `steps` that is believed although it says something that the honest one does not, or null. */
export async function findBelieved(steps: number, random: SeededRandom, world: World): Promise<{ base: Base; step: number } | null> {
  const honest = new Map<Base, Verification>()
  for (const base of BASES) honest.set(base, await verifyCertificate(world.honest[base].bytes, world.honest[base].question, world.primitives))
  for (let step = 0; step < steps; step++) {
    const base = random.pick(BASES)
    const { bytes, question } = world.honest[base]
    const found = await verificationOf(operate(bytes, random), question, world)
    if (found && !isWithin(found, honest.get(base) as Verification)) return { base, step }
  }
  return null
}

/** Null where the file is refused, one way or another; anything but a coded error passes through. */
async function verificationOf(bytes: Uint8Array, question: World['honest'][Base]['question'], { primitives }: World): Promise<Verification | null> {
  try {
    const verification = await verifyCertificate(bytes, question, primitives)
    return LAMP_NAMES.some((name) => verification.lamps[name].state === 'refuted') ? null : verification
  } catch (error) {
    if (error instanceof TelltaleError) return null
    throw error
  }
}
