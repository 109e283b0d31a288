import type { Clock } from './clock.ts'
import { ADDRESSES_MAX, DIALS_MAX, PEERS_WANTED, REFUSED_RETRY_MS_MAX, RETRY_MS_MIN, UNREACHABLE_RETRY_MS_MAX } from './limits.ts'

export interface ConnectorComponents {
  clock: Clock
  /** From 0 to below 1, so that nodes that were started together do not try together for ever. */
  random(): number
  ownId: string
  connect(address: string): Promise<string>
  isConnected(peer: string): boolean
  /** Peers that are connected now. */
  connectedCount(): number
  /** Whether a connection with the peer may exist. */
  allows(peer: string): boolean
  /** Told once for each row of failures, and for bootstrap addresses only. */
  onUnreachable(address: string, error: unknown): void
}

/**
 * Looks for peers: at the bootstrap addresses for ever, so that it does not matter who starts first, and, while there are fewer than are wanted, at what was
 * learned. Each try that fails makes the pause before the next longer.
 */
export interface Connector {
  start(): void
  stop(): void
  /** Learned of a peer. */
  learn(peer: string, addresses: string[]): void
  /** Learned of addresses without knowing who is there. */
  learnAddresses(addresses: string[]): void
  /** The peer is greeted: pauses begin anew. */
  onGreeted(peer: string): void
}

interface Target {
  addresses: string[]
  isBootstrap: boolean
  peer: string | null
  failures: number
  nextMs: number
  isDialing: boolean
}

/** Targets that were learned; what fails too often goes, to be learned again. */
const LEARNED_MAX = 512
const LEARNED_FAILURES_MAX = 6

export function createConnector(components: ConnectorComponents, bootstrap: string[]): Connector {
  const { clock, random, ownId, connect, isConnected, connectedCount, allows } = components
  const targets = new Map<string, Target>(bootstrap.map((address) => [address, newTarget([address], true, null)]))
  let dialing = 0
  let cancel: (() => void) | null = null

  const dial = async (key: string, target: Target): Promise<void> => {
    target.isDialing = true
    dialing += 1
    let retryMsMax = REFUSED_RETRY_MS_MAX
    const address = target.addresses[target.failures % target.addresses.length] as string
    try {
      target.peer = await connect(address)
      if (target.peer === ownId) targets.delete(key)
    } catch (error) {
      retryMsMax = UNREACHABLE_RETRY_MS_MAX
      if (target.isBootstrap && target.failures === 0) components.onUnreachable(address, error)
    }
    // Counted as one that failed until the peer is greeted.
    target.failures += 1
    target.nextMs = clock.nowMs() + Math.min(retryMsMax, RETRY_MS_MIN * 2 ** Math.min(16, target.failures - 1)) * (0.75 + random() / 2)
    target.isDialing = false
    dialing -= 1
    if (!target.isBootstrap && target.failures >= LEARNED_FAILURES_MAX && !(target.peer !== null && isConnected(target.peer))) targets.delete(key)
  }
  const isDue = ({ peer, isBootstrap, isDialing, nextMs }: Target): boolean =>
    !isDialing && nextMs <= clock.nowMs() && (peer === null || (!isConnected(peer) && allows(peer))) && (isBootstrap || connectedCount() + dialing < PEERS_WANTED)
  const look = (): void => {
    cancel = clock.after(RETRY_MS_MIN / 2, look)
    for (const [key, target] of targets) if (dialing < DIALS_MAX && isDue(target)) void dial(key, target)
  }
  const learnAt = (key: string, peer: string | null, addresses: string[]): void => {
    const known = targets.get(key)
    if (known) {
      if (!known.isBootstrap) known.addresses = addresses
      return
    }
    if (targets.size >= bootstrap.length + LEARNED_MAX) {
      // What was learned the longest ago makes room.
      const oldest = [...targets].find(([, target]) => !target.isBootstrap && !target.isDialing)
      if (oldest) targets.delete(oldest[0])
    }
    targets.set(key, newTarget(addresses, false, peer))
  }
  return {
    start: look,
    stop() {
      cancel?.()
      cancel = null
    },
    learn(peer, addresses) {
      if (peer !== ownId && addresses.length > 0) learnAt(peer, peer, addresses.slice(0, ADDRESSES_MAX))
    },
    learnAddresses(addresses) {
      for (const address of addresses) learnAt(address, null, [address])
    },
    onGreeted(peer) {
      for (const target of targets.values()) if (target.peer === peer) target.failures = 0
    },
  }
}

function newTarget(addresses: string[], isBootstrap: boolean, peer: string | null): Target {
  return { addresses, isBootstrap, peer, failures: 0, nextMs: 0, isDialing: false }
}
