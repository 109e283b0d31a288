import { fail, hexToBytes, isAbsentFromState, isInState, portable } from '@telltale/core'
import type { StateNeighbour } from '@telltale/core'
import type { Operations } from './generated/operations.ts'

/** What stands under a key of the state, or null where nothing does: either is proved under `stateRoot`, which whoever relies on it holds against a checkpoint. */
export interface StateEntry {
  value: Uint8Array | null
  stateRoot: Uint8Array
  height: number
}

const HASH = /^[0-9a-f]{64}$/

/** Checks the proof of an answer, that an entry stands as that nothing does (`state-not-proved`, `unexpected-answer`). */
export function readStateEntry(answer: Operations['getState']['gives'], network: Uint8Array, key: Uint8Array): StateEntry {
  const siblings = answer.siblings.map(readHash)
  const stateRoot = readHash(answer.stateRoot)
  const value = answer.value === null ? null : hexToBytes(answer.value)
  const isProved = value ? isInState(network, key, value, siblings, stateRoot, portable.sha256) : isAbsentFromState(network, key, readNeighbour(answer.neighbour), siblings, stateRoot, portable.sha256)
  if (!isProved) throw fail('state-not-proved', `The node says ${value ? 'what stands under a key of the state' : 'that nothing stands under a key of the state'}, and its proof does not hold.`, { expected: `a path to ${answer.stateRoot.slice(0, 16)}…`, found: 'another root' })
  return { value, stateRoot, height: answer.height }
}

function readNeighbour(neighbour: Operations['getState']['gives']['neighbour']): StateNeighbour | null {
  return neighbour && { keyHash: readHash(neighbour.keyHash), valueHash: readHash(neighbour.valueHash) }
}

function readHash(text: string): Uint8Array {
  if (HASH.test(text)) return hexToBytes(text)
  throw fail('unexpected-answer', 'A hash in the answer cannot be read: this is no Telltale node, or something stands between.', { expected: '64 hexadecimal digits', found: text.slice(0, 80) })
}
