import { createHash } from 'node:crypto'

/** The definitions of RFC 9162, section 2.1, word for word and as slow as they are: what ours is compared with. */

export function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

const ZERO = new Uint8Array([0])
const ONE = new Uint8Array([1])

/** "Let k be the largest power of two smaller than n." */
function largestPowerBelow(n: number): number {
  let k = 1
  while (2 * k < n) k *= 2
  return k
}

/** MTH(D[n]), section 2.1.1. */
export function naiveRoot(entries: Uint8Array[]): Uint8Array {
  const n = entries.length
  if (n === 0) return sha256()
  if (n === 1) return sha256(ZERO, entries[0] as Uint8Array)
  const k = largestPowerBelow(n)
  return sha256(ONE, naiveRoot(entries.slice(0, k)), naiveRoot(entries.slice(k)))
}

/** PATH(m, D[n]), section 2.1.3.1. */
export function naivePath(m: number, entries: Uint8Array[]): Uint8Array[] {
  const n = entries.length
  if (n === 1) return []
  const k = largestPowerBelow(n)
  if (m < k) return [...naivePath(m, entries.slice(0, k)), naiveRoot(entries.slice(k))]
  return [...naivePath(m - k, entries.slice(k)), naiveRoot(entries.slice(0, k))]
}

/** PROOF(m, D[n]), section 2.1.4.1. */
export function naiveProof(m: number, entries: Uint8Array[]): Uint8Array[] {
  return naiveSubproof(m, entries, true)
}

function naiveSubproof(m: number, entries: Uint8Array[], isWhole: boolean): Uint8Array[] {
  const n = entries.length
  if (m === n) return isWhole ? [] : [naiveRoot(entries)]
  const k = largestPowerBelow(n)
  if (m <= k) return [...naiveSubproof(m, entries.slice(0, k), isWhole), naiveRoot(entries.slice(k))]
  return [...naiveSubproof(m - k, entries.slice(k), false), naiveRoot(entries.slice(0, k))]
}

/** A range proof as the format describes it: from the root, left before right, what is wholly outside gives its hash. */
export function naiveRangeProof(from: number, to: number, entries: Uint8Array[], start = 0): Uint8Array[] {
  const end = start + entries.length
  if (entries.length === 0 || (from <= start && end <= to)) return []
  if (end <= from || to <= start) return [naiveRoot(entries)]
  const k = largestPowerBelow(entries.length)
  return [...naiveRangeProof(from, to, entries.slice(0, k), start), ...naiveRangeProof(from, to, entries.slice(k), start + k)]
}
