/**
 * Kills, stops, pauses, cuts off and restores the nodes of a real network in turn, under load; every link goes through a relay. `network-faults.ts [SEED] [PART...]`
 * does only what has one of the parts in its name. Prints seed, times and result; takes some 20 minutes on two cores, an hour at most.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSeededRandom } from '@telltale/testing'
import { act, cutOff, killed, paused, restarted, seconds, split, tooFew } from '../network/acts.ts'
import type { Deed, Scene } from '../network/acts.ts'
import { copiedBack, restored, signedLost, wiped } from '../network/losses.ts'
import { startLoad } from '../network/load.ts'
import { createRelayedNetwork } from '../network/relayed-nodes.ts'
import type { RelayedNode } from '../network/relayed-nodes.ts'
import { createAdmit } from '../network/trial.ts'
import { startWatch } from '../network/watch.ts'

const LOG_LINES = 12
/** About three times what it takes on a machine that does nothing else. */
const LIMIT_MS = 3_600_000

/** How a node stands, for whoever has to find out why it does not go on. */
async function describe({ name, url, running }: RelayedNode): Promise<string> {
  const [health, { peers }, pool, { counts }] = (await Promise.all(['/health', '/v1/peers', '/v1/pool', '/v1/refused-blocks'].map(async (path) => (await fetch(url + path)).json())).catch(() => [null, { peers: [] }, null, { counts: [] }])) as [unknown, { peers: { isConnected: boolean; blame: number }[] }, { count: number } | null, { counts: unknown }]
  const connected = peers.filter(({ isConnected }) => isConnected)
  const log = running?.output().trimEnd().split('\n').slice(-LOG_LINES).join('\n    ')
  return `${name}: ${JSON.stringify(health)}\n  ${connected.length} peers, blamed ${connected.map(({ blame }) => Math.round(blame)).join(' ')}; ${pool?.count ?? 0} wait; refused ${JSON.stringify(counts)}\n    ${log ?? 'does not run'}`
}

const seed = Number(process.argv[2] ?? Math.floor(Date.now() % 1_000_000))
const parts = process.argv.slice(3)
const folder = mkdtempSync(join(tmpdir(), 'telltale-faults-'))
const network = await createRelayedNetwork(folder, { authorities: 4, members: 3, blockMs: 300 })
const { nodes } = network
const random = createSeededRandom(seed)
const scratch = join(folder, 'scratch')
mkdirSync(scratch)
console.log(`seed ${seed}`)
const load = startLoad(await createAdmit(scratch, network.id, nodes[0]!.data), random)
const watch = startWatch(nodes)
const scene: Scene = { network, random, load, watch, folder }
/** Shorter than heartbeats notice, or longer. */
const span = (): number => (random.chance(0.5) ? 4_000 + random.below(6_000) : 28_000)
const faults = [
  ...nodes.map((node) => killed(scene, [node], random.below(4_000))),
  ...nodes.map((node) => paused(node, span())),
  ...nodes.map((node) => restarted(node)),
  ...nodes.map((node) => cutOff(scene, node, random.pick(['held', 'lost', 'refused']), span())),
  split(scene, 'held', 60_000),
  split(scene, 'refused', 60_000),
  killed(scene, nodes, 1_000),
  tooFew(scene, [nodes[1]!, nodes[2]!], 20_000),
  wiped(scene, nodes[6]!),
  wiped(scene, nodes[3]!),
  restored(scene, nodes[0]!, false),
  restored(scene, nodes[1]!, true),
  copiedBack(scene, nodes[2]!),
  signedLost(scene, nodes[3]!),
]
/** Nodes are no children of a terminal: whoever stops this stops them. */
const giveUp = async (why: string): Promise<void> => {
  console.error(why)
  await Promise.all(nodes.map((node) => node.kill()))
  process.exit(1)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void giveUp('stopped'))
const limit = setTimeout(() => void giveUp(`not done within ${seconds(LIMIT_MS)}`), LIMIT_MS)
try {
  await Promise.all(nodes.map((node) => node.start()))
  const deeds: Deed[] = []
  for (const fault of faults) if (parts.length === 0 || parts.some((part) => fault.name.includes(part))) deeds.push(await act(scene, fault))
  console.log(`held: ${deeds.length} faults, the slowest back after ${seconds(Math.max(...deeds.map(({ backMs }) => backMs)))}`)
} catch (error) {
  for (const node of nodes) console.error(await describe(node))
  throw error
} finally {
  clearTimeout(limit)
  await load.stop()
  await watch.stop()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
}
