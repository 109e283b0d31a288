import { createWorkerVerifier } from '@telltale/node'
import type { Algorithm, Primitives, SignatureCheck } from '@telltale/core'
import { createKey } from './network.ts'

/** What one of many costs: time on the clock, and time of all cores, which others who use the machine disturb less. */
export interface Cost {
  seconds: number
  cpuSeconds: number
}

/** What each of `count` costs while `run` does them all. */
export async function measureCost(count: number, run: () => Promise<unknown>): Promise<Cost> {
  const [startedMs, used] = [performance.now(), process.cpuUsage()]
  await run()
  const { user, system } = process.cpuUsage(used)
  return { seconds: (performance.now() - startedMs) / 1000 / count, cpuSeconds: (user + system) / 1e6 / count }
}

/** What the check of a signature costs this machine with all its cores and nothing else to do: what every rate is compared with. */
export async function measureCeiling(algorithm: Algorithm, primitives: Primitives, count = 10_000): Promise<Cost> {
  const key = await createKey(algorithm, primitives)
  const message = new Uint8Array(430).fill(7)
  const signatures = await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    const own = message.slice()
    own[0] = i
    return { key: key.signer.publicKey, message: own, signature: await key.signer.sign(own) }
  }))
  const verifier = createWorkerVerifier(primitives)
  const check = async (i: number): Promise<boolean> => verifier.verify([signatures[i % signatures.length] as SignatureCheck])
  await Promise.all(Array.from({ length: 500 }, (_, i) => check(i)))
  const cost = await measureCost(count, () => Promise.all(Array.from({ length: count }, (_, i) => check(i))))
  await verifier.close()
  return cost
}
