import { join } from 'node:path'
import { equalBytes, fail, signTransaction } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { createChain, createInlineVerifier } from '@telltale/consensus'
import type { Chain } from '@telltale/consensus'
import { DEFAULT_PARAMETERS, createGenesis, createLedgerReader, openLedger } from '@telltale/ledger'
import type { Ledger, LedgerReader, Parameters } from '@telltale/ledger'
import type { DiskStore } from '@telltale/storage'
import type { Network } from '@telltale/network'
import type { PeerLink } from '../peers/authority-states.ts'
import type { MiningDesk } from '../api/context.ts'
import { startPeerNode } from '../peers/peer-node.ts'
import type { PeerOptions } from '../peers/peer-node.ts'
import { createNodePrimitives } from '../crypto/node-primitives.ts'
import { createWorkerVerifier } from '../crypto/worker-verifier.ts'
import { beginStore } from './begun-store.ts'
import { makeDirectory, requireNewDirectory, STORE_FOLDER } from './new-directory.ts'
import { assetOf, counterOf, identityOf, nextHeight } from './entries.ts'
import { openHeldChain } from './held-chain.ts'
import { openStore } from './open-store.ts'
import type { Place } from './place.ts'
import { readProfile, writeProfile } from './profile.ts'
import type { Profile } from './profile.ts'
import { streamHeadOf } from './records.ts'
import { createWallet } from './wallet.ts'
import type { AskPassword } from './wallet.ts'

/** A data directory in use: one network with one authority, its store, its keys. */
export interface Home extends Place {
  profile: Profile
  store: DiskStore
  ledger: Ledger
  reader: LedgerReader
  chain: Chain
  /** Its connections to the others; null for a node that is alone. */
  network: Network | null
  /** Its engine and its connections together; null for a node that is alone. */
  peers: PeerLink | null
  /** The work for its blocks; null for a node that is alone. */
  mining: MiningDesk | null
  close(): Promise<void>
}

export interface HomeOptions {
  directory: string
  password: string | undefined
  /** Asks for the password of a key that has another one than the authority's. */
  askPassword?: () => Promise<string>
  onReplay?: (height: number, target: number) => void
  /** Goes on where the store does not hold all that its authority signed, and tells everybody. */
  acceptLoss?: boolean
  /** Checks signatures in workers, on every core: for a node that many send to. */
  isServing?: boolean
  /** How to meet the other nodes of the network; left out by a node that is alone. */
  peers?: PeerOptions
}

export const AUTHORITY_KEY = 'authority'

export function storeDirectory(directory: string): string {
  return join(directory, STORE_FOLDER)
}

/** Makes a data directory: an authority, its genesis and an empty store. The profile is written last; until then everything can be begun again. */
export async function initHome(options: { directory: string; password: string | undefined; algorithm: Algorithm; parameters?: Partial<Parameters>; nowMs: number }): Promise<void> {
  const { directory, password, algorithm, nowMs } = options
  await requireNewDirectory(directory)
  await makeDirectory(directory)
  const primitives = createNodePrimitives()
  const wallet = createWallet(directory, password)
  const authority = (await wallet.has(AUTHORITY_KEY)) ? await wallet.open(AUTHORITY_KEY) : await wallet.create(AUTHORITY_KEY, algorithm)
  const genesis = await createGenesis(nowMs, { ...DEFAULT_PARAMETERS, ...options.parameters }, [authority.signer], primitives)
  await beginStore(directory, genesis.bytes, AUTHORITY_KEY)
}

/** Opens a data directory for use (`no-data`, `store-in-use`, `signed-state-lost` and the codes of keys and store). */
export async function openHome(options: HomeOptions): Promise<Home> {
  const { directory, password } = options
  const read = await readProfile(directory)
  if (!read) throw fail('no-data', `${directory} is not a data directory; make one with \`telltale init --data ${directory}\`.`, { expected: 'a data directory', found: directory })
  let profile = read
  const primitives = createNodePrimitives({ verifyOn: 'pool' })
  const wallet = createWallet(directory, password, askOthers(profile.authority, options.askPassword))
  const authority = await wallet.open(profile.authority)
  const store = await openStore(storeDirectory(directory), profile.network)
  const workers = options.isServing === true ? createWorkerVerifier(createNodePrimitives()) : null
  try {
    const ledger = await openLedger({ store, primitives, ...(options.onReplay ? { onReplay: options.onReplay } : {}) })
    if (!equalBytes(ledger.network, profile.network)) throw fail('wrong-network', 'The store belongs to another network than the directory.', { expected: 'the store of this network' })
    const verifier = workers ?? createInlineVerifier(primitives)
    const node = options.peers ? await startPeerNode({ directory, ledger, own: authority, verifier, primitives, options: options.peers }) : null
    const held = node || options.isServing === true ? null : await openHeldChain({ ledger, own: authority, primitives, verifier })
    const chain = node?.chain ?? held ?? (await createChain({ ledger, signer: authority.signer, address: authority.address, verifier, primitives, clock: { nowMs: Date.now }, acceptLoss: options.acceptLoss === true }))
    const reader = createLedgerReader(ledger, primitives)
    const home: Home = {
      directory,
      get profile() {
        return profile
      },
      authority: authority.address,
      wallet,
      store,
      ledger,
      reader,
      chain,
      network: node?.network ?? null,
      peers: node && { chain: node.chain, network: node.network, own: authority.address },
      mining: node && { work: node.chain.work, takeWork: node.chain.takeWork, status: node.miner.status, setThreads: node.miner.setThreads },
      primitives,
      password,
      async send({ key, call, sub, args, attachments = [] }) {
        const sequence = await home.nextSequence(key.address, sub)
        const bytes = await signTransaction({ network: ledger.network.subarray(0, 16), iss: key.address, sub, call, sequence, args }, key.signer)
        return chain.submit({ bytes, attachments })
      },
      submit: (submission) => chain.submit(submission),
      identity: async (address) => identityOf(home, address),
      asset: async (id) => assetOf(home, id),
      streamHead: async (device, stream) => streamHeadOf(home, device, stream),
      nextHeight: async () => nextHeight(home),
      authorities: () => ledger.authorities(nextHeight(home)),
      async nextSequence(iss, sub) {
        return counterOf(home, iss, sub)
      },
      async updateProfile(change) {
        profile = { ...profile, ...change(profile) }
        await writeProfile(directory, profile)
      },
      async close() {
        await (node ?? chain).stop()
        await workers?.close()
        await store.close()
      },
    }
    return home
  } catch (error) {
    await workers?.close()
    await store.close()
    throw error
  }
}

/** The directory's own password is asked for by whoever opens it; new files are written under it. */
function askOthers(authority: string, askPassword: HomeOptions['askPassword']): AskPassword | undefined {
  if (!askPassword) return undefined
  return async (name, error) => {
    if (name === authority) throw error
    return askPassword()
  }
}
