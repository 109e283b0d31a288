import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createNodePrimitives, createWorkerVerifier } from '@telltale/node'
import { createStore } from '@telltale/storage'
import type { Algorithm, Primitives } from '@telltale/core'
import type { Submission } from '@telltale/core'
import { measureCeiling, measureCost } from './ceiling.ts'
import type { Cost } from './ceiling.ts'
import { createNetwork, signRecords } from './network.ts'
import type { BenchNetwork } from './network.ts'
import type { Figure } from './report.ts'

/** Senders at work at once and what each sends before it waits: enough to fill blocks, bounded in memory. */
const SENDERS = 20
const PER_SENDER = 250
/** Records between two measurements of the ceiling, which moves when others use the machine. */
const PART = 10_000

/** Sends everything, waits until all is certified, and returns records per second. */
export async function submitAll(network: BenchNetwork, submissions: Submission[]): Promise<number> {
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < submissions.length) {
      const part = submissions.slice(next, next + PER_SENDER)
      next += PER_SENDER
      await Promise.all(part.map((submission) => network.chain.submit(submission)))
    }
  }
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: SENDERS }, sender))
  return submissions.length / ((performance.now() - startedMs) / 1000)
}

/** What a record costs, and what a check costs, measured before, between and after them. */
export async function submitBetweenCeilings(network: BenchNetwork, submissions: Submission[], algorithm: Algorithm, primitives: Primitives): Promise<{ record: Cost; check: Cost }> {
  const checks = [await measureCeiling(algorithm, primitives)]
  const records: Cost[] = []
  for (let from = 0; from < submissions.length; from += PART) {
    const part = submissions.slice(from, from + PART)
    records.push(await measureCost(part.length, () => submitAll(network, part)))
    checks.push(await measureCeiling(algorithm, primitives))
  }
  return { record: average(records), check: average(checks) }
}

function average(costs: Cost[]): Cost {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return { seconds: mean(costs.map((cost) => cost.seconds)), cpuSeconds: mean(costs.map((cost) => cost.cpuSeconds)) }
}

/** Durable records per second of one algorithm, against the checks per second of the same run. */
export async function benchRecords(algorithm: Algorithm, count: number): Promise<Figure[]> {
  const primitives = createNodePrimitives()
  const verifier = createWorkerVerifier(primitives)
  const network = await createNetwork({ primitives, verifier, deviceCount: 400, algorithm })
  try {
    const submissions = await signRecords(network, Math.ceil(count / 400), 250, primitives)
    await submitAll(network, submissions.slice(0, 8000))
    const { record, check } = await submitBetweenCeilings(network, submissions.slice(8000), algorithm, primitives)
    const ratio = check.seconds / record.seconds
    const figures: Figure[] = [
      { name: `${algorithm}: checks, all cores`, value: 1 / check.seconds, unit: '/s' },
      { name: `${algorithm}: records certified, in process`, value: 1 / record.seconds, unit: '/s', ratio, budget: 'ratio 0.75', isWithinBudget: ratio >= 0.75 },
      { name: `${algorithm}: CPU time of a record, that of its check`, value: record.cpuSeconds * 1e6, unit: 'us', ratio: check.cpuSeconds / record.cpuSeconds },
    ]
    return algorithm === 'EdDSA' ? [...figures, ...(await sizesOf(network, submissions))] : figures
  } finally {
    await network.close()
    await verifier.close()
  }
}

async function sizesOf(network: BenchNetwork, submissions: Submission[]): Promise<Figure[]> {
  const [first] = submissions as [Submission]
  const [{ bytes }, carried] = [first, carriedBytes(first)]
  const stored = (await storedBytes(network)) / submissions.length
  return [
    { name: 'envelope of a sealed record, body apart', value: bytes.length, unit: 'B', budget: '280 B', isWithinBudget: bytes.length <= 280 },
    { name: 'stored for a record, after the next start', value: stored, unit: 'B', ratio: stored / carried, budget: 'ratio 1.3 of transaction and body', isWithinBudget: stored / carried <= 1.3 },
  ]
}

/** What a sender hands over. */
export function carriedBytes({ bytes, attachments }: Submission): number {
  return attachments.reduce((sum, body) => sum + body.length, bytes.length)
}

/**
 * What a store takes on the disk: segments, rows, logs, all files, those of the enrolments too. It is opened once more before: LevelDB keeps the log of its last 4 MB
 * beside the table it made from it until it is opened again, which for a small store would be a tenth of everything.
 */
export async function storedBytes({ chain, store, directory }: BenchNetwork): Promise<number> {
  await chain.stop()
  await store.close()
  const folder = join(directory, 'store')
  await (await createStore({ directory: folder, create: false })).close()
  return bytesOf(folder)
}

async function bytesOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(files.filter((file) => file.isFile()).map(async (file) => (await stat(join(file.parentPath, file.name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
