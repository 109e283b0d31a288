import { asUint, decode, encode, registeredKeyFromCose } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { KIND_ASSET, KIND_COUNTER, KIND_IDENTITY, KIND_NETWORK, KIND_NOTES, KIND_PROPOSAL, KIND_STREAM } from './key.ts'
import type { StateKind } from './key.ts'
import * as rows from './rows.ts'

/** Any entry of the state, decoded; its kind is known from its key. A counter is the next sequence, or how many notes there are. */
export type Row = rows.NetworkRow | rows.IdentityRow | rows.AssetRow | rows.StreamRow | rows.ProposalRow | number

/** The one encoding of an entry: what the state tree hashes and what proofs carry. */
export function encodeRow(kind: StateKind, row: Row): Uint8Array {
  return encode(rowToCbor(kind, row))
}

function rowToCbor(kind: StateKind, row: Row): Cbor {
  switch (kind) {
    case KIND_NETWORK:
      return rows.networkRowToCbor(row as rows.NetworkRow)
    case KIND_IDENTITY:
      return rows.identityRowToCbor(row as rows.IdentityRow)
    case KIND_ASSET:
      return rows.assetRowToCbor(row as rows.AssetRow)
    case KIND_STREAM:
      return rows.streamRowToCbor(row as rows.StreamRow)
    case KIND_PROPOSAL:
      return rows.proposalRowToCbor(row as rows.ProposalRow)
    case KIND_COUNTER:
    case KIND_NOTES:
      return row as number
  }
}

export function decodeRow(kind: StateKind, bytes: Uint8Array): Row {
  const value = decode(bytes)
  switch (kind) {
    case KIND_NETWORK:
      return rows.networkRowFromCbor(value, registeredKeyFromCose)
    case KIND_IDENTITY:
      return rows.identityRowFromCbor(value, registeredKeyFromCose)
    case KIND_ASSET:
      return rows.assetRowFromCbor(value)
    case KIND_STREAM:
      return rows.streamRowFromCbor(value)
    case KIND_PROPOSAL:
      return rows.proposalRowFromCbor(value)
    case KIND_COUNTER:
    case KIND_NOTES:
      return asUint(value, 'counter entry')
  }
}
