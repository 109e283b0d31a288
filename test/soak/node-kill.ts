/** Kills a node and its devices at random moments under load: `node-kill.ts [SEED] [ROUNDS]`; prints seed and result. */
import { killRounds } from '../kill/rounds.ts'

const seed = Number(process.argv[2] ?? Math.floor(Date.now() % 1_000_000))
const rounds = Number(process.argv[3] ?? 200)
console.log(`seed ${seed}, ${rounds} kills`)
const { records, heads } = await killRounds(rounds, seed)
console.log(`held: ${records} acknowledged records are there once, ${heads} checkpoints were signed once`)
