import { encode } from '@telltale/core'

/** Kinds of entries of the state. Never renumbered. */
export const KIND_NETWORK = 0
export const KIND_IDENTITY = 1
export const KIND_ASSET = 2
export const KIND_STREAM = 3
export const KIND_COUNTER = 4
export const KIND_PROPOSAL = 5
export const KIND_NOTES = 6

export type StateKind = 0 | 1 | 2 | 3 | 4 | 5 | 6

/** Where an entry stands: [kind, id...]. Its CBOR is the key of the state tree. */
export interface StateKey {
  kind: StateKind
  ids: string[]
}

export const NETWORK_KEY: StateKey = { kind: KIND_NETWORK, ids: [] }

export function identityKey(address: string): StateKey {
  return { kind: KIND_IDENTITY, ids: [address] }
}

export function assetKey(id: string): StateKey {
  return { kind: KIND_ASSET, ids: [id] }
}

export function streamKey(device: string, name: string): StateKey {
  return { kind: KIND_STREAM, ids: [device, name] }
}

export function counterKey(iss: string, sub: string): StateKey {
  return { kind: KIND_COUNTER, ids: [iss, sub] }
}

export function proposalKey(id: string): StateKey {
  return { kind: KIND_PROPOSAL, ids: [id] }
}

/** How many notes the people and devices of an organisation wrote about a stream (`address/name`). */
export function notesKey(organisation: string, stream: string): StateKey {
  return { kind: KIND_NOTES, ids: [organisation, stream] }
}

export function encodeStateKey(key: StateKey): Uint8Array {
  return encode([key.kind, ...key.ids])
}

/** `address/name` as corrections and assets write it, or null. */
export function splitStreamName(text: string): { device: string; name: string } | null {
  const slash = text.indexOf('/')
  return slash < 0 ? null : { device: text.slice(0, slash), name: text.slice(slash + 1) }
}
