import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { encode } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { makeGreeting } from '../src/greeting.ts'
import { encodeFrame } from '../src/libp2p/frame.ts'
import { createHost, peerKeyToId } from '../src/libp2p/host.ts'
import { MESSAGE_PROTOCOL } from '../src/libp2p/libp2p-transport.ts'
import { QUESTION_PROTOCOL } from '../src/libp2p/questions.ts'
import { readMessages } from '../src/libp2p/stream-reader.ts'
import type { Node } from './rig.ts'
import { NETWORK_ID } from './rig.ts'

/** A libp2p host that speaks our protocols as a test wants it to. */
export interface Rogue {
  id: string
  host: Libp2p
  connection: Connection
  /** What the node said on its own stream. */
  heard: Uint8Array[]
  /** The node's stream to us, once there is one. */
  inbound: Stream | null
  /** Our stream to the node. */
  outbound: Stream
  /** Bytes as they are; ends where the node has hung up. */
  write(bytes: Uint8Array): boolean
  say(...items: Cbor[]): boolean
  /** An honest greeting and welcome. */
  greet(): Promise<void>
  stop(): Promise<void>
}

export interface RogueOptions {
  /** Reads nothing of what the node says. */
  isDeaf?: boolean
  /** Bytes that answer any question. */
  answer?: Uint8Array
}

export async function createRogue(seed: number, node: Node, options: RogueOptions = {}): Promise<Rogue> {
  const { key, id } = await peerKeyToId(new Uint8Array(32).fill(seed))
  const host = await createHost({ peerKey: new Uint8Array(32).fill(seed), listen: [], mdns: null }, key, () => true)
  const heard: Uint8Array[] = []
  const rogue: { inbound: Stream | null } = { inbound: null }
  await host.handle(MESSAGE_PROTOCOL, (stream) => {
    rogue.inbound = stream
    if (options.isDeaf) stream.pause()
    else readMessages(stream, () => 8_000_000, (bytes) => void heard.push(bytes)).catch(() => undefined)
  })
  await host.handle(QUESTION_PROTOCOL, (stream) => {
    if (options.answer) stream.send(options.answer)
  })
  await host.start()
  const { connection, outbound } = await connect(host, node)
  const write = (bytes: Uint8Array): boolean => {
    if (outbound.status !== 'open') return false
    outbound.send(bytes)
    return true
  }
  const say = (...items: Cbor[]): boolean => write(encodeFrame(encode(items)))
  return Object.assign(rogue, {
    id,
    host,
    connection,
    heard,
    outbound,
    write,
    say,
    async greet() {
      write(encodeFrame(await makeGreeting({ network: NETWORK_ID, peer: id, software: 'rogue', addresses: [], identity: null })))
      say(1)
    },
    async stop() {
      await host.stop()
    },
  })
}

/** A host that is not let in is stopped: its timers would keep the process alive. */
async function connect(host: Libp2p, node: Node): Promise<{ connection: Connection; outbound: Stream }> {
  try {
    const connection = await host.dial(multiaddr(node.addresses()[0]))
    return { connection, outbound: await connection.newStream(MESSAGE_PROTOCOL) }
  } catch (error) {
    await host.stop()
    throw error
  }
}
