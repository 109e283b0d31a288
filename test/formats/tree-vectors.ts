import { consistencyProof, decodeTransaction, encode, inclusionProof, leafHash, portable, rangeProof, rangeRoot, recordLeaf, stateKeyHash, subtreesOfLeaves } from '@telltale/core'
import { decodeCertificate } from '@telltale/certificate'
import type { Certificate } from '@telltale/certificate'
import { NETWORK_KEY, assetKey, counterKey, identityKey, noteLeaf, notesKey, proposalKey, streamKey } from '@telltale/ledger'
import type { StateKey } from '@telltale/ledger'
import { GENESIS_MS } from './history.ts'
import type { History } from './history.ts'
import type { LongStory } from './long-story.ts'
import { AUTHORITY, DEVICE, OWNER, WORKSHOP } from './small-story.ts'
import type { SmallStory } from './small-story.ts'
import { hex, hexes } from './vector.ts'
import type { Json } from './vector.ts'

const { sha256 } = portable

/** Trees over the one-byte entries 00, 01, 02, ... */
export function treeVectors({ records, certificate }: SmallStory): { [name: string]: Json } {
  const leaves = Array.from({ length: 7 }, (_, i) => leafHash(new Uint8Array([i]), sha256))
  const subtree = subtreesOfLeaves(leaves, sha256)
  const entry = encode(recordLeaf(4, GENESIS_MS + 4000, (records[0] as SmallStory['records'][number]).id))
  const [leaf] = (decodeCertificate(certificate).notes[1] as Certificate['notes'][number]).leaves
  const { height, timeMs, first, last, id } = leaf as NonNullable<typeof leaf>
  const note = encode(noteLeaf(height, timeMs, first, last, id))
  return {
    leaves: hexes(leaves),
    roots: Array.from({ length: 8 }, (_, size) => hex(rangeRoot(0, size, subtree, sha256))),
    inclusion: { index: 3, size: 7, path: hexes(inclusionProof(3, 7, subtree, sha256)) },
    consistency: { first: 3, second: 7, proof: hexes(consistencyProof(3, 7, subtree, sha256)) },
    ranges: [[2, 5], [0, 7], [6, 7], [1, 6]].map(([from, to]) => ({ from: from as number, to: to as number, size: 7, proof: hexes(rangeProof(from as number, to as number, 7, subtree, sha256)) })),
    recordLeaf: { entry: hex(entry), hash: hex(leafHash(entry, sha256)) },
    noteLeaf: { entry: hex(note), hash: hex(leafHash(note, sha256)) },
  }
}

/** The whole state of the small story at its head, and one open proposal of the long one. */
export function stateVectors({ history, asset }: SmallStory, long: LongStory): { [name: string]: Json } {
  const { address: authority } = AUTHORITY
  const { address: owner } = OWNER
  const keys: [string, StateKey][] = [
    ['network', NETWORK_KEY],
    ['authority', identityKey(authority)],
    ['owner', identityKey(owner)],
    ['workshop', identityKey(WORKSHOP.address)],
    ['device', identityKey(DEVICE.address)],
    ['asset', assetKey(asset)],
    ['odometer', streamKey(DEVICE.address, 'odometer')],
    ['driving', streamKey(DEVICE.address, 'driving')],
    ['admitted owner', counterKey(authority, owner)],
    ['admitted workshop', counterKey(authority, WORKSHOP.address)],
    ['created asset', counterKey(authority, authority)],
    ['enrolled device', counterKey(owner, owner)],
    ['noted', counterKey(WORKSHOP.address, `${DEVICE.address}/odometer`)],
  ]
  const { height } = history.ledger.position
  return {
    network: hex(history.ledger.network),
    height,
    root: rootOf(history),
    entries: Object.fromEntries(keys.map(([name, key]) => [name, entryOf(history, key)])),
    absent: absentEntries(history),
    proposal: entryOf(long.history, proposalKey(long.proposal.id)),
    sold: entryOf(long.history, assetKey(long.asset)),
    rotated: entryOf(long.history, identityKey(decodeTransaction(callBytes(long, 4)).iss)),
    changedSet: entryOf(long.history, NETWORK_KEY),
  }
}

/** Two keys that hold nothing: the path of one ends in an empty slot, that of the other at the entry of another key. */
function absentEntries(history: History): Json {
  const found: { inSlot?: Json; atNeighbour?: Json } = {}
  for (let i = 0; !found.inSlot || !found.atNeighbour; i++) {
    const key = notesKey(OWNER.address, `${DEVICE.address}/none-${i}`)
    const { neighbour } = history.reader.state(key)
    if (neighbour) found.atNeighbour ??= { ...entryOf(history, key), neighbour: { keyHash: hex(neighbour.keyHash), valueHash: hex(neighbour.valueHash) } }
    else found.inSlot ??= { ...entryOf(history, key), neighbour: null }
  }
  return { inSlot: found.inSlot, atNeighbour: found.atNeighbour }
}

function callBytes(long: LongStory, call: number): Uint8Array {
  return long.calls.find(({ message }) => message.call === call)?.bytes as Uint8Array
}

function rootOf(history: History): string {
  const { stateTree } = history.ledger.position
  return stateTree ? hex(stateTree.hash) : ''
}

function entryOf(history: History, key: StateKey): { [name: string]: Json } {
  const { key: keyBytes, value, siblings } = history.reader.state(key)
  return { key: hex(keyBytes), keyHash: hex(stateKeyHash(history.ledger.network, keyBytes, sha256)), value: value ? hex(value) : null, siblings: hexes(siblings) }
}
