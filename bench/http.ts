import { createNodePrimitives, createWorkerVerifier } from '@telltale/node'
import { serveNetwork } from './api.ts'
import { measureCeiling, measureCost } from './ceiling.ts'
import type { Cost } from './ceiling.ts'
import { startHttpLoad } from './http-load.ts'
import type { HttpLoad, LoadResult } from './http-load.ts'
import { createNetwork } from './network.ts'
import { at } from './report.ts'
import type { Figure } from './report.ts'

const DEVICES = 400
const BUDGETS: Record<number, number> = { 1: 0.35, 100: 0.7 }

/** Durable records per second over HTTP by 1, 10 and 100 a request, the client on the same machine, against the checks per second of the same run. */
export async function benchHttp(count: number): Promise<Figure[]> {
  const primitives = createNodePrimitives()
  const verifier = createWorkerVerifier(primitives)
  const network = await createNetwork({ primitives, verifier, deviceCount: DEVICES, algorithm: 'EdDSA' })
  const api = await serveNetwork(network, primitives)
  const load = startHttpLoad({ network: network.network, secrets: network.secrets, port: api.port })
  try {
    await load.run({ perDevice: 5, perPost: 1, connections: 50 })
    const figures = await latency(load, Math.max(400, Math.round(count / 20)))
    for (const perPost of [1, 10, 100]) figures.push(...(await rate(load, perPost, count, () => measureCeiling('EdDSA', primitives))))
    return figures
  } finally {
    load.stop()
    await api.close()
    await network.close()
    await verifier.close()
  }
}

async function latency(load: HttpLoad, count: number): Promise<Figure[]> {
  const { timesMs } = await load.run({ perDevice: Math.ceil(count / DEVICES), perPost: 1, connections: 1 })
  const p50 = at(timesMs, 0.5)
  return [
    { name: 'HTTP: one record, submit to receipt, p50', value: p50, unit: 'ms', budget: '3 ms', isWithinBudget: p50 < 3 },
    { name: 'HTTP: one record, submit to receipt, p99', value: at(timesMs, 0.99), unit: 'ms' },
  ]
}

async function rate(load: HttpLoad, perPost: number, count: number, ceilingOf: () => Promise<Cost>): Promise<Figure[]> {
  const before = await ceilingOf()
  const plan = { perDevice: Math.max(perPost === 1 ? 5 : 25, Math.round(count / DEVICES)), perPost, connections: perPost === 1 ? 100 : 40 }
  let result: LoadResult = { records: 0, ms: 0, timesMs: [] }
  // Of this process: the devices are in another.
  const { cpuSeconds } = await measureCost(plan.perDevice * DEVICES, async () => {
    result = await load.run(plan)
  })
  const { records, ms, timesMs } = result
  const after = await ceilingOf()
  const perSecond = records / (ms / 1000)
  const ratio = ((before.seconds + after.seconds) / 2) * perSecond
  const budget = BUDGETS[perPost]
  return [
    { name: `HTTP: records by ${perPost} a POST`, value: perSecond, unit: '/s', ratio, ...(budget === undefined ? {} : { budget: `ratio ${budget}`, isWithinBudget: ratio >= budget }) },
    { name: `HTTP: CPU time of a record by ${perPost} a POST, of its check`, value: cpuSeconds * 1e6, unit: 'us', ratio: (before.cpuSeconds + after.cpuSeconds) / 2 / cpuSeconds },
    { name: `HTTP: a POST of ${perPost}, p50`, value: at(timesMs, 0.5), unit: 'ms' },
    { name: `HTTP: a POST of ${perPost}, p99`, value: at(timesMs, 0.99), unit: 'ms' },
  ]
}
