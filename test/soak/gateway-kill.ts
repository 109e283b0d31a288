/** Kills a node and its gateway at random moments under load, each in a process of its own, then one in the other: `gateway-kill.ts [SEED] [ROUNDS]`; prints seed and result. */
import { gatewayKillRounds } from '../gateway/kill-rounds.ts'

const seed = Number(process.argv[2] ?? Math.floor(Date.now() % 1_000_000))
const rounds = Number(process.argv[3] ?? 200)
for (const isInNode of [false, true]) {
  console.log(`seed ${seed}, ${rounds} rounds, the gateway ${isInNode ? 'in the node' : 'beside the node'}`)
  const { kills, acknowledged, statements } = await gatewayKillRounds({ rounds, seed, isInNode, say: (line) => console.log(line) })
  console.log(`held: ${kills.node} kills of the node, ${kills.gateway} of the gateway; ${acknowledged} acknowledged records are there once, in unbroken streams, and ${statements} statements name each once`)
}
