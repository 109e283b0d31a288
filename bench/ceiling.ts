import { createWorkerVerifier } from '@telltale/node'
import type { Algorithm, Primitives, SignatureCheck } from '@telltale/core'
import { createKey } from './network.ts'

/** How many signatures a second this machine can check with all its cores and nothing else to do: what every rate is compared with. */
export async function measureCeiling(algorithm: Algorithm, primitives: Primitives, count = 10_000): Promise<number> {
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
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: count }, (_, i) => check(i)))
  const perSecond = count / ((performance.now() - startedMs) / 1000)
  await verifier.close()
  return perSecond
}
