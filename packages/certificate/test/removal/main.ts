/**
 * Takes every check of the verifier away in turn and shows the forgeries to what is left: `main.ts [PART...]` looks only at checks whose file or words contain
 * one of the parts. Prints each check with the forgery that is then believed; exit 1 where one is neither needed nor excused in `spare.ts`.
 */
import { findChecks } from './checks.ts'
import { createWorld } from '../forgeries/world.ts'
import { createMutants } from './mutant.ts'
import { forgeAll, runWithout } from './run.ts'

const parts = process.argv.slice(2)
const checks = findChecks().filter(({ path, words }) => parts.length === 0 || parts.some((part) => path.includes(part) || words.includes(part)))
const world = await createWorld()
const files = await forgeAll(world)
const mutants = createMutants()
let [needed, crashing, spare] = [0, 0, 0]
for (const check of checks) {
  const { believed, crashed } = await runWithout(check, mutants, files, world)
  const place = `${check.path.replace('packages/', '')}:${check.line}`
  if (believed) needed += 1
  else if (crashed) crashing += 1
  else spare += 1
  console.log(`${believed ? 'believed' : crashed ? 'crashed ' : 'SPARE   '} ${place}  ${check.words.slice(0, 110)}  <- ${believed ?? crashed ?? ''}`)
}
mutants.close()
console.log(`${checks.length} checks: ${needed} the only guard, ${crashing} guard against a crash, ${spare} spare; ${files.length} forgeries`)
