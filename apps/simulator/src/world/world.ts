import { DEFAULT_PARAMETERS, createGenesis } from '@telltale/ledger'
import { SimulatedClock, SimulatedNetwork, createSeededRandom } from '@telltale/testing'
import type { SeededRandom } from '@telltale/testing'
import type { Misconduct } from '../misconduct/misconduct.ts'
import { createSharedPrimitives, simulatedIdentity } from './signatures.ts'
import { createSimulatedNode } from './node.ts'
import type { SimulatedNode, Surroundings } from './node.ts'
import type { Weakness } from './weakness.ts'

/** A network of several authorities in one process: its nodes, and all that chance decides. */
export interface World extends Surroundings {
  random: SeededRandom
  nodes: SimulatedNode[]
}

export interface WorldInit {
  seed: number
  authorities: number
  members: number
  /** The last of the authorities misbehave so. */
  misconduct: Misconduct[]
  weakness?: Weakness | null
}

const START_MS = 1_750_000_000_000
const BLOCK_MS = 500

/** Starts all nodes. */
export async function createWorld({ seed, authorities, members, misconduct, weakness = null }: WorldInit): Promise<World> {
  const random = createSeededRandom(seed)
  const primitives = createSharedPrimitives()
  const clock = new SimulatedClock(START_MS + 1000)
  const links = new SimulatedNetwork({ clock, random, delayMs: random.pick([[1, 20], [1, 100], [20, 300]]) })
  const identities = Array.from({ length: authorities }, (_, i) => simulatedIdentity(i + 1))
  const genesis = await createGenesis(START_MS, { ...DEFAULT_PARAMETERS, blockMs: BLOCK_MS }, identities.map(({ signer }) => signer), primitives)
  const ids = Array.from({ length: authorities + members }, (_, i) => (i < authorities ? `authority-${i}` : `member-${i - authorities}`))
  const around: Surroundings = { clock, random, links, primitives, genesis, ids, weakness }
  const nodes = ids.map((id, i) => createSimulatedNode(around, { id, identity: identities[i] ?? null, misconduct: i < authorities ? (misconduct[authorities - 1 - i] ?? null) : null }))
  for (const node of nodes) await node.start()
  return { ...around, nodes }
}
