import type { Report } from './report.ts'
import type { SimulatedNode } from './world/node.ts'
import type { World } from './world/world.ts'

/** What goes wrong by chance: nodes end, lose power, come back from an older backup, are split from each other, messages are lost. */
export interface Faults {
  /** Something new goes wrong, or something is put right. */
  next(): Promise<void>
  /** Everything is put right. */
  end(): Promise<void>
}

const LOSS_SHARE_MAX = 0.3
const BACKUP_CHANCE = 0.2
/** Steps of a disk within which its power fails. */
const STEPS_MAX = 40

export function createFaults({ random, links, nodes }: World, report: Report, onEnd: (node: SimulatedNode) => void): Faults {
  // What an authority forgot counts as misconduct: no more of them than the network bears.
  const authorities = nodes.filter(({ identity }) => identity !== null)
  const honest = authorities.filter(({ misconduct }) => misconduct === null)
  const borne = Math.floor((authorities.length - 1) / 3) - (authorities.length - honest.length)
  const restorable = [...nodes.filter(({ identity }) => identity === null), ...honest.slice(0, Math.max(0, borne))]
  const end = async (node: SimulatedNode, isPowerLost: boolean): Promise<void> => {
    onEnd(node)
    report[isPowerLost ? 'powerCuts' : 'kills'] += 1
    await node.end(isPowerLost)
  }
  /** A node whose disk stopped in the middle of something has to be started anew. */
  const endFailed = async (): Promise<void> => {
    for (const node of nodes) if (node.running && (node.running.chain.failure || node.machine.disk.isOff)) await end(node, true)
  }
  /** Where the power fails while a node starts, it is started again later. */
  const start = async (node: SimulatedNode): Promise<void> => {
    try {
      await node.start()
    } catch (error) {
      if (node.machine.disk.crashAtStep === Number.POSITIVE_INFINITY) throw error
      report.powerCuts += 1
      await node.end(true)
    }
  }
  return {
    async next() {
      links.dropShare = random.chance(0.5) ? 0 : random.fraction() * LOSS_SHARE_MAX
      if (links.dropShare > 0) report.losses += 1
      await endFailed()
      for (const { machine, running } of nodes) if (running && random.chance(BACKUP_CHANCE)) machine.backUp()
      const victim = random.pick(nodes)
      switch (random.below(10)) {
        case 0:
          if (victim.running) await end(victim, false)
          break
        case 1:
          if (victim.running) await end(victim, true)
          break
        case 2:
          if (victim.running) victim.machine.disk.crashAtStep = victim.machine.disk.steps + 1 + random.below(STEPS_MAX)
          break
        case 3: {
          const side = new Set(nodes.filter(() => random.chance(0.5)).map(({ id }) => id))
          links.partition((id) => side.has(id))
          report.splits += 1
          break
        }
        case 4:
          links.partition()
          break
        case 5:
          for (const node of nodes) if (node.running && random.chance(0.5)) await end(node, random.chance(0.5))
          break
        case 6:
        case 7: {
          const frail = random.pick(restorable)
          if (frail?.running) await end(frail, false)
          if (await frail?.machine.restore()) report.restores += 1
          break
        }
        default:
      }
      for (const node of nodes) if (!node.running && random.chance(0.5)) await start(node)
    },
    async end() {
      links.dropShare = 0
      links.partition()
      for (const { machine } of nodes) machine.disk.crashAtStep = Number.POSITIVE_INFINITY
      await endFailed()
      for (const node of nodes) if (!node.running) await node.start()
    },
  }
}
