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

/** So much a second, and no more than `burst` saved up. May be taken below nothing. */
function createBucket(clock: Clock, perSecond: number, burst: number): { left(): number; take(amount: number): void } {
  let left = burst
  let atMs = clock.nowMs()
  return {
    left() {
      const nowMs = clock.nowMs()
      left = Math.min(burst, left + (Math.max(0, nowMs - atMs) / 1000) * perSecond)
      atMs = nowMs
      return left
    },
    take: (amount) => void (left -= amount),
  }
}

export function createAllowance(clock: Clock, rate: Rate): Allowance {
  const messages = createBucket(clock, rate.perSecond, rate.burst)
  const content = createBucket(clock, rate.bytesPerSecond, rate.bytesBurst)
  return {
    take(bytes) {
      const [messagesLeft, bytesLeft] = [messages.left(), content.left()]
      if (messagesLeft < 1 || bytesLeft < bytes) return false
      messages.take(1)
      content.take(bytes)
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
  const bucket = createBucket(clock, ANSWERED_BYTES_PER_SECOND, ANSWERED_BYTES_BURST)
  return {
    async ready() {
      for (let left = bucket.left(); left < 0; left = bucket.left()) {
        const missingMs = Math.ceil((-left / ANSWERED_BYTES_PER_SECOND) * 1000)
        await new Promise<void>((resolve) => void clock.after(missingMs, resolve))
      }
    },
    spend: (bytes) => bucket.take(bytes),
  }
}
