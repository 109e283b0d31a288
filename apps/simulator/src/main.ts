/**
 * `npm run simulate [-- --seed N] [--seeds COUNT] [--authorities COUNT] [--misconduct NAME,NAME]`: plays networks through faults and misconduct, one for
 * each of 2,000 seeds if nothing else is said, and says what happened. The first that fails prints its seed, with which it is played again. Exit 0 when all held, 1 when one did not, 2 for usage.
 */
import { parseArgs } from 'node:util'
import { CATALOGUE } from './misconduct/catalogue.ts'
import { addReport, emptyReport, reportLines } from './report.ts'
import { simulate } from './simulation.ts'

function whole(text: string, min: number, max: number): number | null {
  const number = Number(text)
  return Number.isInteger(number) && number >= min && number <= max ? number : null
}

function readArguments() {
  try {
    const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, seeds: { type: 'string', default: '2000' }, authorities: { type: 'string', default: '4' }, misconduct: { type: 'string' } } })
    const [seed, seeds, authorities] = [whole(values.seed, 0, 2 ** 32 - 1), whole(values.seeds, 1, 1_000_000), whole(values.authorities, 1, 16)]
    const misconduct = values.misconduct?.split(',')
    if (seed === null || seeds === null || authorities === null || misconduct?.some((name) => !(name in CATALOGUE))) return null
    return { seed, seeds, authorities, ...(misconduct ? { misconduct } : {}) }
  } catch {
    return null
  }
}

const PROGRESS_EVERY = 100

const given = readArguments()
if (!given) {
  console.error(`Expected --seed NUMBER, --seeds COUNT, --authorities 1 to 16, --misconduct of ${Object.keys(CATALOGUE).join(', ')}.`)
  process.exit(2)
}
const total = emptyReport()
let played = 0
for (let seed = given.seed; seed < given.seed + given.seeds; seed++) {
  const outcome = await simulate({ ...given, seed })
  addReport(total, outcome.report)
  played += 1
  if (played % PROGRESS_EVERY === 0) console.error(`${played} of ${given.seeds}`)
  if (!outcome.failure) continue
  const { misconduct, failure } = outcome
  console.error(`Seed ${seed} failed${misconduct.length > 0 ? ` with ${misconduct.join(', ')}` : ''}:\n${failure.stack} ${JSON.stringify({ expected: (failure as { expected?: string }).expected, found: (failure as { found?: string }).found })}`)
  console.error(`Play it again: npm run simulate -- --seed ${seed} --seeds 1 --authorities ${given.authorities}${given.misconduct ? ` --misconduct ${given.misconduct.join(',')}` : ''}`)
  process.exitCode = 1
  break
}
console.log(`${played} ${played === 1 ? 'network' : 'networks'} of ${given.authorities} authorities played`)
for (const line of reportLines(total)) console.log(line)
