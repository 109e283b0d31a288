import { fail } from '@telltale/core'
import { checkEnd, describeNodes, openMisconduct, openQuestion } from './checks.ts'
import { createFaults } from './faults.ts'
import { createMisconduct } from './misconduct/catalogue.ts'
import { createObserver } from './observer.ts'
import { addClient, addCounts, emptyReport } from './report.ts'
import type { Report } from './report.ts'
import { createClient } from './world/client.ts'
import { createWorld } from './world/world.ts'
import type { Weakness } from './world/weakness.ts'
import type { WorldInit } from './world/world.ts'

export interface SimulationInit {
  seed: number
  authorities: number
  members?: number
  /** Names of the catalogue, one for each node that misbehaves; chosen by the seed where it is left out. */
  misconduct?: string[]
  /** How often something goes wrong before all is put right. */
  rounds?: number
  /** A rule that is taken away from every engine. */
  weakness?: Weakness
}

export interface Outcome {
  seed: number
  misconduct: string[]
  report: Report
  /** What did not hold; null where everything did. */
  failure: Error | null
}

const ROUNDS = 12
const ROUND_MS_MAX = 5000
const LOOK_MS = 250
/** Once everything is put right all has to be certified on every honest node within this. */
const RECOVERY_MS_MAX = 300_000

/** Plays one network through faults and misconduct, all from a seed, and checks what must hold: the same seed plays the same again. */
export async function simulate({ seed, authorities, members = 1, misconduct: names, rounds = ROUNDS, weakness }: SimulationInit): Promise<Outcome> {
  const misconduct = createMisconduct(seed, authorities, names)
  const report = emptyReport()
  const failure = await play({ seed, authorities, members, misconduct, weakness: weakness ?? null }, rounds, report).then(() => null, (error: Error) => error)
  for (const { name, count } of misconduct) addCounts(report.misconduct, [[name, count]])
  return { seed, misconduct: misconduct.map(({ name }) => name), report, failure }
}

async function play(init: WorldInit, rounds: number, report: Report): Promise<void> {
  const world = await createWorld(init)
  const { clock, random, nodes } = world
  const observer = createObserver(nodes, report)
  const client = createClient(world)
  const faults = createFaults(world, report, observer.leave)
  const honest = nodes.filter(({ misconduct }) => misconduct === null)
  const honestUp = (): typeof nodes => honest.filter(({ running }) => running)
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= LOOK_MS) {
      await clock.pass(Math.min(left, LOOK_MS))
      observer.look()
    }
  }
  await pass(2000)
  for (let round = 0; round < rounds; round++) {
    await faults.next()
    const up = honestUp()
    if (up.length > 0) {
      for (let i = random.below(4); i > 0; i--) await client.admit(random.pick(up))
      client.retry(up)
    }
    await pass(random.below(ROUND_MS_MAX))
  }
  await faults.end()
  await client.admit(random.pick(honest))
  const endMs = clock.nowMs() + RECOVERY_MS_MAX
  for (;;) {
    const open = openQuestion(world, honest, client)
    const misconduct = open === null ? openMisconduct(nodes) : null
    if (open === null && misconduct === null) break
    if (clock.nowMs() > endMs) throw fail('stalled', `Nothing goes on any more: ${open ?? misconduct}.\n${describeNodes(nodes)}\n`, { expected: `all certified within ${RECOVERY_MS_MAX / 1000} s` })
    if (misconduct !== null) await client.admit(random.pick(honest))
    client.retry(honest)
    await pass(1000)
  }
  for (const node of nodes) observer.leave(node)
  for (const { events } of nodes) report.cutOffs += events.filter(({ kind }) => kind === 'cut-off').length
  addClient(report, client)
  await checkEnd(world, client)
  for (const node of nodes) await node.end(false)
}
