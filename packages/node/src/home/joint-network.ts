import { fail } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { DEFAULT_PARAMETERS, createGenesis, openLedger, readGenesis } from '@telltale/ledger'
import type { GenesisFile, Parameters } from '@telltale/ledger'
import { createStore } from '@telltale/storage'
import { createNodePrimitives } from '../crypto/node-primitives.ts'
import { MEMBER_KEY } from './holder-home.ts'
import { AUTHORITY_KEY, storeDirectory } from './home.ts'
import { lostProfile, makeDirectory, requireNewDirectory } from './new-directory.ts'
import { writeProfile } from './profile.ts'
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
  for (const directory of authorities) await beginStore(directory, genesis, AUTHORITY_KEY)
  for (const directory of members) await beginStore(directory, genesis, MEMBER_KEY)
  return { network: genesis.network, authorities: sealing, members: holding }
}

/** Makes the data directory of a node that joins a network which others began: a key of its own, and their genesis (`malformed-genesis` and the codes of `requireNewDirectory`). */
export async function initMember({ directory, password, algorithm, genesis: bytes }: { directory: string; password: string | undefined; algorithm: Algorithm; genesis: Uint8Array }): Promise<{ network: Uint8Array; key: WalletKey }> {
  await requireNewDirectory(directory)
  const genesis = await readGenesis(bytes, createNodePrimitives())
  await makeDirectory(directory)
  const wallet = createWallet(directory, password)
  const key = (await wallet.has(MEMBER_KEY)) ? await wallet.open(MEMBER_KEY) : await wallet.create(MEMBER_KEY, algorithm)
  await beginStore(directory, genesis, MEMBER_KEY)
  return { network: genesis.network, key }
}

/** An empty store, and last the profile: until that is there everything can be begun again. */
async function beginStore(directory: string, { bytes, network }: Pick<GenesisFile, 'bytes' | 'network'>, keyName: string): Promise<void> {
  const store = await createStore({ directory: storeDirectory(directory), create: true })
  try {
    const ledger = await openLedger({ store, primitives: createNodePrimitives(), genesis: bytes })
    if (ledger.position.height > 0) throw lostProfile(directory)
    if (!store.signed) await store.writeSigned({ sealedHeight: 0, sealedId: network, size: 0, logRoot: new Uint8Array(32), issuedAtSeconds: 0 })
  } finally {
    await store.close()
  }
  await writeProfile(directory, { network, authority: keyName, assets: [], devices: [] })
}
