import { asArray, asExactly, asNullable, asText, asUint, asVersioned, decode, encode, equalBytes, fail, judge, wrongShape } from '@telltale/core'
import type { Cbor, Verdict } from '@telltale/core'
import { BOOK_PEERS_MAX } from './limits.ts'
import { addressesFromCbor } from './message.ts'

/** What is known of a peer, connected or not. */
export interface KnownPeer {
  peer: string
  /** Its address in the ledger and its role, as it greeted last. */
  identity: string | null
  role: string | null
  addresses: string[]
  latencyMs: number | null
  /** Since when it is connected, or was when it was last seen. */
  onlineSinceMs: number
  /** Since when it is not; null while it is. */
  offlineSinceMs: number | null
}

/** Where a book lies between two runs. */
export interface BookFile {
  /** Null where there is none. */
  load(): Promise<Uint8Array | null>
  /** On return it is on disk: after a crash the old one is there, or the new one. */
  save(bytes: Uint8Array): Promise<void>
}

/** The peers that a node met, so that it finds its network again when no bootstrap address answers. */
export interface PeerBook {
  all(): KnownPeer[]
  /** Keeps it in the place of what was known; written with the next `save`. */
  put(peer: KnownPeer): void
  /** Saves it where something changed; on return it is on disk. Errors of the file are passed on. */
  save(): Promise<void>
}

const MAGIC = 'tt-peers'

/**
 * Opens the book of a network. One that is missing is begun; one that cannot be read (`peer-book-damaged`), or is another network's, is begun anew and told of:
 * nothing in it is needed to be right.
 */
export async function openPeerBook({ file, network, onDamaged }: { file: BookFile | null; network: Uint8Array; onDamaged(verdict: Verdict): void }): Promise<PeerBook> {
  const peers = new Map<string, KnownPeer>()
  const bytes = (await file?.load()) ?? null
  const read = bytes && judge(() => decodeBook(bytes, network))
  if (read && !read.ok) onDamaged({ code: 'peer-book-damaged', message: `The peer book cannot be read and is begun anew: ${read.verdict.message}`, expected: 'a peer book of this network', found: read.verdict.code })
  // Whoever was connected when the node stopped is not any more.
  if (read?.ok) for (const peer of read.value) peers.set(peer.peer, { ...peer, offlineSinceMs: peer.offlineSinceMs ?? peer.onlineSinceMs })
  let isChanged = false
  let saving: Promise<void> = Promise.resolve()
  const write = async (): Promise<void> => {
    if (!isChanged || file === null) return
    isChanged = false
    try {
      await file.save(encodeBook(peers, network))
    } catch (error) {
      // It is tried again with the next.
      isChanged = true
      throw error
    }
  }
  return {
    all: () => [...peers.values()],
    put(peer) {
      peers.set(peer.peer, peer)
      isChanged = true
      if (peers.size > BOOK_PEERS_MAX) peers.delete(longestGone(peers))
    },
    save() {
      // One after the other.
      const turn = saving.then(write)
      saving = turn.catch(() => undefined)
      return turn
    },
  }
}

function longestGone(peers: ReadonlyMap<string, KnownPeer>): string {
  const byEnd = [...peers.values()].sort((a, b) => (a.offlineSinceMs ?? Infinity) - (b.offlineSinceMs ?? Infinity))
  return (byEnd[0] as KnownPeer).peer
}

function encodeBook(peers: ReadonlyMap<string, KnownPeer>, network: Uint8Array): Uint8Array {
  const items = [...peers.values()].map(({ peer, identity, role, addresses, latencyMs, onlineSinceMs, offlineSinceMs }): Cbor => [
    peer,
    identity,
    role,
    addresses,
    latencyMs === null ? null : Math.round(latencyMs * 1000),
    Math.round(onlineSinceMs),
    offlineSinceMs === null ? null : Math.round(offlineSinceMs),
  ])
  return encode([MAGIC, 1, network, items])
}

function decodeBook(bytes: Uint8Array, network: Uint8Array): KnownPeer[] {
  const [magic, , written, items] = asVersioned(decode(bytes), 'peer book', 4, 1)
  asExactly(magic as string, MAGIC, 'peer book')
  if (!(written instanceof Uint8Array) || !equalBytes(written, network)) throw fail('wrong-network', 'The peer book belongs to another network.', { expected: 'this network', found: 'another' })
  const peers = asArray(items, 'peers')
  if (peers.length > BOOK_PEERS_MAX) throw wrongShape('peers', `at most ${BOOK_PEERS_MAX}`, peers)
  return peers.map((item) => {
    const [peer, identity, role, addresses, latencyUs, onlineSinceMs, offlineSinceMs] = asArray(item, 'peer', 7)
    return {
      peer: asText(peer, 'peer', 128),
      identity: asNullable(identity, (value) => asText(value, 'identity', 64)),
      role: asNullable(role, (value) => asText(value, 'role', 32)),
      addresses: addressesFromCbor(addresses),
      latencyMs: asNullable(latencyUs, (value) => asUint(value, 'latency') / 1000),
      onlineSinceMs: asUint(onlineSinceMs, 'online since'),
      offlineSinceMs: asNullable(offlineSinceMs, (value) => asUint(value, 'offline since')),
    }
  })
}
