import { assert } from '@telltale/core'
import type { Authority, AuthoritySet } from '@telltale/core'
import { stateKeyText } from './base.ts'
import type { StateReader } from './base.ts'
import type { Row } from './codec.ts'
import { isInForce } from './interval.ts'
import { KIND_IDENTITY, KIND_STREAM, NETWORK_KEY, assetKey, counterKey, identityKey, notesKey, proposalKey, streamKey } from './key.ts'
import type { StateKey } from './key.ts'
import type { AssetRow, IdentityRow, NetworkRow, ProposalRow, StreamRow } from './rows.ts'
import type { Parameters } from '../parameters.ts'

/** The state as a block sees and changes it. Rows are values: a change sets a new one. */
export interface StateView extends StateReader {
  network(): NetworkRow
  identity(address: string): IdentityRow | null
  asset(id: string): AssetRow | null
  stream(device: string, name: string): StreamRow | null
  proposal(id: string): ProposalRow | null
  counter(iss: string, sub: string): number
  /** Notes that an organisation's people and devices wrote about a stream. */
  notes(organisation: string, stream: string): number
  set(key: StateKey, row: Row): void
  /** Everything set in this view: text of the key, key and row. */
  changed(): Iterable<[string, { key: StateKey; row: Row }]>
}

export function createStateView(parent: StateReader): StateView {
  const changes = new Map<string, { key: StateKey; row: Row }>()
  const row = (key: StateKey): Row | null => changes.get(stateKeyText(key))?.row ?? parent.row(key)
  // Identities are asked for several times a transaction. Only those that exist are kept: strangers can invent senders without end.
  const identities = new Map<string, IdentityRow>()
  // A record asks for its stream again and again, and nothing else between.
  let newest: { device: string; name: string; row: StreamRow } | null = null
  return {
    row,
    network() {
      const found = row(NETWORK_KEY)
      assert(found !== null, 'the state has no network entry')
      return found as NetworkRow
    },
    identity(address) {
      const known = identities.get(address)
      if (known !== undefined) return known
      const found = row(identityKey(address)) as IdentityRow | null
      if (found) identities.set(address, found)
      return found
    },
    asset: (id) => row(assetKey(id)) as AssetRow | null,
    stream(device, name) {
      if (newest?.device === device && newest.name === name) return newest.row
      const found = row(streamKey(device, name)) as StreamRow | null
      if (found) newest = { device, name, row: found }
      return found
    },
    proposal: (id) => row(proposalKey(id)) as ProposalRow | null,
    counter: (iss, sub) => (row(counterKey(iss, sub)) as number | null) ?? 0,
    notes: (organisation, stream) => (row(notesKey(organisation, stream)) as number | null) ?? 0,
    set(key, value) {
      changes.set(stateKeyText(key), { key, row: value })
      if (key.kind === KIND_STREAM) newest = { device: key.ids[0] as string, name: key.ids[1] as string, row: value as StreamRow }
      if (key.kind === KIND_IDENTITY) identities.set(key.ids[0] as string, value as IdentityRow)
    },
    changed: () => changes,
  }
}

/** The entry of the network as it stands at a position. */
export function networkAt({ state }: { state: StateReader }): NetworkRow {
  return state.row(NETWORK_KEY) as NetworkRow
}

export function parametersAt(network: NetworkRow, height: number): Parameters {
  const found = network.parameters.findLast((interval) => isInForce(interval, height))
  assert(found !== undefined, `no parameters in force at height ${height}`)
  return found.value
}

/** Whether one authority makes every block, so that there is nobody to wait for: its blocks are final at once, and no votes are cast. */
export function isDecidedAlone(network: NetworkRow, height: number): boolean {
  return setAt(network, height).length === 1 && parametersAt(network, height).sealers === 'authorities'
}

export function setAt(network: NetworkRow, height: number): AuthoritySet {
  const found = network.sets.findLast((interval) => isInForce(interval, height))
  assert(found !== undefined, `no authorities in force at height ${height}`)
  return found.value
}

/** Whose cosignature on a block of this height may count for somebody: an authority in force there, or one that was before and left; null for any other. */
export function cosignerAt(network: NetworkRow, height: number, { address, keyNumber }: { address: string; keyNumber: number }): Authority | null {
  const known = network.sets.filter(({ from }) => from <= height).reverse()
  return known.flatMap(({ value }) => value).find((authority) => authority.address === address && authority.keyNumber === keyNumber) ?? null
}
