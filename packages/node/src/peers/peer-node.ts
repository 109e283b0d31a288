import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import type { Participant, Primitives } from '@telltale/core'
import { createPeerChain } from '@telltale/consensus'
import type { PeerChain, SignatureVerifier } from '@telltale/consensus'
import { identityKey } from '@telltale/ledger'
import type { Ledger } from '@telltale/ledger'
import type { BookFile, Network, NetworkEvent } from '@telltale/network'
import { admissionCommand, roleCommand } from '../home/admission-command.ts'
import type { WalletKey } from '../home/wallet.ts'
import { createWorkerMiner } from '../mining/worker-miner.ts'
import type { WorkerMiner } from '../mining/worker-miner.ts'
import { writeDurably } from '../keys/durable-file.ts'
import { openBranchFile } from './branch-file.ts'
import { judgePeer } from './peer-admission.ts'
import { peerKeyOf } from './peer-key.ts'
import { systemClock } from './system-clock.ts'

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
  /** Whether only identities that hold a role in the ledger may connect. */
  isClosed: boolean
  log(event: NetworkEvent): void
  /** A peer does not let this node in, as its identity is not admitted: the command by which an authority admits it. Told once, until some peer lets it in. */
  onNotAdmitted(command: string): void
}

/** A node among others: its engine and its connections. */
export interface PeerNode {
  chain: PeerChain
  network: Network
  /** Does its work; with no threads only others do. */
  miner: WorkerMiner
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
    admits: (identity) => judgePeer({ ledger, isClosed: options.isClosed, followed: chain?.handovers.at(-1)?.set ?? ledger.authorities(0), nowMs: Date.now }, identity),
    status() {
      const { height, id, finalHeight, waiting } = chain?.status() ?? { height: 0, id: ledger.network, finalHeight: 0, waiting: 0 }
      return { height, head: id, finalHeight, poolSize: waiting }
    },
    participant,
    log: logTo(options, await commandFor(ledger, own)),
    book: bookFileOf(join(directory, BOOK_FILE)),
    primitives,
  })
  const miner = createWorkerMiner(options.miningThreads)
  try {
    const started = await createPeerChain({ ledger, primitives, verifier, clock: systemClock, exchange: network.exchange, branchLog: branchFile, own: { signer: own.signer, address: own.address }, miner })
    chain = started
    await network.start()
    return {
      chain: started,
      network,
      miner,
      async stop() {
        await network.stop()
        await started.stop()
        await miner.close()
        await branchFile.close()
      },
    }
  } catch (error) {
    await chain?.stop()
    await miner.close()
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

/** What an authority runs, so that this identity may connect with nodes that let only admitted ones in. */
async function commandFor({ network, position }: Ledger, own: WalletKey): Promise<string> {
  return position.state.row(identityKey(own.address)) ? roleCommand(own.address, 'member') : admissionCommand(own, network, null, [['member', null, null]])
}

function logTo({ log, onNotAdmitted }: PeerOptions, command: string): (event: NetworkEvent) => void {
  let isTold = false
  return (event) => {
    log(event)
    if (event.kind === 'peer') isTold = false
    if (event.kind !== 'refused-by-peer' || event.code !== 'peer-not-admitted' || isTold) return
    isTold = true
    onNotAdmitted(command)
  }
}
