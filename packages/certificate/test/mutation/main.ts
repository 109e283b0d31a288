/**
 * Turns every bit of the smallest certificate, one bit of every byte of the larger ones, and then cuts and joins their parts for as long as it is told:
 * `main.ts [SEED] [SECONDS]`. Prints the seed; exit 1 where a changed file is believed.
 */
import { createSeededRandom } from '@telltale/testing'
import { createWorld } from '../forgeries/world.ts'
import { findBelieved } from './believed.ts'
import { oneBitEach, unnoticedFlips } from './flips.ts'

const [seed = Math.floor(Math.random() * 2 ** 32), seconds = 60] = process.argv.slice(2).map(Number)
const world = await createWorld()
const unnoticed: string[] = []
for (const [base, bits] of [['lone', 8], ['clean', 8], ['whole', 1], ['partial', 1], ['anchored', 1]] as const) {
  const { length } = world.honest[base].bytes
  for (let bit = 0; bit < bits; bit++) for (const flip of await unnoticedFlips(base, oneBitEach(length, seed + bit), world)) unnoticed.push(`${base}: bit ${flip.bit} of byte ${flip.at}`)
}
const random = createSeededRandom(seed)
const endMs = performance.now() + seconds * 1000
let steps = 0
for (; performance.now() < endMs; steps += 100) {
  const believed = await findBelieved(100, random, world)
  if (believed) unnoticed.push(`${believed.base}: put together anew, step ${steps + believed.step}`)
}
console.log(`seed ${seed}: ${steps} certificates put together anew; believed: ${unnoticed.join(', ') || 'none'}`)
process.exitCode = unnoticed.length === 0 ? 0 : 1
