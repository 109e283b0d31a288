import { concatBytes } from '@telltale/core'
import { STATE_PREFIX, encodeStateKey } from '@telltale/ledger'
import type { StateKey } from '@telltale/ledger'

/**
 * Where entries of one kind lie among the rows. A key is cbor [kind, ids...] and all addresses have one length, so that entries of a kind lie together, by ascending id.
 */
const KIND_IDENTITY = 1
const KIND_ASSET = 2
const KIND_STREAM = 3
const KIND_PROPOSAL = 5

export function identityScan(): Uint8Array {
  return prefixOf(2, KIND_IDENTITY)
}

export function assetScan(): Uint8Array {
  return prefixOf(2, KIND_ASSET)
}

export function proposalScan(): Uint8Array {
  return prefixOf(2, KIND_PROPOSAL)
}

/** All streams, those of one device together. */
export function streamScan(): Uint8Array {
  return prefixOf(3, KIND_STREAM)
}

/** An array of `length` items (major type 4) that begins with the kind. */
function prefixOf(length: number, kind: number): Uint8Array {
  return concatBytes(STATE_PREFIX, new Uint8Array([0x80 + length, kind]))
}

/** The least row key above an entry: from there a page goes on. */
export function afterKey(key: StateKey): Uint8Array {
  return concatBytes(STATE_PREFIX, encodeStateKey(key), new Uint8Array([0]))
}

/** The least row key above all streams of a device. */
export function afterDevice(device: string): Uint8Array {
  // A stream's name follows as a text, whose first byte is below 0xff.
  return concatBytes(STATE_PREFIX, encodeStateKey({ kind: KIND_STREAM, ids: [device] }).with(0, 0x83), new Uint8Array([0xff]))
}
