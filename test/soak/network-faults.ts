/** Kills and stops the nodes of a real network in turn, under load: `network-faults.ts [SEED] [ROUNDS]`; prints seed and result. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { faultRounds } from '../network/faults.ts'
import { startTrial } from '../network/trial.ts'

const seed = Number(process.argv[2] ?? Math.floor(Date.now() % 1_000_000))
const rounds = Number(process.argv[3] ?? 14)
console.log(`seed ${seed}, ${rounds} faults`)
const folder = mkdtempSync(join(tmpdir(), 'telltale-faults-'))
const trial = await startTrial(join(folder, 'trial'), ['--authorities', '4', '--members', '3', '--block-ms', '300'])
try {
  const { kills, pauses, certified, height } = await faultRounds(trial, { rounds, seed, certified: 0 })
  console.log(`held: ${kills} kills and ${pauses} pauses, ${certified} certified transactions are on every node, one history to block ${height}`)
} finally {
  await trial.running.interrupt()
  rmSync(folder, { recursive: true, force: true })
}
