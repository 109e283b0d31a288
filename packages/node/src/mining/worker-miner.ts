import { randomBytes } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { Miner } from '@telltale/consensus'
import type { MiningAnswer, MiningJob } from './mining-worker.ts'

export interface MiningStatus {
  threads: number
  /** Hashes tried since it began. */
  tries: number
  /** In the mean while it searched; 0 before. */
  triesPerSecond: number
}

/** Does work in threads of its own, one search at a time; a new one calls off the one before. Threads start with the first and do not keep the process alive. */
export interface WorkerMiner extends Miner {
  status(): MiningStatus
  /** From now on with so many; a search that goes on goes on with them, or rests with none until it is called off. */
  setThreads(count: number): Promise<void>
  close(): Promise<void>
}

interface Search {
  number: number
  headerBytes: Uint8Array
  difficulty: number
  /** Threads that have not answered. */
  open: number
  end(nonce: Uint8Array | null): void
}

export function createWorkerMiner(threadsAtFirst: number): WorkerMiner {
  let threads = threadsAtFirst
  const wanted = new Int32Array(new SharedArrayBuffer(4))
  const counts = new BigInt64Array(new SharedArrayBuffer(16))
  let workers: Worker[] | null = null
  let search: Search | null = null
  let count = 0

  const end = (nonce: Uint8Array | null): void => {
    const ended = search
    search = null
    Atomics.store(wanted, 0, 0)
    ended?.end(nonce)
  }
  const start = (): Worker => {
    const worker = new Worker(new URL('mining-worker.ts', import.meta.url))
    worker.unref()
    worker.on('message', ({ number, nonce }: MiningAnswer) => {
      if (search?.number !== number) return
      search.open -= 1
      if (nonce || search.open === 0) end(nonce)
    })
    // A thread that fails takes the others with it: the next search starts with new ones.
    worker.on('error', () => {
      void stop()
      end(null)
    })
    return worker
  }
  const stop = async (): Promise<void> => {
    const stopped = workers ?? []
    workers = null
    await Promise.all(stopped.map((worker) => worker.terminate()))
  }

  const launch = (wish: Pick<Search, 'headerBytes' | 'difficulty' | 'end'>): Search => {
    workers ??= Array.from({ length: threads }, start)
    const { headerBytes, difficulty } = wish
    const number = (count = (count % 0x7fff_ffff) + 1)
    Atomics.store(wanted, 0, number)
    // Others may search the same header: each begins somewhere else.
    for (const worker of workers) worker.postMessage({ number, headerBytes, difficulty, start: new Uint8Array(randomBytes(8)), wanted, counts } satisfies MiningJob, [])
    return { ...wish, number, open: threads }
  }

  return {
    async solve(headerBytes, difficulty, signal) {
      end(null)
      if (signal.aborted) return null
      const { promise: found, resolve } = Promise.withResolvers<Uint8Array | null>()
      search = launch({ headerBytes, difficulty, end: resolve })
      const callOff = (): void => {
        if (search?.end === resolve) end(null)
      }
      signal.addEventListener('abort', callOff, { once: true })
      const nonce = await found
      signal.removeEventListener('abort', callOff)
      return nonce
    },
    status() {
      const [tries, micros] = [Number(counts[0]), Number(counts[1])]
      return { threads, tries, triesPerSecond: micros === 0 ? 0 : Math.round((tries * threads * 1_000_000) / micros) }
    },
    async setThreads(wished) {
      threads = wished
      const stopped = stop()
      if (search) search = launch(search)
      await stopped
    },
    async close() {
      end(null)
      await stop()
    },
  }
}
