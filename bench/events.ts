import { setTimeout as wait } from 'node:timers/promises'
import { createNodePrimitives, createWorkerVerifier } from '@telltale/node'
import type { Submission } from '@telltale/core'
import { serveNetwork } from './api.ts'
import { machineMs, startListeners } from './listeners.ts'
import type { Listeners } from './listeners.ts'
import { createNetwork, signRecords } from './network.ts'
import type { BenchNetwork } from './network.ts'
import { at } from './report.ts'
import type { Figure } from './report.ts'
import { submitAll } from './throughput.ts'

const LISTENERS = 200
const DEVICES = 100
/** Records a second, ten at a time, while it is measured how long an event takes: far below what the node can do, so that nobody waits for others. */
const STEADY_PER_SECOND = 200
const STEADY_BATCH = 10

/** Live events to many connections: how many arrive while records come as fast as they can, how long one takes while they come steadily, and memory. */
export async function benchEvents(count: number): Promise<Figure[]> {
  const primitives = createNodePrimitives()
  const verifier = createWorkerVerifier(primitives)
  const network = await createNetwork({ primitives, verifier, deviceCount: DEVICES, algorithm: 'EdDSA' })
  const api = await serveNetwork(network, primitives)
  const submissions = await signRecords(network, Math.ceil((count * 1.1) / DEVICES), 250, primitives)
  let listeners: Listeners | null = null
  try {
    const steady = submissions.splice(0, Math.round(count / 10))
    const idleMegabytes = process.memoryUsage().rss / 1e6
    listeners = await startListeners({ port: api.port, connections: LISTENERS })
    const figures = await steadily(network, listeners, steady)
    return [...figures, ...(await flooded(network, listeners, submissions, idleMegabytes))]
  } finally {
    listeners?.stop()
    await api.close()
    await network.close()
    await verifier.close()
  }
}

async function steadily({ chain, ledger }: BenchNetwork, listeners: Listeners, submissions: Submission[]): Promise<Figure[]> {
  const certifiedMs = new Map<number, number>()
  const end = chain.onCertified(() => void certifiedMs.set(ledger.position.height, machineMs()))
  for (let from = 0; from < submissions.length; from += STEADY_BATCH) {
    await Promise.all([wait((1000 * STEADY_BATCH) / STEADY_PER_SECOND), ...submissions.slice(from, from + STEADY_BATCH).map((submission) => chain.submit(submission))])
  }
  end()
  const { blocks } = await allArrived(listeners, LISTENERS * (submissions.length + certifiedMs.size))
  const takenMs = blocks.flatMap(([height, ms]) => (certifiedMs.has(height) ? [ms - (certifiedMs.get(height) as number)] : [])).sort((a, b) => a - b)
  const name = `events to ${LISTENERS}, ${STEADY_PER_SECOND} records/s: certified to there`
  return [
    { name: `${name}, p50`, value: at(takenMs, 0.5), unit: 'ms' },
    { name: `${name}, p99`, value: at(takenMs, 0.99), unit: 'ms' },
  ]
}

async function flooded(network: BenchNetwork, listeners: Listeners, submissions: Submission[], idleMegabytes: number): Promise<Figure[]> {
  let blocks = 0
  let peakMegabytes = 0
  const end = network.chain.onCertified(() => void (blocks += 1))
  const watching = setInterval(() => void (peakMegabytes = Math.max(peakMegabytes, process.memoryUsage().rss / 1e6)), 100)
  const startedMs = performance.now()
  const perSecond = await submitAll(network, submissions)
  const { events } = await allArrived(listeners, LISTENERS * (submissions.length + blocks))
  const seconds = (performance.now() - startedMs) / 1000
  clearInterval(watching)
  end()
  return [
    { name: `events to ${LISTENERS} under load, all together`, value: events / seconds, unit: '/s' },
    { name: 'records certified a second meanwhile', value: perSecond, unit: '/s' },
    { name: `memory while ${LISTENERS} listen under load`, value: peakMegabytes, unit: 'MB' },
    { name: 'memory before anybody listened', value: idleMegabytes, unit: 'MB' },
  ]
}

/** Waits until that many events have arrived; nobody may have missed one. */
async function allArrived(listeners: Listeners, expected: number): Promise<{ events: number; blocks: [number, number][] }> {
  const sum = { events: 0, blocks: [] as [number, number][] }
  for (;;) {
    const { events, blocks } = await listeners.report()
    sum.events += events
    sum.blocks.push(...blocks)
    if (sum.events >= expected) return sum
    await wait(20)
  }
}
