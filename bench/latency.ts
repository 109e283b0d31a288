import { createNodePrimitives, createWorkerVerifier } from '@telltale/node'
import { createNetwork, signRecords } from './network.ts'
import { at } from './report.ts'
import type { Figure } from './report.ts'

/** One record at a time: from submit to receipt in hand. */
export async function benchLatency(count: number): Promise<Figure[]> {
  const primitives = createNodePrimitives()
  const verifier = createWorkerVerifier(primitives)
  const network = await createNetwork({ primitives, verifier, deviceCount: 10, algorithm: 'EdDSA' })
  try {
    const submissions = await signRecords(network, Math.ceil(count / 10), 250, primitives)
    const timesMs: number[] = []
    for (const submission of submissions) {
      const startedMs = performance.now()
      const { index } = await network.chain.submit(submission)
      await network.chain.receipt(index)
      timesMs.push(performance.now() - startedMs)
    }
    timesMs.splice(0, Math.floor(count / 10))
    timesMs.sort((a, b) => a - b)
    return [
      { name: 'submit to receipt, one at a time, p50', value: at(timesMs, 0.5), unit: 'ms', budget: '1 ms', isWithinBudget: at(timesMs, 0.5) <= 1 },
      { name: 'submit to receipt, one at a time, p99', value: at(timesMs, 0.99), unit: 'ms' },
    ]
  } finally {
    await network.close()
    await verifier.close()
  }
}
