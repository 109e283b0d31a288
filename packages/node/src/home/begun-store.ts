import { join } from 'node:path'
import { openLedger } from '@telltale/ledger'
import { createStore } from '@telltale/storage'
import { createNodePrimitives } from '../crypto/node-primitives.ts'
import { STORE_FOLDER, lostProfile } from './new-directory.ts'
import { writeProfile } from './profile.ts'

/** An empty store for a genesis, and last the profile: until that is there everything can be begun again. Answers with the network. */
export async function beginStore(directory: string, genesis: Uint8Array, keyName: string): Promise<Uint8Array> {
  const store = await createStore({ directory: join(directory, STORE_FOLDER), create: true })
  try {
    const { network, position } = await openLedger({ store, primitives: createNodePrimitives(), genesis })
    if (position.height > 0) throw lostProfile(directory)
    if (!store.signed) await store.writeSigned({ sealedHeight: 0, sealedId: network, size: 0, logRoot: new Uint8Array(32), issuedAtSeconds: 0 })
    await writeProfile(directory, { network, authority: keyName, assets: [], devices: [] })
    return network
  } finally {
    await store.close()
  }
}
