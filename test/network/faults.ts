import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createSeededRandom } from '@telltale/testing'
import { startCommand } from '../process.ts'
import type { Running } from '../process.ts'
import { agreed, healthOf } from './trial.ts'
import type { Health, Trial, TrialNode } from './trial.ts'

/** What was done to nodes of a real network, and what came of it. */
export interface FaultReport {
  kills: number
  pauses: number
  /** Transactions that were told to be certified; each is on every node in the end. */
  certified: number
  height: number
}

const PATIENCE_MS = 90_000

/**
 * Kills one node and stops the next for a while, in turn, as often as `rounds` says, while records come in through others. After each fault every node agrees again, and nothing that was
 * certified is missing: `certified` transactions stand in the ledger already. No two nodes ever hold different final blocks of one height. The nodes that were started anew end with it.
 */
export async function faultRounds(trial: Trial, { rounds, seed, certified }: { rounds: number; seed: number; certified: number }): Promise<FaultReport> {
  const random = createSeededRandom(seed)
  const restarted = new Map<string, Running>()
  const report: FaultReport = { kills: 0, pauses: 0, certified, height: 0 }
  const canLoseOne = trial.nodes.filter(({ role }) => role === 'authority').length >= 4
  const admit = async (without: TrialNode | null): Promise<void> => {
    const { results } = await trial.admit(random.pick(trial.nodes.filter((node) => node !== without)))
    assert.equal(results[0]?.status, 'certified', JSON.stringify(results))
    report.certified += 1
  }
  try {
    for (let round = 0; round < rounds; round++) {
      const victim = trial.nodes[round % trial.nodes.length] as TrialNode
      const pid = restarted.get(victim.name)?.pid ?? victim.pid
      const isKill = round % 2 === 0
      process.kill(pid, isKill ? 'SIGKILL' : 'SIGSTOP')
      if (isKill) report.kills += 1
      else report.pauses += 1
      if (canLoseOne) for (let i = 0; i < 2; i++) await admit(victim)
      await wait(random.below(1500))
      if (isKill) restarted.set(victim.name, await restart(trial, victim))
      else process.kill(pid, 'SIGCONT')
      await admit(null)
      report.height = (await agreed(trial.nodes, report.certified, PATIENCE_MS)).finalHeight
      await assertOneHistory(trial.nodes)
    }
    return report
  } finally {
    for (const running of restarted.values()) await running.kill()
  }
}

interface PlannedNode {
  name: string
  port: number
  peerPort: number
}

/** Starts a node that was killed with what it was started with. */
async function restart(trial: Trial, { name, data }: TrialNode): Promise<Running> {
  const { nodes } = JSON.parse(readFileSync(join(data, '..', 'testnet.json'), 'utf8')) as { nodes: PlannedNode[] }
  const own = nodes.find((node) => node.name === name) as PlannedNode
  const addressOf = ({ peerPort }: PlannedNode): string => `/ip4/127.0.0.1/tcp/${peerPort}`
  return startCommand(['start', '--data', data, '--listen', `127.0.0.1:${own.port}`, '--peer-listen', addressOf(own), '--peers', nodes.filter((node) => node !== own).map(addressOf).join(',')])
}

async function assertOneHistory(nodes: TrialNode[]): Promise<void> {
  const all: Health[] = await Promise.all(nodes.map(healthOf))
  const lowest = Math.min(...all.map(({ finalHeight }) => finalHeight))
  const ids = await Promise.all(nodes.map(async ({ url }) => ((await (await fetch(`${url}/v1/blocks/${lowest}`)).json()) as { id: string }).id))
  assert.equal(new Set(ids).size, 1, `two final blocks at ${lowest}: ${ids.join(', ')}`)
}
