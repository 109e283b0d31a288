import { fail } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { DEFAULT_PARAMETERS, createGenesis } from '@telltale/ledger'
import type { Parameters } from '@telltale/ledger'
import { createNodePrimitives } from '../crypto/node-primitives.ts'
import { beginStore } from './begun-store.ts'
import { initHolderHome } from './holder-home.ts'
import { AUTHORITY_KEY } from './home.ts'
import { makeDirectory, requireNewDirectory } from './new-directory.ts'
import { createWallet } from './wallet.ts'
import type { WalletKey } from './wallet.ts'

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
  const sealing: WalletKey[] = []
  for (const directory of authorities) {
    await requireNewDirectory(directory)
    await makeDirectory(directory)
    sealing.push(await createWallet(directory, undefined).create(AUTHORITY_KEY, algorithm))
  }
  const { bytes: genesis, network } = await createGenesis(nowMs, { ...DEFAULT_PARAMETERS, ...parameters }, sealing.map(({ signer }) => signer), createNodePrimitives())
  for (const directory of authorities) await beginStore(directory, genesis, AUTHORITY_KEY)
  const holding: WalletKey[] = []
  for (const directory of members) holding.push((await initHolderHome({ directory, password: undefined, algorithm, genesis })).key)
  return { network, authorities: sealing, members: holding }
}
