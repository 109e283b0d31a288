import { asUint, decode, fail, signTransaction } from '@telltale/core'
import type { Client } from '@telltale/client'
import { createNodePrimitives, createWallet, lockKeys, openKnownNetwork, readAssetEntry, readIdentityEntry, readStreamEntry } from '@telltale/node'
import type { Place } from '@telltale/node'
import { readCheckpointFile } from './checkpoint-file.ts'
import { keptPassword } from './kept-password.ts'
import type { Output } from './output.ts'
import { passwordForKeys, passwordForNewKeys, passwordFromFile } from './password.ts'
import { createRemoteLedger } from './remote-ledger.ts'
import type { RemoteLedger } from './remote-ledger.ts'
import { followTrust, openTrust } from './remote-trust.ts'

const KIND_IDENTITY = 1
const KIND_ASSET = 2
const KIND_STREAM = 3
const KIND_COUNTER = 4

/** The ledger of a node, signed for with what lies in a directory here. */
export interface RemotePlace extends Place {
  remote: RemoteLedger
  close(): Promise<void>
}

/** What a command does with the directory of its keys. Alone: it makes keys, lets a device sign or changes what the directory knows, and nobody else works there meanwhile. */
export type Use = 'sign' | 'read' | 'alone'

interface RemotePlaceInit {
  client: Client
  /** The directory of the keys; a store in it is not touched. */
  directory: string
  /** File with a checkpoint that is trusted. */
  checkpoint: string | undefined
  use: Use
  output: Output
}

/** Opens it (`keys-in-use`, and the codes of `openTrust`, of the keys and of the node). */
export async function openRemotePlace({ client, directory, checkpoint, use, output }: RemotePlaceInit): Promise<RemotePlace> {
  const pin = checkpoint === undefined ? null : await readCheckpointFile(checkpoint)
  const lock = use === 'alone' ? await lockKeys(directory) : null
  try {
    const primitives = createNodePrimitives()
    const kept = await openKnownNetwork(directory)
    const trust = await openTrust(client, kept, pin, { primitives, onFirst: (network) => output.warn(`First use: from now on the keys in ${directory} sign for the network ${Buffer.from(network).toString('hex')}, which ${client.url} named. Compare it with what the network itself tells you.`) })
    const password = use === 'sign' ? keptPassword.password : await passwordOf(directory, use, output)
    const wallet = createWallet(directory, password, passwordForKeys)
    const remote = createRemoteLedger(client, trust, async (believed) => followTrust(client, kept, believed, primitives), primitives)
    const addresses = new Set((await wallet.heads()).map(({ head }) => head.address))
    const authority = trust.set.find(({ address }) => addresses.has(address)) ?? trust.set[0]!
    const place: RemotePlace = {
      directory,
      get profile() {
        return kept.known
      },
      authority: authority.address,
      ledger: { network: trust.network },
      primitives,
      wallet,
      password,
      remote,
      authorities: () => trust.set,
      nextHeight: async () => (await remote.height()) + 1,
      async identity(address) {
        const value = await remote.state([KIND_IDENTITY, address])
        return value && readIdentityEntry(value)
      },
      async asset(id) {
        const value = await remote.state([KIND_ASSET, id])
        if (!value) throw fail('unknown-asset', `${id} is not an asset of this network.`, { expected: 'an asset', found: id })
        return readAssetEntry(value)
      },
      async streamHead(device, stream) {
        const value = await remote.state([KIND_STREAM, device, stream])
        return value && readStreamEntry(value)
      },
      async nextSequence(iss, sub) {
        const value = await remote.state([KIND_COUNTER, iss, sub])
        return value ? asUint(decode(value), 'sequence') : 0
      },
      async send({ key, call, sub, args, attachments = [] }) {
        const sequence = await place.nextSequence(key.address, sub)
        const bytes = await signTransaction({ network: trust.network.subarray(0, 16), iss: key.address, sub, call, sequence, args }, key.signer)
        return remote.submit({ bytes, attachments })
      },
      submit: remote.submit,
      updateProfile: kept.update,
      async close() {
        try {
          // A directory without keys has signed nothing, and stays as it was.
          if ((await wallet.names()).length > 0) await kept.save()
        } finally {
          await lock?.release()
        }
      },
    }
    return place
  } catch (error) {
    await lock?.release()
    throw error
  }
}

/** The password that the keys of a directory have, or that its first one gets. */
async function passwordOf(directory: string, use: Use, output: Output): Promise<string | undefined> {
  const heads = await createWallet(directory, undefined).heads()
  if (heads.some(({ isProtected }) => isProtected)) return keptPassword.password ?? passwordForKeys()
  return heads.length === 0 && use === 'alone' ? passwordForNewKeys(output) : passwordFromFile()
}
