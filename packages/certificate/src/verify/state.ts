import { addressToBytes, asArray, asText, bytesToHex, compareBytes, decode, equalBytes, isInState, registeredKeyFromCose, setHash } from '@telltale/core'
import type { Cbor, LinkStep, Primitives } from '@telltale/core'
import { assetRowFromCbor, identityRowFromCbor, inForce, networkRowFromCbor, streamRowFromCbor } from '@telltale/ledger'
import type { AssetRow, IdentityRow, NetworkRow, Parameters, StreamRow } from '@telltale/ledger'
import type { Certificate } from '../certificate.ts'
import { IDENTITY_INTERVALS_MAX } from '../limits.ts'
import { refute } from './refutation.ts'

/** The entries of the state that a certificate carries, each proved against the head's state root. */
export interface ProvedState {
  network: NetworkRow
  /** What the network chose for itself, as it holds at the head. */
  parameters: Parameters
  assetId: string
  asset: AssetRow
  /** Every stream the asset ever had, by `address/name`. */
  streams: Map<string, StreamRow>
  identities: Map<string, IdentityRow>
}

/** What was read so far. */
interface Entries {
  network: NetworkRow | null
  asset: { id: string; row: AssetRow } | null
  streams: Map<string, StreamRow>
  identities: Map<string, IdentityRow>
}

/** Proves every entry and checks that they are of the kinds this certificate needs: the network, one asset, streams and identities. */
export function proveState(certificate: Certificate, primitives: Primitives): ProvedState {
  const { checkpoint } = certificate.head
  const entries: Entries = { network: null, asset: null, streams: new Map(), identities: new Map() }
  let previous: Uint8Array | null = null
  for (const { key, value, siblings } of certificate.state) {
    if (previous && compareBytes(previous, key) >= 0) throw refute('unsorted', 'Entries of the state are out of order or doubled.')
    previous = key
    if (!isInState(certificate.network, key, value, siblings, checkpoint.stateRoot, primitives.sha256)) {
      throw refute('invalid-state-proof', 'An entry is not in the state that the authorities certified.', `an entry under ${bytesToHex(checkpoint.stateRoot).slice(0, 16)}…`)
    }
    readEntry(entries, key, decode(value))
  }
  const { network, asset, streams, identities } = entries
  if (!network || !asset) throw refute('missing-entry', 'The entry of the network or of the asset is missing.')
  const [parameters] = inForce(network.parameters, checkpoint.height)
  if (!parameters) throw refute('missing-entry', 'The entry of the network holds no parameters for that height.')
  return { network, parameters, assetId: asset.id, asset: asset.row, streams, identities }
}

function readEntry(entries: Entries, key: Uint8Array, row: Cbor): void {
  const [kind, ...ids] = asArray(decode(key), 'state key')
  const [id] = ids
  if (kind === 0 && ids.length === 0) entries.network = networkRowFromCbor(row, registeredKeyFromCose)
  else if (kind === 1 && ids.length === 1) entries.identities.set(asText(id, 'address'), readIdentity(row))
  else if (kind === 2 && ids.length === 1 && !entries.asset) entries.asset = { id: asText(id, 'asset id'), row: assetRowFromCbor(row) }
  else if (kind === 3 && ids.length === 2) entries.streams.set(streamName(ids), streamRowFromCbor(row))
  else throw refute('surplus', 'An entry of the state is carried that nothing needs.')
}

/** An address holds no slash, so that no two streams share a name. */
function streamName([device, name]: Cbor[]): string {
  addressToBytes(asText(device, 'stream device'), 'tt')
  return `${device as string}/${asText(name, 'stream name', 64)}`
}

function readIdentity(value: Cbor): IdentityRow {
  // Whoever made the file could fill it with keys; each is checked with the first signature under it.
  const row = identityRowFromCbor(value, registeredKeyFromCose)
  if (row.keys.length > IDENTITY_INTERVALS_MAX || row.roles.length > IDENTITY_INTERVALS_MAX) throw refute('too-many-intervals', 'An identity has had more keys or roles than a ledger grants.', `at most ${IDENTITY_INTERVALS_MAX}`)
  return row
}

/** Every stream the asset ever had has to be here, hidden ones too: otherwise a second device could be left out unseen. */
export function requireAllStreams({ asset, streams }: ProvedState): void {
  const expected = new Set(asset.streams.map((interval) => interval.value))
  for (const stream of expected) if (!streams.has(stream)) throw refute('missing-stream', `The entry of a stream of this asset is missing: ${stream}.`, `${expected.size} streams`, `${streams.size}`)
  for (const stream of streams.keys()) if (!expected.has(stream)) throw refute('surplus', `A stream is carried that is not one of this asset: ${stream}.`, `${expected.size} streams`, `${streams.size}`)
}

/** The authorities that certified the head are the ones in force at its height. */
export function requireSetInForce({ network }: ProvedState, { head }: Certificate, { set }: LinkStep, primitives: Primitives): void {
  const [certified] = inForce(network.sets, head.checkpoint.height)
  const expected = certified ? bytesToHex(setHash(certified, primitives)) : 'none'
  const found = setHash(set, primitives)
  if (!certified || !equalBytes(setHash(certified, primitives), found)) throw refute('set-not-in-force', 'The authorities that signed are not those in force at that height.', expected, bytesToHex(found))
}

/** Identities are carried for those who wrote what is carried, and for nobody else. */
export function requireIdentities({ identities }: ProvedState, authors: Set<string>): void {
  for (const author of authors) if (!identities.has(author)) throw refute('missing-identity', `The entry of ${author} is missing, so its signatures cannot be checked.`, author)
  for (const address of identities.keys()) if (!authors.has(address)) throw refute('surplus', `The entry of ${address} is carried, but nothing by them.`, `${authors.size} identities`, address)
}
