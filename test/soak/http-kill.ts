/** Kills a node at random moments under HTTP load: `http-kill.ts [SEED] [ROUNDS]`; prints seed and result. */
import { httpKillRounds } from '../http/kill-rounds.ts'

const seed = Number(process.argv[2] ?? Math.floor(Date.now() % 1_000_000))
const rounds = Number(process.argv[3] ?? 50)
console.log(`seed ${seed}, ${rounds} kills`)
const { records, roots } = await httpKillRounds(rounds, seed)
console.log(`held: ${records} acknowledged records are there, ${roots} certified logs are beginnings of the last`)
