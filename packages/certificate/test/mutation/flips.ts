import { flipBit } from '@telltale/testing'
import { judge } from '../forgeries/outcome.ts'
import type { Base, World } from '../forgeries/world.ts'

/** Bits to turn, by place: bit `bit` of byte `at`. */
export interface Flip {
  at: number
  bit: number
}

/** Every byte of a file once, one bit of it, another one from byte to byte. */
export function* oneBitEach(length: number, first: number): Generator<Flip> {
  for (let at = 0; at < length; at++) yield { at, bit: (first + at) % 8 }
}

/** Files with a bit turned that were not refused: places that nothing covers. */
export async function unnoticedFlips(base: Base, flips: Iterable<Flip>, world: World): Promise<Flip[]> {
  const { bytes, question } = world.honest[base]
  const unnoticed: Flip[] = []
  for (const flip of flips) {
    const { state } = await judge(flipBit(bytes, flip.at, flip.bit), question, null, world)
    if (state !== 'refuted') unnoticed.push(flip)
  }
  return unnoticed
}
