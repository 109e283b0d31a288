import { setHash, stateKeyHash, stateRoot, updateStateTree } from '@telltale/core'
import type { AuthoritySet, Primitives, StateTree } from '@telltale/core'
import type { GenesisFile } from './genesis.ts'
import { stateRowKey } from './row-keys.ts'
import { encodeRow } from './state/codec.ts'
import type { Row } from './state/codec.ts'
import { NETWORK_KEY, encodeStateKey, identityKey } from './state/key.ts'
import type { StateKey } from './state/key.ts'
import type { RowChange } from './store.ts'

/** The state that a genesis writes: exactly the network entry and one identity an authority, key number 0, from height 0. */
export function genesisState(file: GenesisFile, primitives: Primitives): { rows: RowChange[]; tree: StateTree; root: Uint8Array; setHash: Uint8Array } {
  const { parameters, authorities } = file.genesis
  const set: AuthoritySet = authorities.map(({ address, key }) => ({ address, keyNumber: 0, key }))
  const entries: [StateKey, Row][] = [
    [NETWORK_KEY, { parameters: [always(parameters)], sets: [always(set)], resumptions: [], pending: [] }],
    ...authorities.map(({ address, key }): [StateKey, Row] => [
      identityKey(address),
      { keys: [always({ number: 0, key })], roles: [always({ name: 'authority' as const, scope: null, expiryMs: null })], sealKeys: [], organisation: null },
    ]),
  ]
  const encoded = entries.map(([key, row]) => ({ keyBytes: encodeStateKey(key), value: encodeRow(key.kind, row) }))
  const changes = encoded.map(({ keyBytes, value }) => ({ keyHash: stateKeyHash(file.network, keyBytes, primitives.sha256), value }))
  const tree = updateStateTree(null, changes, primitives.sha256)
  return { rows: encoded.map(({ keyBytes, value }) => [stateRowKey(keyBytes), value]), tree, root: stateRoot(tree), setHash: setHash(set, primitives) }
}

function always<T>(value: T): { value: T; from: number; to: null } {
  return { value, from: 0, to: null }
}
