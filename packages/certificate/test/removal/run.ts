import type { SeededRandom } from '@telltale/testing'
import { LAMP_NAMES } from '../../src/lamp.ts'
import type { LampName } from '../../src/lamp.ts'
import type { Question, verifyCertificate } from '../../src/verify/verifier.ts'
import { FORGERIES } from '../forgeries/all.ts'
import type { Forgery } from '../forgeries/forging.ts'
import { forge } from '../forgeries/outcome.ts'
import type { World } from '../forgeries/world.ts'
import type { Check } from './checks.ts'
import type { Mutants } from './mutant.ts'
import { isSpare } from './spare.ts'

/** What happens without a check: a forgery is believed, or stops the verifier with an error that is none of its own, or nothing changes. */
export interface Finding {
  check: Check
  /** The first forgery that is believed, or null. */
  believed: string | null
  /** The first forgery that crashes the verifier, or null; looked for where none is believed. */
  crashed: string | null
}

export interface ForgedFile {
  forgery: Forgery
  bytes: Uint8Array
  question: Question
}

/** Every forgery made once: each verifier that lacks a check is shown the same files. */
export async function forgeAll(world: World): Promise<ForgedFile[]> {
  const files: ForgedFile[] = []
  for (const forgery of FORGERIES) files.push({ forgery, ...(await forge(forgery, world)) })
  return files
}

/** Looks for a forgery that is believed; `isQuick`: a crash will do as well. */
export async function runWithout(check: Check, mutants: Mutants, files: ForgedFile[], world: World, isQuick = false): Promise<Finding> {
  const verify = await mutants.load(check)
  let crashed: string | null = null
  for (const file of likelyFirst(check, files)) {
    const outcome = await show(verify, file, world)
    if (outcome === 'believed') return { check, believed: file.forgery.name, crashed: null }
    if (outcome === 'crashed') crashed ??= file.forgery.name
    if (crashed && isQuick) break
  }
  return { check, believed: null, crashed }
}

/** Forgeries that the check itself refuses come first: mostly one of them is enough. */
function likelyFirst({ codes }: Check, files: ForgedFile[]): ForgedFile[] {
  const isLikely = ({ forgery }: ForgedFile): boolean => forgery.code !== null && codes.includes(forgery.code)
  return [...files.filter(isLikely), ...files.filter((file) => !isLikely(file))]
}

async function show(verify: typeof verifyCertificate, { forgery, bytes, question }: ForgedFile, { primitives }: World): Promise<'believed' | 'refused' | 'crashed'> {
  try {
    const { lamps } = await verify(bytes, question, primitives)
    return isBelieved(forgery, (name) => lamps[name].state) ? 'believed' : 'refused'
  } catch (error) {
    // Each verifier has error classes of its own.
    return (error as Error).name === 'TelltaleError' ? 'refused' : 'crashed'
  }
}

/** No lamp is red; where the honest verifier could not refute it either, the lamp that should warn is green. */
function isBelieved({ lamp, state = 'refuted' }: Forgery, stateOf: (name: LampName) => string): boolean {
  if (LAMP_NAMES.some((name) => stateOf(name) === 'refuted')) return false
  return state === 'refuted' || lamp === null || stateOf(lamp) === 'holds'
}

export function shuffle<T>(items: readonly T[], random: SeededRandom): T[] {
  const shuffled = [...items]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const other = random.below(i + 1)
    ;[shuffled[i], shuffled[other]] = [shuffled[other] as T, shuffled[i] as T]
  }
  return shuffled
}

export type RemovalVerdict = 'believed' | 'crashed' | 'spare' | 'NOT NEEDED' | 'NEEDED AFTER ALL'

/** Whether a check is needed, and as the page of decisions says. */
export function verdictOf({ check, believed, crashed }: Finding, spare: Parameters<typeof isSpare>[1]): RemovalVerdict {
  const isExcused = isSpare(check, spare)
  if (believed === null && crashed === null) return isExcused ? 'spare' : 'NOT NEEDED'
  if (isExcused) return 'NEEDED AFTER ALL'
  return believed === null ? 'crashed' : 'believed'
}
