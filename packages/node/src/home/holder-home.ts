import type { Algorithm } from '@telltale/core'
import { beginStore } from './begun-store.ts'
import { makeDirectory, requireNewDirectory } from './new-directory.ts'
import { createWallet } from './wallet.ts'
import type { WalletKey } from './wallet.ts'

/** Name of the key of a node that holds and checks and is no authority. */
export const MEMBER_KEY = 'member'

/** Makes the data directory of a node that holds and checks a network, from the genesis of that network (the codes of `requireNewDirectory` and of `readGenesis`). */
export async function initHolderHome({ directory, password, algorithm, genesis }: { directory: string; password: string | undefined; algorithm: Algorithm; genesis: Uint8Array }): Promise<{ network: Uint8Array; key: WalletKey }> {
  await requireNewDirectory(directory)
  await makeDirectory(directory)
  const wallet = createWallet(directory, password)
  const key = (await wallet.has(MEMBER_KEY)) ? await wallet.open(MEMBER_KEY) : await wallet.create(MEMBER_KEY, algorithm)
  return { network: await beginStore(directory, genesis, MEMBER_KEY), key }
}
