import { TelltaleError, fail } from '@telltale/core'
import { createStore } from '@telltale/storage'
import type { DiskStore } from '@telltale/storage'

/** Opens the store of a lone authority (the codes of `createStore`; `signed-state-lost` where what it signed cannot be read). */
export async function openStore(directory: string, network: Uint8Array): Promise<DiskStore> {
  try {
    return await createStore({ directory, create: false, network })
  } catch (error) {
    if (!(error instanceof TelltaleError) || error.code !== 'signed-state-damaged') throw error
    const { expected = 'the file of what was signed', found = 'none' } = error
    throw fail('signed-state-lost', 'What this authority signed last cannot be read, so it could be made to sign against itself. Restore the newest backup; if there is none, `telltale store repair --accept-loss` goes on and tells everybody.', { expected, found, cause: error })
  }
}
