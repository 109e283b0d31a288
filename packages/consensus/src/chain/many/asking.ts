import { TelltaleError } from '@telltale/core'
import type { CatchUp } from './catch-up.ts'
import type { EngineCore } from './core.ts'
import type { Standing } from './standing.ts'

/** Asks others by itself: whoever connects, and after that one of all in turn, for what gossip lost comes this way. */
export interface Asking {
  ask(peer: string): void
  start(): void
  stop(): void
}

const EVERY_MS = 5_000

interface AskingInit {
  core: Pick<EngineCore, 'clock' | 'exchange'>
  catchUp: CatchUp
  standing: Standing | null
  isStopped(): boolean
  /** Told of what nobody else caused. */
  fell(error: unknown): void
}

export function createAsking({ core: { clock, exchange }, catchUp, standing, isStopped, fell }: AskingInit): Asking {
  let turn = 0
  let cancel: () => void = () => undefined
  const ask = (peer: string): void => {
    catchUp.from(peer)
    if (standing?.isOpen && !isStopped()) void standing.from(peer).catch((error: unknown) => (error instanceof TelltaleError ? undefined : fell(error)))
  }
  const compare = (): void => {
    const peers = exchange.peers()
    const next = peers[turn++ % Math.max(1, peers.length)]
    // An authority that starts asks all again, as long as some have not said what it signed.
    for (const peer of peers) if (peer === next || standing?.isOpen) ask(peer)
    cancel = clock.after(EVERY_MS, compare)
  }
  return {
    ask,
    start: () => void (cancel = clock.after(EVERY_MS, compare)),
    stop: () => cancel(),
  }
}
