import { TelltaleError, fail } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { readGenesis } from '@telltale/ledger'
import { createNodePrimitives } from '../crypto/node-primitives.ts'
import { beginStore } from './begun-store.ts'
import { AUTHORITY_KEY } from './home.ts'
import { makeDirectory, requireNewDirectory } from './new-directory.ts'
import { createWallet } from './wallet.ts'
import type { WalletKey } from './wallet.ts'

/** Name of the key of a node that holds and checks and is no authority. */
export const MEMBER_KEY = 'member'

interface HolderHomeInit {
  directory: string
  password: string | undefined
  algorithm: Algorithm
  genesis: Uint8Array
}

/**
 * Makes the data directory of a node that holds and checks a network, from the genesis of that network. Where its keys were kept it is who it was, an authority too: the
 * others say what it signed. One that began the network alone has nobody to ask (`signed-state-lost`; the codes of `requireNewDirectory` and of `readGenesis`).
 */
export async function initHolderHome({ directory, password, algorithm, genesis }: HolderHomeInit): Promise<{ network: Uint8Array; key: WalletKey }> {
  await requireNewDirectory(directory)
  const { authorities } = (await readGenesis(genesis, createNodePrimitives())).genesis
  await makeDirectory(directory)
  const wallet = createWallet(directory, password)
  const name = (await wallet.has(AUTHORITY_KEY)) ? AUTHORITY_KEY : MEMBER_KEY
  const key = (await wallet.has(name)) ? await wallet.open(name) : await wallet.create(name, algorithm)
  if (authorities.length === 1 && authorities[0]?.address === key.address) throw fail('signed-state-lost', 'This key began the network alone, and nobody else can say what it signed. Restore the newest backup of its directory.', { expected: 'the file of what was signed', found: 'none' })
  return { network: await beginStore(directory, genesis, name), key }
}

/** Refuses bytes that are no genesis, with the name of where they come from (the codes of `readGenesis`). */
export async function requireGenesis(bytes: Uint8Array, from: string): Promise<void> {
  try {
    await readGenesis(bytes, createNodePrimitives())
  } catch (cause) {
    if (!(cause instanceof TelltaleError)) throw cause
    const { code, message, expected = 'a genesis', found = 'something else' } = cause
    throw fail(code, `${from} is not the genesis of a network. ${message} Fetch it again from /v1/genesis of one of its nodes.`, { expected, found, cause })
  }
}
