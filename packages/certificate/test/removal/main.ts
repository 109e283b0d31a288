/**
 * Takes checks of the verifier away in turn and shows every forgery to what is left. `main.ts [--seed SEED] [PART...]`: checks whose file or condition contains one of
 * the parts, all if none is given; the seed decides in which order forgeries are tried. Prints each check with the forgery that is then believed, or crashes the
 * verifier. Exit 1 where a check is not needed and not excused by docs/decisions, or excused and needed; 2 where no check is named like this.
 */
import { createSeededRandom } from '@telltale/testing'
import { createWorld } from '../forgeries/world.ts'
import { findChecks } from './checks.ts'
import { createMutants } from './mutant.ts'
import { forgeAll, runWithout, shuffle, verdictOf } from './run.ts'
import { readSpare } from './spare.ts'

const given = process.argv.slice(2)
const seed = given[0] === '--seed' ? Number(given.splice(0, 2)[1]) : Math.floor(Math.random() * 2 ** 32)
const checks = findChecks().filter(({ path, words }) => given.length === 0 || given.some((part) => path.includes(part) || words.includes(part)))
const world = await createWorld()
const files = shuffle(await forgeAll(world), createSeededRandom(seed))
const mutants = createMutants()
const counts = { believed: 0, crashed: 0, spare: 0, 'NOT NEEDED': 0, 'NEEDED AFTER ALL': 0 }
for (const check of checks) {
  const finding = await runWithout(check, mutants, files, world)
  const verdict = verdictOf(finding, readSpare())
  counts[verdict] += 1
  console.log(`${verdict.padEnd(8)} ${check.path.replace('packages/', '')}:${check.line}  ${check.words.slice(0, 100)}  <- ${finding.believed ?? finding.crashed ?? 'nothing'}`)
}
mutants.close()
const unexpected = counts['NOT NEEDED'] + counts['NEEDED AFTER ALL']
console.log(`seed ${seed}: ${checks.length} checks, ${files.length} forgeries: ${counts.believed} checks are all that keeps one from being believed, ${counts.crashed} from a crash, ${counts.spare} are spare for a reason, ${unexpected} are not as expected`)
process.exitCode = checks.length === 0 ? 2 : unexpected === 0 ? 0 : 1
