import { assert, fail } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { DEFAULT_PARAMETERS, createGenesis, openLedger } from '@telltale/ledger'
import type { Parameters } from '@telltale/ledger'
import { createStore } from '@telltale/storage'
import { createNodePrimitives } from '../crypto/node-primitives.ts'
import { AUTHORITY_KEY, storeDirectory } from './home.ts'
import { makeDirectory, requireNewDirectory } from './new-directory.ts'
import { writeProfile } from './profile.ts'
import { createWallet } from './wallet.ts'
import type { WalletKey } from './wallet.ts'

/** Name of the key of a node that holds and checks and is no authority. */
export const MEMBER_KEY = 'member'

export interface JointNetworkInit {
  /** Data directories of the authorities, and of those who only hold and check. */
  authorities: string[]
  members: string[]
  algorithm: Algorithm
  parameters: Partial<Parameters>
  nowMs: number
}

/** What a joint network begins with. */
export interface JointNetwork {
  network: Uint8Array
  authorities: WalletKey[]
  members: WalletKey[]
}

/**
 * Makes the data directories of the first nodes of one network, all on this machine and without passwords: for trying out. In earnest every organisation makes its own key.
 * Codes: those of `requireNewDirectory`.
 */
export async function initJointNetwork({ authorities, members, algorithm, parameters, nowMs }: JointNetworkInit): Promise<JointNetwork> {
  if (authorities.length === 0) throw fail('usage', 'A network has at least one authority.', { expected: 'at least 1', found: '0' })
  const primitives = createNodePrimitives()
  const keysIn = async (directories: string[], name: string): Promise<WalletKey[]> => {
    const keys: WalletKey[] = []
    for (const directory of directories) {
      await requireNewDirectory(directory)
      await makeDirectory(directory)
      keys.push(await createWallet(directory, undefined).create(name, algorithm))
    }
    return keys
  }
  const sealing = await keysIn(authorities, AUTHORITY_KEY)
  const holding = await keysIn(members, MEMBER_KEY)
  const genesis = await createGenesis(nowMs, { ...DEFAULT_PARAMETERS, ...parameters }, sealing.map(({ signer }) => signer), primitives)
  const directories = [...authorities, ...members]
  for (const [i, directory] of directories.entries()) {
    const store = await createStore({ directory: storeDirectory(directory), create: true })
    try {
      const ledger = await openLedger({ store, primitives, genesis: genesis.bytes })
      assert(ledger.position.height === 0, 'a new store is empty')
      await store.writeSigned({ sealedHeight: 0, sealedId: ledger.network, size: 0, logRoot: new Uint8Array(32), issuedAtSeconds: 0 })
    } finally {
      await store.close()
    }
    await writeProfile(directory, { network: genesis.network, authority: i < authorities.length ? AUTHORITY_KEY : MEMBER_KEY, assets: [], devices: [] })
  }
  return { network: genesis.network, authorities: sealing, members: holding }
}
