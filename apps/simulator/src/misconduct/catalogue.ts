import { createDoubleVoter } from './double-voter.ts'
import { createEquivocator } from './equivocator.ts'
import { createForger } from './forger.ts'
import { createGarbageSender } from './garbage-sender.ts'
import { createHeightLiar } from './height-liar.ts'
import type { Misconduct } from './misconduct.ts'
import { createReplayer } from './replayer.ts'
import { createSkewedClock } from './skewed-clock.ts'
import { createSlowReader } from './slow-reader.ts'
import { createSurroundVoter } from './surround-voter.ts'
import { createWithholder } from './withholder.ts'

/** Every misbehaviour by its name. */
export const CATALOGUE: Record<string, (seed: number) => Misconduct> = {
  equivocator: createEquivocator,
  'double-voter': createDoubleVoter,
  withholder: createWithholder,
  'surround-voter': createSurroundVoter,
  forger: createForger,
  replayer: createReplayer,
  'height-liar': createHeightLiar,
  'slow-reader': createSlowReader,
  'garbage-sender': createGarbageSender,
  'skewed-clock': createSkewedClock,
}

/** Who misbehaves: those named, or as many as a network of this size bears, chosen by the seed. Two in five networks have none. */
export function createMisconduct(seed: number, authorities: number, names?: string[]): Misconduct[] {
  const all = Object.keys(CATALOGUE)
  const count = seed % 5 < 2 ? 0 : Math.floor((authorities - 1) / 3)
  // Counts the networks that have some, so that each misbehaviour has its turn.
  const nth = Math.floor(seed / 5) * 3 + (seed % 5)
  const chosen = names ?? Array.from({ length: count }, (_, i) => all[(nth + i * 3) % all.length] as string)
  return chosen.map((name) => CATALOGUE[name]!(seed))
}
