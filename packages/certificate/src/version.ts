import { asArray, decode, equalBytes, judge, registeredKeyFromCose } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import { NETWORK_KEY, encodeStateKey, networkRowFromCbor, parametersFromCbor } from '@telltale/ledger'
import type { Parameters } from '@telltale/ledger'
import type { Certificate } from './certificate.ts'

/**
 * 2 where the certificate names parameters of work, of sealers that are no authorities or of retention, in the genesis or in the entry of the network; otherwise 1. A reader of version 1
 * refuses such parameters: it is to say that it does not know the version, and not that something sound is refuted. What cannot be read is left to the checks.
 */
export function versionOf({ anchor, state }: Pick<Certificate, 'anchor' | 'state'>): 1 | 2 {
  const entry = state.find(({ key }) => equalBytes(key, encodeStateKey(NETWORK_KEY)))
  const ofNetwork = entry ? read(() => networkRowFromCbor(decode(entry.value), registeredKeyFromCose).parameters.map(({ value }) => value)) : []
  const ofGenesis = anchor.kind === 'genesis' ? read(() => [parametersFromCbor(genesisParameters(anchor.genesis))]) : []
  return [...ofNetwork, ...ofGenesis].some(({ sealers, workBits, retentionMs }) => sealers !== 'authorities' || workBits > 0 || retentionMs !== null) ? 2 : 1
}

const GENESIS_PARAMETERS = 6

function genesisParameters(bytes: Uint8Array): Cbor | undefined {
  return asArray(decode(bytes), 'genesis')[GENESIS_PARAMETERS]
}

function read(parameters: () => Parameters[]): Parameters[] {
  const judged = judge(parameters)
  return judged.ok ? judged.value : []
}
