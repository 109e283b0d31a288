import { bytesToHex, fail } from '@telltale/core'
import type { Standing } from '../gateway.ts'
import { isForLater, problemOf } from './problem.ts'
import type { Problem } from './problem.ts'

/** A record's standing as JSON has it, the same shape as the answers of a node. */
export interface StandingJson {
  id: string | null
  status: 'pending' | 'certified' | 'refused' | 'unknown'
  index?: number
  height?: number
  receipt?: string
  error?: Problem
  refusal?: string
}

/** `refused` with a refusal is an authority's word; without one it is this gateway's, and `unknown` means send it again. */
export function standingToJson(standing: Standing): StandingJson {
  const { id } = standing
  switch (standing.status) {
    case 'pending':
      return { id, status: 'pending' }
    case 'certified':
      return { id, status: 'certified', index: standing.index, height: standing.height, receipt: bytesToHex(standing.receipt) }
    case 'refused':
      return { id, status: 'refused', error: problemOf(fail(standing.code, standing.message)), refusal: bytesToHex(standing.refusal) }
    case 'not-taken': {
      const error = problemOf(standing.error)
      return { id, status: isForLater(error.status) ? 'unknown' : 'refused', error }
    }
  }
}

/** 202 where something was taken or has its outcome; otherwise the status of the first problem. */
export function statusOf(standings: Standing[]): number {
  const [first] = standings
  if (first?.status !== 'not-taken' || standings.some(({ status }) => status !== 'not-taken')) return 202
  return problemOf(first.error).status
}
