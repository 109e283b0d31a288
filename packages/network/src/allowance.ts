import type { Clock } from './clock.ts'
import { ANSWERED_BYTES_BURST, ANSWERED_BYTES_PER_SECOND, GOSSIP_BURST, GOSSIP_BYTES_BURST, GOSSIP_BYTES_PER_SECOND, GOSSIP_PER_SECOND } from './limits.ts'

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

/** What one peer is given for its questions. How long an answer is shows when it is made, so that it may go below nothing; the next waits until that is made up for. */
export interface AnswerBudget {
  /** Resolves when the peer may be answered. */
  ready(): Promise<void>
  spend(bytes: number): void
}

export function createAnswerBudget(clock: Clock): AnswerBudget {
  let left = ANSWERED_BYTES_BURST
  let atMs = clock.nowMs()
  const fill = (): void => {
    const nowMs = clock.nowMs()
    left = Math.min(ANSWERED_BYTES_BURST, left + (Math.max(0, nowMs - atMs) / 1000) * ANSWERED_BYTES_PER_SECOND)
    atMs = nowMs
  }
  return {
    async ready() {
      for (fill(); left < 0; fill()) {
        const missing = Math.ceil((-left / ANSWERED_BYTES_PER_SECOND) * 1000)
        await new Promise<void>((resolve) => void clock.after(Math.max(1, missing), resolve))
      }
    },
    spend(bytes) {
      fill()
      left -= bytes
    },
  }
}
