import { bytesToHex, equalBytes, fail } from '@telltale/core'
import type { Primitives } from '@telltale/core'
import { createLedgerReader, openLedger } from '@telltale/ledger'
import type { Ledger, LedgerReader } from '@telltale/ledger'
import type { DiskStore } from '@telltale/storage'
import { createNodePrimitives } from '../crypto/node-primitives.ts'
import { storeDirectory } from '../home/home.ts'
import { openStore } from '../home/open-store.ts'
import { readProfile } from '../home/profile.ts'
import type { Profile } from '../home/profile.ts'

/** The ledger of a data directory, opened to be read: no key is touched, nothing is signed. */
export interface OpenedLedger {
  directory: string
  profile: Profile
  store: DiskStore
  ledger: Ledger
  reader: LedgerReader
  primitives: Primitives
  close(): Promise<void>
}

/** Opens it (`no-data`, and the codes of `createStore` and `openLedger`). Blocks that the rows lag behind are replayed. */
export async function openHomeLedger(directory: string, onReplay?: (height: number, target: number) => void): Promise<OpenedLedger> {
  const profile = await readProfile(directory)
  if (!profile) throw fail('no-data', `${directory} is not a data directory; make one with \`telltale init --data ${directory}\`.`, { expected: 'a data directory', found: directory })
  const primitives = createNodePrimitives({ verifyOn: 'pool' })
  const store = await openStore(storeDirectory(directory), profile.network)
  try {
    const ledger = await openLedger({ store, primitives, ...(onReplay ? { onReplay } : {}) })
    if (!equalBytes(ledger.network, profile.network)) throw fail('other-network', 'The store belongs to another network than the directory.', { expected: bytesToHex(profile.network), found: bytesToHex(ledger.network) })
    return { directory, profile, store, ledger, reader: createLedgerReader(ledger, primitives), primitives, close: () => store.close() }
  } catch (error) {
    await store.close()
    throw error
  }
}
