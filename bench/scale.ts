import { join } from 'node:path'
import { openLedger } from '@telltale/ledger'
import { createNodePrimitives, createWorkerVerifier } from '@telltale/node'
import { createStore } from '@telltale/storage'
import type { Submission } from '@telltale/core'
import { createNetwork } from './network.ts'
import type { Figure } from './report.ts'
import { startSigning } from './signing-process.ts'
import type { SigningProcess } from './signing-process.ts'
import { carriedBytes, storedBytes, submitAll } from './throughput.ts'

const DEVICES = 1000
/** Records that one rate is measured over. */
const STRETCH = 50_000
/** Records signed ahead at a time, so that memory shows the node and not the bench. */
const CHUNK = 5_000

/** Throughput as the ledger grows, memory of the process, and how long a start takes. */
export async function benchScale(total: number): Promise<Figure[]> {
  const primitives = createNodePrimitives()
  const verifier = createWorkerVerifier(primitives)
  const network = await createNetwork({ primitives, verifier, deviceCount: DEVICES, algorithm: 'EdDSA' })
  const rates: number[] = []
  let signing: SigningProcess | null = null
  let carried = 0
  try {
    signing = startSigning(network)
    for (let done = 0; done < total; done += STRETCH) {
      let seconds = 0
      for (let signed = 0; signed < STRETCH; signed += CHUNK) {
        const submissions = await signing.sign(CHUNK / DEVICES)
        carried = carriedBytes(submissions[0] as Submission)
        seconds += CHUNK / (await submitAll(network, submissions))
      }
      rates.push(STRETCH / seconds)
    }
    const rssMegabytes = process.memoryUsage().rss / 1e6
    const stored = (await storedBytes(network)) / total
    const startedMs = performance.now()
    const store = await createStore({ directory: join(network.directory, 'store'), create: false })
    await openLedger({ store, primitives })
    const startSeconds = (performance.now() - startedMs) / 1000
    await store.close()
    const first = rates[0] as number
    const last = rates.at(-1) as number
    return [
      { name: `records/s at ${total.toLocaleString('en')} against the first ${STRETCH.toLocaleString('en')}`, value: last, unit: '/s', ratio: last / first, budget: 'ratio 0.9', isWithinBudget: last / first >= 0.9 },
      { name: `memory of the process at ${total.toLocaleString('en')}`, value: rssMegabytes, unit: 'MB', budget: '500 MB', isWithinBudget: rssMegabytes <= 500 },
      { name: `stored for a record at ${total.toLocaleString('en')}`, value: stored, unit: 'B', ratio: stored / carried, budget: 'ratio 1.3 of transaction and body', isWithinBudget: stored / carried <= 1.3 },
      { name: `start at ${total.toLocaleString('en')}`, value: startSeconds, unit: 's', budget: '10 s', isWithinBudget: startSeconds <= 10 },
    ]
  } finally {
    signing?.stop()
    await network.close()
    await verifier.close()
  }
}
