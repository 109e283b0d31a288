import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { equalBytes } from '@telltale/core'
import type { Participant, Primitives, Verdict } from '@telltale/core'
import { createPeerChain } from '@telltale/consensus'
import type { PeerChain, SignatureVerifier } from '@telltale/consensus'
import { identityKey, isInForce } from '@telltale/ledger'
import type { IdentityRow, Ledger } from '@telltale/ledger'
import type { BookFile, Network, NetworkEvent, PeerIdentity } from '@telltale/network'
import type { WalletKey } from '../home/wallet.ts'
import { createWorkerMiner } from '../mining/worker-miner.ts'
import type { WorkerMiner } from '../mining/worker-miner.ts'
import { writeDurably } from '../keys/durable-file.ts'
import { openBranchFile } from './branch-file.ts'
import { peerKeyOf } from './peer-key.ts'

/** How a node meets the others of its network. */
export interface PeerOptions {
  /** Multiaddresses to listen at. */
  listen: string[]
  /** What to tell others instead, where they reach this node at another address. */
  announce?: string[]
  /** Multiaddresses of peers to begin with; the others are learned from them. */
  bootstrap: string[]
  /** Whether nodes of the same network are looked for in the local network. */
  mdns: boolean
  /** Threads that do the work for its blocks, where the network asks for some; with 0 only others bring it. */
  miningThreads: number
  log(event: NetworkEvent): void
}

/** A node among others: its engine and its connections. */
export interface PeerNode {
  chain: PeerChain
  network: Network
  /** Does its work; null where only others do. */
  miner: WorkerMiner | null
  /** Leaves the network and stops the engine. */
  stop(): Promise<void>
}

interface PeerNodeInit {
  directory: string
  ledger: Ledger
  /** The identity that this node is: while it is an authority it seals and votes; any other holds and checks, and seals where anyone may. */
  own: WalletKey
  verifier: SignatureVerifier
  primitives: Primitives
  options: PeerOptions
}

const BRANCH_FILE = 'branches'
const BOOK_FILE = 'peers'

const clock = {
  nowMs: Date.now,
  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** Starts the engine and connects it (`listen-failed`, `signed-state-lost` and the codes of the files). */
export async function startPeerNode({ directory, ledger, own, verifier, primitives, options }: PeerNodeInit): Promise<PeerNode> {
  // Only a node among others loads what connects it.
  const { createNetwork } = await import('@telltale/network')
  const isAuthority = ledger.authorities(ledger.position.height + 1).some(({ address, keyNumber }) => address === own.address && keyNumber === own.signer.keyNumber)
  const branchFile = await openBranchFile(join(directory, BRANCH_FILE))
  let chain: PeerChain | null = null
  const participant: Participant = {
    onGossip: async (peer, topic, bytes) => chain?.participant.onGossip(peer, topic, bytes) ?? 'keep',
    onQuestion: async (peer, question) => chain?.participant.onQuestion(peer, question) ?? new Uint8Array(0),
    onPeer: (peer) => chain?.participant.onPeer(peer),
  }
  const network = await createNetwork({
    networkId: ledger.network,
    peerKey: await peerKeyOf(directory),
    identity: { address: own.address, role: isAuthority ? 'authority' : 'member', signer: own.signer },
    software: `telltale/${manifest.version}`,
    listen: options.listen,
    ...(options.announce ? { announce: options.announce } : {}),
    bootstrap: options.bootstrap,
    mdns: options.mdns,
    admits: (identity) => judgePeer(ledger, identity),
    status() {
      const { height, id, finalHeight, waiting } = chain?.status() ?? { height: 0, id: ledger.network, finalHeight: 0, waiting: 0 }
      return { height, head: id, finalHeight, poolSize: waiting }
    },
    participant,
    log: options.log,
    book: bookFileOf(join(directory, BOOK_FILE)),
    primitives,
  })
  const miner = options.miningThreads > 0 ? createWorkerMiner(options.miningThreads) : null
  try {
    const started = await createPeerChain({ ledger, primitives, verifier, clock, exchange: network.exchange, branchLog: branchFile, own: { signer: own.signer, address: own.address }, ...(miner ? { miner } : {}) })
    chain = started
    await network.start()
    return {
      chain: started,
      network,
      miner,
      async stop() {
        await network.stop()
        await started.stop()
        await miner?.close()
        await branchFile.close()
      },
    }
  } catch (error) {
    await chain?.stop()
    await miner?.close()
    await branchFile.close()
    throw error
  }
}

function bookFileOf(path: string): BookFile {
  return {
    load: async () => readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    }),
    save: (bytes) => writeDurably(path, bytes, { mode: 0o600, replace: true }),
  }
}

/** Whoever names an identity that the ledger knows has to hold its key. Others may connect, hold and check: what they send is judged by itself. */
function judgePeer(ledger: Ledger, identity: PeerIdentity | null): Verdict | null {
  if (!identity) return null
  const row = ledger.position.state.row(identityKey(identity.address)) as IdentityRow | null
  if (!row) return null
  const height = ledger.position.height + 1
  const holds = row.keys.some((interval) => isInForce(interval, height) && interval.value.number === identity.keyNumber && equalBytes(interval.value.key.material, identity.publicKey.material))
  return holds ? null : { code: 'key-not-in-force', message: 'The peer greets with a key that is not in force for its identity.', expected: `a key of ${identity.address}`, found: `key ${identity.keyNumber}` }
}
