import { compareBytes } from '@telltale/core'
import type { Primitives } from '@telltale/core'
import { blockId, highestId, withNonce } from '@telltale/ledger'
import type { EngineClock } from '../../src/chain/many/core.ts'
import type { Miner } from '../../src/chain/many/miner.ts'

const TRIES_MAX = 200_000

/** Does the work at once and hands it over when a machine of so many tries a millisecond would have found it. Gives up beyond a bound. */
export function createSimulatedMiner(clock: EngineClock, primitives: Primitives, triesPerMs: number): Miner {
  return {
    async solve(headerBytes, difficulty, signal) {
      const nonce = findNonce(headerBytes, difficulty, primitives)
      if (!nonce) return null
      return new Promise((resolve) => {
        const callOff = clock.after(Math.ceil(triesOf(nonce) / triesPerMs), () => resolve(nonce))
        signal.addEventListener('abort', () => {
          callOff()
          resolve(null)
        })
      })
    },
  }
}

/** The first nonce that shows the work, or with `isSpoilt` the first that does not. */
export function findNonce(headerBytes: Uint8Array, difficulty: number, primitives: Primitives, isSpoilt = false): Uint8Array | null {
  const highest = highestId(difficulty)
  const nonce = new Uint8Array(8)
  const view = new DataView(nonce.buffer)
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    view.setUint32(4, tries)
    if (compareBytes(blockId(withNonce(headerBytes, nonce), primitives), highest) > 0 === isSpoilt) return nonce
  }
  return null
}

function triesOf(nonce: Uint8Array): number {
  return new DataView(nonce.buffer).getUint32(4)
}
