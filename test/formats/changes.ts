import { decode, encode, hexToBytes } from '@telltale/core'
import type { Cbor } from '@telltale/core'

/** One change of a certificate, as data that any language can apply: a path of indexes into its nested arrays, and what happens there. */
export interface Change {
  at: number[]
  /** Another item, its CBOR as hexadecimal. */
  set?: string
  /** An item put before this one. */
  insert?: string
  remove?: true
}

export function applyChanges(certificate: Uint8Array, changes: Change[]): Uint8Array {
  const items = decode(certificate) as Cbor[]
  for (const { at, set, insert } of changes) {
    let list = items
    for (const index of at.slice(0, -1)) list = list[index] as Cbor[]
    const last = at.at(-1) as number
    if (set !== undefined) list[last] = decode(hexToBytes(set))
    else if (insert !== undefined) list.splice(last, 0, decode(hexToBytes(insert)))
    else list.splice(last, 1)
  }
  return encode(items)
}

/** The item at a path. */
export function itemAt(certificate: Uint8Array, at: number[]): Cbor {
  let item: Cbor = decode(certificate)
  for (const index of at) item = (item as Cbor[])[index] as Cbor
  return item
}
