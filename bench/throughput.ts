import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createNodePrimitives, createWorkerVerifier } from '@telltale/node'
import type { Algorithm } from '@telltale/core'
import type { Submission } from '@telltale/consensus'
import { measureCeiling } from './ceiling.ts'
import { createNetwork, signRecords } from './network.ts'
import type { BenchNetwork } from './network.ts'
import type { Figure } from './report.ts'

/** Senders at work at once and what each sends before it waits: enough to fill blocks, bounded in memory. */
const SENDERS = 20
const PER_SENDER = Number(process.env.PS ?? 500)

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

/** Durable records per second of one algorithm, against the checks per second of the same run. */
export async function benchRecords(algorithm: Algorithm, count: number): Promise<Figure[]> {
  const primitives = createNodePrimitives()
  const verifier = createWorkerVerifier(primitives)
  const network = await createNetwork({ primitives, verifier, deviceCount: 400, algorithm })
  try {
    const submissions = await signRecords(network, Math.ceil(count / 400), 250, primitives)
    await submitAll(network, submissions.slice(0, 4000))
    const before = await measureCeiling(algorithm, primitives)
    const bytesBefore = await bytesOf(join(network.directory, 'store'))
    const rest = submissions.slice(4000)
    const rate = await submitAll(network, rest)
    const ceiling = (before + (await measureCeiling(algorithm, primitives))) / 2
    const stored = ((await bytesOf(join(network.directory, 'store'))) - bytesBefore) / rest.length
    const carried = (rest[0] as Submission).bytes.length + ((rest[0] as Submission).attachments[0] as Uint8Array).length
    const figures: Figure[] = [
      { name: `${algorithm}: checks, all cores`, value: ceiling, unit: '/s' },
      { name: `${algorithm}: records certified, in process`, value: rate, unit: '/s', ratio: rate / ceiling, budget: 'ratio 0.75', isWithinBudget: rate / ceiling >= 0.75 },
    ]
    if (algorithm !== 'EdDSA') return figures
    return [
      ...figures,
      { name: 'envelope of a sealed record, body apart', value: (rest[0] as Submission).bytes.length, unit: 'B', budget: '280 B', isWithinBudget: (rest[0] as Submission).bytes.length <= 280 },
      { name: 'stored for a record', value: stored, unit: 'B', ratio: stored / carried, budget: 'ratio 1.3 of transaction and body', isWithinBudget: stored / carried <= 1.3 },
    ]
  } finally {
    await network.close()
    await verifier.close()
  }
}

/** Bytes of all files below a folder. */
export async function bytesOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(files.filter((file) => file.isFile()).map(async (file) => (await stat(join(file.parentPath, file.name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
