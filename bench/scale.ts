import { join } from 'node:path'
import { openLedger } from '@telltale/ledger'
import { createNodePrimitives, createWorkerVerifier } from '@telltale/node'
import { createStore } from '@telltale/storage'
import type { Submission } from '@telltale/core'
import { measureCost } from './ceiling.ts'
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

/** What 50,000 records in a row came to, and the same against the checks per second just before and after them, since others use the machine; their CPU time is what these disturb least. */
interface Stretch {
  perSecond: number
  ofChecks: number
  cpuSeconds: number
}

/** A run that has taken so long says what it found until then: on a machine whose cores are all in use a million records may take an hour. */
const RUN_MS_MAX = 45 * 60_000

/** Throughput as the ledger grows, memory of the process, and how long a start takes. Says on standard error how far it is. */
export async function benchScale(planned: number): Promise<Figure[]> {
  const primitives = createNodePrimitives()
  const verifier = createWorkerVerifier(primitives)
  const network = await createNetwork({ primitives, verifier, deviceCount: DEVICES, algorithm: 'EdDSA' })
  const stretches: Stretch[] = []
  let signing: SigningProcess | null = null
  let carried = 0
  let total = 0
  try {
    signing = startSigning(network)
    const beganMs = performance.now()
    while (total < planned && performance.now() - beganMs < RUN_MS_MAX) {
      const before = await signing.ceiling()
      let [seconds, cpuSeconds] = [0, 0]
      for (let signed = 0; signed < STRETCH; signed += CHUNK) {
        const submissions = await signing.sign(CHUNK / DEVICES)
        carried = carriedBytes(submissions[0] as Submission)
        const cost = await measureCost(1, () => submitAll(network, submissions))
        seconds += cost.seconds
        cpuSeconds += cost.cpuSeconds
      }
      const after = await signing.ceiling()
      total += STRETCH
      stretches.push({ perSecond: STRETCH / seconds, ofChecks: ((before.seconds + after.seconds) / 2 / seconds) * STRETCH, cpuSeconds })
      tellProgress(stretches.at(-1) as Stretch, total, planned, performance.now() - beganMs)
    }
    const rssMegabytes = process.memoryUsage().rss / 1e6
    const stored = (await storedBytes(network)) / total
    const startedMs = performance.now()
    const store = await createStore({ directory: join(network.directory, 'store'), create: false })
    await openLedger({ store, primitives })
    const startSeconds = (performance.now() - startedMs) / 1000
    await store.close()
    const [first, last] = [stretches[0], stretches.at(-1)] as [Stretch, Stretch]
    const [rate, ratio] = [last.ofChecks / first.ofChecks, first.cpuSeconds / last.cpuSeconds]
    return [
      { name: `records/s at ${total.toLocaleString('en')}, of checks`, value: last.perSecond, unit: '/s', ratio: last.ofChecks },
      { name: `the same against the first ${STRETCH.toLocaleString('en')}, by the clock`, value: rate, unit: '' },
      { name: `the same against the first ${STRETCH.toLocaleString('en')}, by CPU time`, value: ratio, unit: '', budget: 'ratio 0.9', isWithinBudget: ratio >= 0.9 },
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

function tellProgress({ perSecond, ofChecks, cpuSeconds }: Stretch, total: number, planned: number, ms: number): void {
  const [done, all, rate] = [total, planned, Math.round(perSecond)].map((value) => value.toLocaleString('en'))
  console.error(`${done} of ${all} records after ${(ms / 60_000).toFixed(1)} min; the last at ${rate}/s, ${ofChecks.toFixed(2)} of the checks, ${((cpuSeconds / STRETCH) * 1e6).toFixed(0)} us CPU each; memory ${Math.round(process.memoryUsage().rss / 1e6)} MB`)
}
