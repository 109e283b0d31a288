import type { Clock } from './clock.ts'
import { GOSSIP_BURST, GOSSIP_BYTES_BURST, GOSSIP_BYTES_PER_SECOND, GOSSIP_PER_SECOND } from './limits.ts'

/** What one peer may say: so much a second, with what it saved up by being quiet. */
export interface Allowance {
  /** False where it says too much. */
  take(bytes: number): boolean
}

export interface Rate {
  perSecond: number
  burst: number
  bytesPerSecond: number
  bytesBurst: number
}

export const PEER_RATE: Rate = { perSecond: GOSSIP_PER_SECOND, burst: GOSSIP_BURST, bytesPerSecond: GOSSIP_BYTES_PER_SECOND, bytesBurst: GOSSIP_BYTES_BURST }

export function createAllowance(clock: Clock, rate: Rate): Allowance {
  let messages = rate.burst
  let left = rate.bytesBurst
  let atMs = clock.nowMs()
  return {
    take(bytes) {
      const nowMs = clock.nowMs()
      const seconds = Math.max(0, nowMs - atMs) / 1000
      atMs = nowMs
      messages = Math.min(rate.burst, messages + seconds * rate.perSecond)
      left = Math.min(rate.bytesBurst, left + seconds * rate.bytesPerSecond)
      if (messages < 1 || left < bytes) return false
      messages -= 1
      left -= bytes
      return true
    },
  }
}
