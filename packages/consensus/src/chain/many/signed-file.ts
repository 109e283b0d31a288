import { fail } from '@telltale/core'
import type { SignedState, Store } from '@telltale/ledger'

/** What this authority put its name to: written before any signature leaves, never lowered. One write after the other. */
export interface SignedFile {
  readonly state: SignedState
  /** Nothing was known at the start of what it signed: its file was lost, and that was accepted. */
  readonly isLost: boolean
  /** What changes is made of what stands there when its turn comes; null where nothing does. */
  write(change: (state: SignedState) => Partial<SignedState> | null): Promise<void>
}

/** In the place of the block that was sealed at a height: which one is not known, so that none may be sealed there again. */
export const UNKNOWN_BLOCK: Uint8Array = new Uint8Array(32)

const NO_LOG_ROOT = new Uint8Array(32)

/** The file of what was signed (`signed-state-lost` where it is missing and nobody else can say what stood in it). */
export function createSignedFile(store: Store, network: Uint8Array, isLone: boolean): SignedFile {
  if (!store.signed && isLone) throw fail('signed-state-lost', 'The file of what this authority signed is missing. Restore the newest backup of this directory.', { expected: 'the file of what was signed', found: 'none' })
  const isLost = !store.signed
  const stateOf = (): SignedState => store.signed ?? { sealedHeight: 0, sealedId: network, size: 0, logRoot: NO_LOG_ROOT, issuedAtSeconds: 0 }
  let last: Promise<void> = Promise.resolve()
  return {
    get state() {
      return stateOf()
    },
    isLost,
    write(change) {
      const written = last.then(() => {
        const changed = change(stateOf())
        return changed ? store.writeSigned({ ...stateOf(), ...changed }) : undefined
      })
      last = written.catch(() => undefined)
      return written
    },
  }
}
