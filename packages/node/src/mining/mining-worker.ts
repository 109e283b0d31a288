import { parentPort } from 'node:worker_threads'
import { createNonceSearch } from './nonce-search.ts'

/** What a thread is to search. Both ends are ours, so nothing is checked. */
export interface MiningJob {
  number: number
  headerBytes: Uint8Array
  difficulty: number
  /** Nonce to begin with, another one for each thread. */
  start: Uint8Array
  /** The number of the job that is wanted now; where it is another one, the search ends. */
  wanted: Int32Array
  /** Tries of all threads, ever, and the microseconds that they took. */
  counts: BigInt64Array
}

/** What became of it: a nonce, or null where it was called off or its time was over. */
export interface MiningAnswer {
  number: number
  nonce: Uint8Array | null
}

/** Tries between two looks at whether the job is still wanted: a few milliseconds. */
const BATCH = 4096
/** No search goes on for longer, whatever becomes of those who wanted it; the engine begins anew long before. */
const SEARCH_MS_MAX = 60_000

function search({ number, headerBytes, difficulty, start, wanted, counts }: MiningJob): MiningAnswer {
  let lookedMs = performance.now()
  const endMs = lookedMs + SEARCH_MS_MAX
  const nonces = createNonceSearch(headerBytes, difficulty, start)
  while (Atomics.load(wanted, 0) === number && lookedMs < endMs) {
    const nonce = nonces.try(BATCH)
    const nowMs = performance.now()
    Atomics.add(counts, 0, BigInt(BATCH))
    Atomics.add(counts, 1, BigInt(Math.ceil((nowMs - lookedMs) * 1000)))
    lookedMs = nowMs
    if (nonce) return { number, nonce }
  }
  return { number, nonce: null }
}

parentPort?.on('message', (job: MiningJob) => parentPort?.postMessage(search(job), []))
