import { highestId } from '@telltale/ledger'

/**
 * SHA-256 (FIPS 180-4) of a header again and again, with another nonce each time. The nonce is its last 8 bytes, so all blocks of 64 bytes before it are hashed once; and what
 * calls into the host's library costs more than the hash itself. Whatever is found is checked with that library before it is used.
 */
export interface NonceSearch {
  /** Tries so many nonces, counting up from where it stands; the one that does, or null. */
  try(count: number): Uint8Array | null
}

const BLOCK_BYTES = 64
const NONCE_BYTES = 8
const primes = firstPrimes(64)
/** Fractional parts of the cube roots of the first 64 primes, and of the square roots of the first 8. */
const ROUND_CONSTANTS = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))
const START = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))

function firstPrimes(count: number): number[] {
  const found: number[] = []
  for (let candidate = 2; found.length < count; candidate++) if (found.every((prime) => candidate % prime !== 0)) found.push(candidate)
  return found
}

function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32) | 0
}

export function createNonceSearch(headerBytes: Uint8Array, difficulty: number, start: Uint8Array): NonceSearch {
  const nonceAt = headerBytes.length - NONCE_BYTES
  const fixedBytes = nonceAt - (nonceAt % BLOCK_BYTES)
  const padded = new Uint8Array(Math.ceil((headerBytes.length + 9) / BLOCK_BYTES) * BLOCK_BYTES)
  padded.set(headerBytes)
  padded.set(start, nonceAt)
  padded[headerBytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 4, headerBytes.length * 8)
  const words = new Int32Array(64)
  const midway = START.slice()
  for (let at = 0; at < fixedBytes; at += BLOCK_BYTES) compress(midway, view, at, words)
  const state = new Int32Array(8)
  const highest = new DataView(highestId(difficulty).slice().buffer)
  const lastWordAt = nonceAt + 4
  return {
    try(count) {
      for (let i = 0; i < count; i++) {
        state.set(midway)
        for (let at = fixedBytes; at < padded.length; at += BLOCK_BYTES) compress(state, view, at, words)
        if (isWithin(state, highest)) return padded.slice(nonceAt, headerBytes.length)
        const last = view.getUint32(lastWordAt)
        view.setUint32(lastWordAt, last + 1)
        if (last === 0xffff_ffff) view.setUint32(nonceAt, view.getUint32(nonceAt) + 1)
      }
      return null
    },
  }
}

function isWithin(state: Int32Array, highest: DataView): boolean {
  for (let i = 0; i < 8; i++) {
    const found = state[i]! >>> 0
    const most = highest.getUint32(4 * i)
    if (found !== most) return found < most
  }
  return true
}

/** One block of the message goes into the state; `words` is room that is used again. */
function compress(state: Int32Array, message: DataView, at: number, words: Int32Array): void {
  for (let i = 0; i < 16; i++) words[i] = message.getInt32(at + 4 * i)
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15]!
    const y = words[i - 2]!
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    words[i] = (s1 + words[i - 7]! + s0 + words[i - 16]!) | 0
  }
  // By index: taking them apart as a list makes one for each try.
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[i]! + words[i]!) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
  state[5]! += f
  state[6]! += g
  state[7]! += h
}
