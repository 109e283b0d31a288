import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { noise } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { CONNECTIONS_MAX } from '../limits.ts'

export interface Libp2pInit {
  /** Seed of the Ed25519 key (32 bytes) that proves the peer id. */
  peerKey: Uint8Array
  /** Where to listen, as multiaddresses: `/ip4/0.0.0.0/tcp/8363`, `/ip4/0.0.0.0/tcp/8364/ws`. */
  listen: string[]
  /** Addresses to tell others instead of those of this machine's interfaces. */
  announce?: string[]
  /** Looks for peers in the local network; the name keeps those of other ledgers away. */
  mdns: { serviceTag: string } | null
  /** A peer that reads so little for so long that its queue stays full is disconnected. */
  slowMsMax?: number
}

/** The id that this key proves. */
export async function peerKeyToId(seed: Uint8Array): Promise<{ key: PrivateKey; id: string }> {
  const key = await generateKeyPairFromSeed('Ed25519', seed)
  return { key, id: peerIdFromPrivateKey(key).toString() }
}

/** A host that is not started yet. It dials and accepts any address, this machine's own too, but only peers that are allowed. */
export function createHost(init: Libp2pInit, key: PrivateKey, allows: (peer: string, isInbound: boolean) => boolean): Promise<Libp2p> {
  return createLibp2p({
    start: false,
    privateKey: key,
    nodeInfo: { userAgent: 'telltale' },
    addresses: { listen: init.listen, ...(init.announce === undefined ? {} : { announce: init.announce }) },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    // A stream that is paused still takes a window: the buffer has to have room for it.
    streamMuxers: [yamux({ maxInboundStreams: 64, streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES, maxReadBufferLength: 2 * STREAM_WINDOW_BYTES } })],
    peerDiscovery: init.mdns ? [mdns({ serviceTag: init.mdns.serviceTag })] : [],
    services: { identify: identify(), ping: ping() },
    connectionGater: {
      denyDialMultiaddr: () => false,
      denyInboundEncryptedConnection: (peer) => !allows(peer.toString(), true),
      denyOutboundEncryptedConnection: (peer) => !allows(peer.toString(), false),
    },
    connectionManager: {
      maxConnections: 2 * CONNECTIONS_MAX,
      // Several nodes of one organisation come from one address.
      inboundConnectionThreshold: 32,
      maxIncomingPendingConnections: 32,
      // Who is tried again, and when, is decided above.
      reconnectRetries: 0,
    },
  })
}

const STREAM_WINDOW_BYTES = 4_194_304
