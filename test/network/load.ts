import { setTimeout as wait } from 'node:timers/promises'
import type { SeededRandom } from '@telltale/testing'
import type { RelayedNode } from './relayed-nodes.ts'
import type { Admit } from './trial.ts'

/** Somebody is admitted every now and then, through nodes by chance, and who was told to be certified is remembered outside of all of them. */
export interface Load {
  /** Addresses whose admission was acknowledged as certified. */
  readonly certified: ReadonlySet<string>
  readonly sent: number
  /** From now on through these nodes only. */
  through(nodes: RelayedNode[]): void
  /** Waits for what was sent; nothing is sent until `through` is called again. */
  rest(): Promise<void>
  stop(): Promise<void>
}

const EVERY_MS = 300
/** Answers that are waited for at once: what a node that is cut off took does not come before it is healed. */
const OPEN_MAX = 24
const REST_MS = 10_000

export function startLoad(admit: Admit, random: SeededRandom): Load {
  const certified = new Set<string>()
  const open = new Set<Promise<void>>()
  let nodes: RelayedNode[] = []
  let sent = 0
  let isStopped = false
  const one = async (through: RelayedNode): Promise<void> => {
    try {
      const { address, results } = await admit(through)
      if (results[0]?.status === 'certified') certified.add(address)
    } catch {
      // Whoever is killed or cut off acknowledges nothing.
    }
  }
  const send = async (): Promise<void> => {
    while (!isStopped) {
      const able = nodes.filter(({ running }) => running !== null)
      if (able.length > 0 && open.size < OPEN_MAX) {
        const sending = one(random.pick(able))
        open.add(sending)
        void sending.then(() => open.delete(sending))
        sent += 1
      }
      await wait(EVERY_MS)
    }
  }
  const done = send()
  const rest = async (): Promise<void> => {
    nodes = []
    await Promise.race([Promise.all(open), wait(REST_MS)])
  }
  return {
    certified,
    get sent() {
      return sent
    },
    through: (through) => void (nodes = through),
    rest,
    async stop() {
      isStopped = true
      await rest()
      await done
    },
  }
}
