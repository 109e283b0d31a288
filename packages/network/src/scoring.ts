import type { Clock } from './clock.ts'
import { BLAME_MAX, CUT_OFF_FORGIVEN_MS, CUT_OFF_MS_MAX, CUT_OFF_MS_MIN, FORGIVEN_PER_MINUTE, SCORES_MAX } from './limits.ts'

/** How much a fault weighs, out of `BLAME_MAX`; what is not listed weighs 25. The heavy ones no version of an honest peer commits. */
const WEIGHTS: ReadonlyMap<string, number> = new Map([
  ['message-too-large', BLAME_MAX],
  ['malformed-message', BLAME_MAX],
  ['malformed-greeting', BLAME_MAX],
  ['invalid-signature', 50],
  ['gossip-rejected', 20],
  ['flood', 20],
  // A node that waits to be admitted tries every half minute and is forgiven as fast; who tries all the time is kept from it.
  ['greeting-refused', 1],
  ['peer-slow', 10],
])
const WEIGHT_OTHERWISE = 25

interface Score {
  blame: number
  atMs: number
  cutOffs: number
  cutOffUntilMs: number
}

export interface Scoring {
  /** Says until when the peer is cut off, where this made it so. */
  blame(peer: string, code: string): number | null
  isCutOff(peer: string): boolean
  /** 0 is blameless, `BLAME_MAX` is cut off. */
  blameOf(peer: string): number
  cutOffUntilMs(peer: string): number | null
}

/** Blame adds up and is forgiven slowly; who has too much is cut off, each time for twice as long. Memory is bounded: who was blamed the longest ago goes first. */
export function createScoring(clock: Clock): Scoring {
  const scores = new Map<string, Score>()
  const current = (peer: string): Score | null => {
    const score = scores.get(peer)
    if (!score) return null
    const nowMs = clock.nowMs()
    const sinceMs = Math.max(0, nowMs - score.atMs)
    return { ...score, blame: Math.max(0, score.blame - (sinceMs / 60_000) * FORGIVEN_PER_MINUTE) }
  }
  const keep = (peer: string, score: Score): void => {
    scores.delete(peer)
    scores.set(peer, score)
    if (scores.size > SCORES_MAX) scores.delete(scores.keys().next().value as string)
  }
  return {
    blame(peer, code) {
      const nowMs = clock.nowMs()
      const { blame, cutOffs, cutOffUntilMs } = current(peer) ?? { blame: 0, cutOffs: 0, cutOffUntilMs: 0 }
      if (cutOffUntilMs > nowMs) return null
      const total = blame + (WEIGHTS.get(code) ?? WEIGHT_OTHERWISE)
      if (total < BLAME_MAX) {
        keep(peer, { blame: total, atMs: nowMs, cutOffs, cutOffUntilMs })
        return null
      }
      const counted = Math.max(0, cutOffs - (cutOffUntilMs === 0 ? 0 : Math.floor((nowMs - cutOffUntilMs) / CUT_OFF_FORGIVEN_MS)))
      const untilMs = nowMs + Math.min(CUT_OFF_MS_MAX, CUT_OFF_MS_MIN * 2 ** counted)
      // It comes back on trial: half of the blame is still there.
      keep(peer, { blame: BLAME_MAX / 2, atMs: untilMs, cutOffs: counted + 1, cutOffUntilMs: untilMs })
      return untilMs
    },
    isCutOff: (peer) => (scores.get(peer)?.cutOffUntilMs ?? 0) > clock.nowMs(),
    blameOf: (peer) => {
      const score = current(peer)
      return score === null ? 0 : score.cutOffUntilMs > clock.nowMs() ? BLAME_MAX : score.blame
    },
    cutOffUntilMs: (peer) => {
      const untilMs = scores.get(peer)?.cutOffUntilMs ?? 0
      return untilMs > clock.nowMs() ? untilMs : null
    },
  }
}
