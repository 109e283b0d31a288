import { asArray, compareBytes, decode, isInState, setHash, bytesToHex, equalBytes } from '@telltale/core'
import type { LinkStep, Primitives } from '@telltale/core'
import { assetRowFromCbor, identityRowFromCbor, networkRowFromCbor, setAt, streamRowFromCbor } from '@telltale/ledger'
import type { AssetRow, IdentityRow, NetworkRow, StreamRow } from '@telltale/ledger'
import type { Certificate } from '../certificate.ts'
import { refute } from './refutation.ts'

/** The entries of the state that a certificate carries, each proved against the head's state root. */
export interface ProvedState {
  network: NetworkRow
  assetId: string
  asset: AssetRow
  /** Every stream the asset ever had, by `address/name`. */
  streams: Map<string, StreamRow>
  identities: Map<string, IdentityRow>
}

/** Proves every entry and checks that they are the ones this certificate needs: the network, one asset, all of its streams, and nobody who says nothing. */
export function proveState(certificate: Certificate, primitives: Primitives): ProvedState {
  const { stateRoot } = certificate.head.checkpoint
  let network: NetworkRow | null = null
  let asset: { id: string; row: AssetRow } | null = null
  const streams = new Map<string, StreamRow>()
  const identities = new Map<string, IdentityRow>()
  let previous: Uint8Array | null = null
  for (const { key, value, siblings } of certificate.state) {
    if (previous && compareBytes(previous, key) >= 0) throw refute('unsorted', 'Entries of the state are out of order or doubled.')
    previous = key
    if (value === null || !isInState(certificate.network, key, value, siblings, stateRoot, primitives.sha256)) {
      throw refute('invalid-state-proof', 'An entry is not in the state that the authorities certified.', `an entry under ${bytesToHex(stateRoot).slice(0, 16)}…`)
    }
    const [kind, ...ids] = asArray(decode(key), 'state key') as [number, ...string[]]
    const row = decode(value)
    if (kind === 0) network = networkRowFromCbor(row)
    else if (kind === 1) identities.set(ids[0] as string, identityRowFromCbor(row))
    else if (kind === 2 && !asset) asset = { id: ids[0] as string, row: assetRowFromCbor(row) }
    else if (kind === 3) streams.set(ids.join('/'), streamRowFromCbor(row))
    else throw refute('surplus', 'An entry of the state is carried that nothing needs.')
  }
  if (!network || !asset) throw refute('missing-entry', 'The entry of the network or of the asset is missing.')
  return { network, assetId: asset.id, asset: asset.row, streams, identities }
}

/** Every stream the asset ever had has to be here, hidden ones too: otherwise a second device could be left out unseen. */
export function requireAllStreams(state: ProvedState): void {
  const expected = [...new Set(state.asset.streams.map((interval) => interval.value))].sort()
  const found = [...state.streams.keys()].sort()
  const missing = expected.filter((stream) => !state.streams.has(stream))
  if (missing.length > 0) throw refute('missing-stream', `The entry of a stream of this asset is missing: ${missing[0] as string}.`, expected.join(', '), found.join(', '))
  const surplus = found.filter((stream) => !expected.includes(stream))
  if (surplus.length > 0) throw refute('surplus', `A stream is carried that is not one of this asset: ${surplus[0] as string}.`, expected.join(', '), found.join(', '))
}

/** The authorities that certified the head are the ones in force at its height. */
export function requireSetInForce(state: ProvedState, certificate: Certificate, head: LinkStep, primitives: Primitives): void {
  const inForce = setHash(setAt(state.network, certificate.head.checkpoint.height), primitives)
  if (!equalBytes(inForce, setHash(head.set, primitives))) throw refute('set-not-in-force', 'The authorities that signed are not those in force at that height.', bytesToHex(inForce), bytesToHex(setHash(head.set, primitives)))
}

/** Identities are carried for those who wrote what is carried, and for nobody else. */
export function requireIdentities(state: ProvedState, authors: Set<string>): void {
  for (const author of authors) if (!state.identities.has(author)) throw refute('missing-identity', `The entry of ${author} is missing, so its signatures cannot be checked.`, author)
  for (const address of state.identities.keys()) if (!authors.has(address)) throw refute('surplus', `The entry of ${address} is carried, but nothing by them.`, [...authors].join(', '), address)
}
