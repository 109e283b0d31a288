import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { hexToBytes } from '@telltale/core'
import { createNodePrimitives } from '@telltale/node'
import { startCommand } from '../test/process.ts'
import type { Running } from '../test/process.ts'
import { startHttpLoad } from './http-load.ts'
import type { HttpLoad } from './http-load.ts'
import { measureCeiling } from './ceiling.ts'
import { enrolOver, healthOf, restartMs, syncNew } from './late-node.ts'
import type { Health } from './late-node.ts'
import { at } from './report.ts'
import type { Figure } from './report.ts'

const PRIMITIVES = createNodePrimitives()
const AUTHORITIES = 4
const BLOCK_MS = 500
const DEVICES = 100
const CONNECTIONS = 40
const SINGLE_RECORDS = 40
const IDLE_MS = 10_000
/** Of Linux, for /proc/PID/stat. */
const TICKS_PER_SECOND = 100

interface Node {
  name: string
  url: string
  pid: number
  data: string
  peerAddress: string
}

interface Spent {
  cpuSeconds: number
  sentBytes: number
}

/** A trial network of real processes on this machine: four authorities, and a member that everything is sent to. */
export async function benchSeveral(count: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-bench-several-'))
  const running: Running[] = []
  let load: HttpLoad | null = null
  try {
    const trial = await startCommand(['testnet', '--authorities', String(AUTHORITIES), '--members', '1', '--block-ms', String(BLOCK_MS), '--data', join(folder, 'trial')])
    running.push(trial)
    const { network, nodes } = trial.document as unknown as { network: string; nodes: Node[] }
    const member = nodes.at(-1)!
    const { secrets } = await enrolOver(member.url, { network: hexToBytes(network), authorityData: nodes[0]!.data, deviceCount: DEVICES })
    load = startHttpLoad({ network: hexToBytes(network), secrets, port: Number(new URL(member.url).port) })
    const idle = await measureIdle(nodes)
    // One record at a time, nothing else waiting.
    const { timesMs } = await load.run({ perDevice: 1, perPost: 1, connections: 1 })
    const single = timesMs.slice(0, SINGLE_RECORDS).sort((a, b) => a - b)
    const everywhereMs = await finalEverywhere(load, nodes)
    const ceiling = await measureCeiling('EdDSA', PRIMITIVES)
    const before = await spentBy(nodes)
    const sent = await load.run({ perDevice: Math.max(1, Math.round(count / DEVICES)), perPost: 100, connections: CONNECTIONS })
    await agreed(nodes)
    const after = await spentBy(nodes)
    const perSecond = (sent.records / sent.ms) * 1000
    const cpuSeconds = (after.cpuSeconds - before.cpuSeconds) / sent.records
    const synced = await syncNew(running, folder, nodes)
    const restart = await restartMs(running, folder)
    return [
      { name: 'one record to a member, sent to certified, p50', value: at(single, 0.5), unit: 'ms' },
      { name: 'one record to a member, sent to certified, p99', value: at(single, 0.99), unit: 'ms' },
      { name: 'one record, sent to final on all nodes', value: everywhereMs, unit: 'ms', budget: `${4 * BLOCK_MS} ms, 4 block times`, isWithinBudget: everywhereMs <= 4 * BLOCK_MS },
      { name: `records/s by 100 a POST, ${nodes.length} nodes here, of checks`, value: perSecond, unit: '/s', ratio: perSecond * ceiling.seconds },
      { name: 'CPU of all nodes for a record, a check against it', value: cpuSeconds * 1e6, unit: 'us', ratio: (ceiling.cpuSeconds * nodes.length) / cpuSeconds },
      { name: 'bytes between nodes for a record and a node', value: (after.sentBytes - before.sentBytes) / sent.records / nodes.length, unit: 'B' },
      { name: `sync of ${synced.transactions.toLocaleString('en')} transactions by a new node`, value: synced.perSecond, unit: '/s', ratio: synced.perSecond / perSecond },
      { name: `start of a node at ${synced.transactions.toLocaleString('en')} transactions`, value: restart, unit: 'ms' },
      { name: 'idle: CPU of a node', value: idle.cpuShare * 100, unit: '% of a core' },
      { name: 'idle: memory of a node', value: idle.megabytes, unit: 'MB' },
    ]
  } finally {
    load?.stop()
    await Promise.all(running.map(async (one) => one.interrupt()))
    await rm(folder, { recursive: true, force: true })
  }
}

/** Waits until all hold the same as final. */
async function agreed(nodes: Pick<Node, 'url'>[]): Promise<Health> {
  for (;;) {
    const all = await Promise.all(nodes.map(healthOf))
    if (new Set(all.map(({ finalHeight, size }) => `${finalHeight} ${size}`)).size === 1) return all[0] as Health
    await wait(20)
  }
}

async function finalEverywhere(load: HttpLoad, nodes: Node[]): Promise<number> {
  const { size } = await agreed(nodes)
  const startedMs = performance.now()
  const sent = load.run({ perDevice: 1, perPost: DEVICES, connections: 1 })
  while ((await Promise.all(nodes.map(healthOf))).some((health) => health.size < size + DEVICES)) await wait(10)
  const ms = performance.now() - startedMs
  await sent
  return ms
}

async function spentBy(nodes: Node[]): Promise<Spent> {
  const sent = await Promise.all(nodes.map(async ({ url }) => Number(/^telltale_peer_sent_bytes_total (\S+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1])))
  return { cpuSeconds: nodes.reduce((sum, { pid }) => sum + cpuOf(pid), 0), sentBytes: sent.reduce((sum, bytes) => sum + bytes, 0) }
}

function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

async function measureIdle(nodes: Node[]): Promise<{ cpuShare: number; megabytes: number }> {
  await wait(IDLE_MS)
  const before = nodes.map(({ pid }) => cpuOf(pid))
  await wait(IDLE_MS)
  const shares = nodes.map(({ pid }, i) => ((cpuOf(pid) - before[i]!) * 1000) / IDLE_MS)
  const megabytes = nodes.map(({ pid }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) / 1000)
  return { cpuShare: mean(shares), megabytes: mean(megabytes) }
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
