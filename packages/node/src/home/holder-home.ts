import type { Algorithm } from '@telltale/core'
import { openLedger } from '@telltale/ledger'
import { createStore } from '@telltale/storage'
import { createNodePrimitives } from '../crypto/node-primitives.ts'
import { storeDirectory } from './home.ts'
import { makeDirectory, requireNewDirectory } from './new-directory.ts'
import { writeProfile } from './profile.ts'
import { createWallet } from './wallet.ts'

/** Name of the key of a node that holds and checks and is no authority. */
export const MEMBER_KEY = 'member'

/** Makes the data directory of a node that holds and checks a network, from the genesis of that network (the codes of `requireNewDirectory` and of `readGenesis`). */
export async function initHolderHome({ directory, password, algorithm, genesis }: { directory: string; password: string | undefined; algorithm: Algorithm; genesis: Uint8Array }): Promise<void> {
  await requireNewDirectory(directory)
  await makeDirectory(directory)
  const wallet = createWallet(directory, password)
  if (!(await wallet.has(MEMBER_KEY))) await wallet.create(MEMBER_KEY, algorithm)
  const store = await createStore({ directory: storeDirectory(directory), create: true })
  try {
    const ledger = await openLedger({ store, primitives: createNodePrimitives(), genesis })
    if (!store.signed) await store.writeSigned({ sealedHeight: 0, sealedId: ledger.network, size: 0, logRoot: new Uint8Array(32), issuedAtSeconds: 0 })
    await writeProfile(directory, { network: ledger.network, authority: MEMBER_KEY, assets: [], devices: [] })
  } finally {
    await store.close()
  }
}
