import { fail } from '@telltale/core'
import type { SignedState, Store } from '@telltale/ledger'

/** What this authority put its name to: written before any signature leaves, never lowered. One write after the other. */
export interface SignedFile {
  readonly state: SignedState
  write(change: Partial<SignedState>): Promise<void>
}

/** The file of what was signed (`signed-state-lost` where it is missing). */
export function createSignedFile(store: Store): SignedFile {
  if (!store.signed) throw fail('signed-state-lost', 'The file of what this authority signed is missing. Restore the newest backup of this directory.', { expected: 'the file of what was signed', found: 'none' })
  let last: Promise<void> = Promise.resolve()
  return {
    get state() {
      return store.signed as SignedState
    },
    write(change) {
      const written = last.then(() => store.writeSigned({ ...(store.signed as SignedState), ...change }))
      last = written.catch(() => undefined)
      return written
    },
  }
}
