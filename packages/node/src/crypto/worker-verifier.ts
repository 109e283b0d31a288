import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { fail, isValidSignature } from '@telltale/core'
import type { Primitives, SignatureCheck } from '@telltale/core'
import type { SignatureVerifier } from '@telltale/consensus'
import { packChecks } from './verification-protocol.ts'

/** Checks in one message: enough that handing over costs little, few enough that all workers have some. */
const BATCH_MAX = 64
/** Up to so many checks at an idle moment are made at once here: quicker than asking a worker. */
const INLINE_MAX = 2
/** Messages a worker may have: enough that it does not idle while the main thread executes a block. */
const MESSAGES_PER_WORKER = 16

interface Pending {
  check: SignatureCheck
  resolve(isValid: boolean): void
  reject(error: unknown): void
}

interface Hand {
  worker: Worker
  batches: Pending[][]
}

export interface WorkerVerifier extends SignatureVerifier {
  close(): Promise<void>
}

/** Checks signatures on every core. Workers start with the first full load and do not keep the process alive. */
export function createWorkerVerifier(primitives: Primitives, workerCount = availableParallelism()): WorkerVerifier {
  let waiting: Pending[] = []
  let hands: Hand[] | null = null
  let isScheduled = false

  const flush = (): void => {
    isScheduled = false
    if (waiting.length <= INLINE_MAX && (hands ?? []).every((hand) => hand.batches.length === 0)) return checkHere()
    hands ??= Array.from({ length: workerCount }, startHand)
    while (waiting.length > 0) {
      const hand = hands.reduce((least, other) => (other.batches.length < least.batches.length ? other : least))
      if (hand.batches.length >= MESSAGES_PER_WORKER) return
      const batch = waiting.slice(0, BATCH_MAX)
      waiting = waiting.slice(BATCH_MAX)
      const buffer = packChecks(batch.map((pending) => pending.check))
      hand.batches.push(batch)
      hand.worker.postMessage(buffer, [buffer])
    }
  }

  const checkHere = (): void => {
    const batch = waiting
    waiting = []
    for (const { check, resolve, reject } of batch) Promise.resolve(isValidSignature(check, primitives)).then(resolve, reject)
  }

  const startHand = (): Hand => {
    const worker = new Worker(new URL('verification-worker.ts', import.meta.url))
    worker.unref()
    const hand: Hand = { worker, batches: [] }
    worker.on('message', (answers: Uint8Array) => {
      const batch = hand.batches.shift() ?? []
      batch.forEach(({ resolve }, i) => resolve(answers[i] === 1))
      flush()
    })
    worker.on('error', (cause) => {
      const lost = hand.batches.splice(0).flat()
      for (const { reject } of lost) reject(fail('verification-failed', 'A worker that checks signatures failed.', { cause }))
    })
    return hand
  }

  const checkOne = (check: SignatureCheck): Promise<boolean> =>
    new Promise((resolve, reject) => {
      waiting.push({ check, resolve, reject })
      if (isScheduled) return
      isScheduled = true
      setImmediate(flush)
    })

  return {
    async verify(checks) {
      const [first] = checks
      if (first && checks.length === 1) return checkOne(first)
      const answers = await Promise.all(checks.map(checkOne))
      return answers.every(Boolean)
    },
    async close() {
      await Promise.all((hands ?? []).map((hand) => hand.worker.terminate()))
    },
  }
}
