import { algorithmToNumber, asArray, asMap, asText, asUint, numberToAlgorithm, wrongShape } from '@telltale/core'
import type { Algorithm, Cbor, CborMap } from '@telltale/core'
import type { Network } from '../api/ledger-answers.ts'
import { byteText, durationText, groupNumber } from '../text/figures.ts'
import { words } from '../words.ts'

export type Parameters = Network['parameters']
export type ParameterName = keyof Parameters

/** What the network chose for itself, in the order of the ledger's entry, each with its name there. */
export const PARAMETERS: readonly (readonly [name: ParameterName, entry: string])[] = [
  ['name', 'name'],
  ['sealers', 'sealers'],
  ['workBits', 'work'],
  ['blockMs', 'block-ms'],
  ['blockTransactionsMax', 'block-transactions'],
  ['blockBytesMax', 'block-bytes'],
  ['notesMax', 'notes'],
  ['quotaBytes', 'quota-bytes'],
  ['quotaWindowMs', 'quota-ms'],
  ['lateMs', 'late-ms'],
  ['algorithms', 'algorithms'],
  ['retentionMs', 'retention-ms'],
]

/** As a proposal carries them. */
export function parametersToCbor(parameters: Parameters): CborMap {
  const entries = PARAMETERS.map(([name, entry]): [string, Cbor] => [entry, name === 'algorithms' ? parameters.algorithms.map((algorithm) => algorithmToNumber(algorithm as Algorithm)) : parameters[name]])
  // What holds for ever is left out.
  return new Map(entries.filter(([, value]) => value !== null))
}

/** Throws `wrong-shape` for what is no set of parameters; whether the network would take them is for its nodes to say. */
export function parametersFromCbor(value: Cbor): Parameters {
  const map = asMap(value, 'parameters')
  const read = PARAMETERS.map(([name, entry]): [ParameterName, unknown] => {
    const item = map.get(entry)
    if (name === 'name' || name === 'sealers') return [name, asText(item, entry, 64)]
    if (name === 'retentionMs' && item === undefined) return [name, null]
    if (name === 'algorithms') return [name, asArray(item, entry).map((number) => numberToAlgorithm(asNumber(number)))]
    return [name, asUint(item, entry)]
  })
  // Something that is not shown would be signed unseen.
  if (map.size !== read.filter(([, item]) => item !== null).length) throw wrongShape('parameters', 'the names that this page knows', map)
  return Object.fromEntries(read) as Parameters
}

/** Algorithms of COSE have negative numbers; anything else is none. */
function asNumber(value: Cbor): number {
  return typeof value === 'number' ? value : 0
}

export function changedParameters(from: Parameters, to: Parameters): ParameterName[] {
  return PARAMETERS.map(([name]) => name).filter((name) => String(from[name]) !== String(to[name]))
}

/** Exact, with what people make of it behind: `16,777,216 bytes (16.8 MB)`. */
export function parameterText(name: ParameterName, { [name]: value }: Parameters): string {
  if (value === null) return words.governance.forEver
  if (typeof value !== 'number') return name === 'sealers' ? (words.governance.sealers[String(value)] ?? String(value)) : [value].flat().join(', ')
  if (name === 'workBits') return value === 0 ? words.governance.noWork : words.governance.hashes(groupNumber(2 ** value))
  const unit = words.governance.units[name]
  const exact = unit === undefined ? groupNumber(value) : `${groupNumber(value)} ${unit}`
  const rough = roughText(unit, value)
  return rough === null ? exact : `${exact} (${rough.replace(' ', '\u00a0')})`
}

function roughText(unit: string | undefined, value: number): string | null {
  if (unit === 'ms' && value >= 1000) return durationText(value)
  return unit === 'bytes' && value >= 1000 ? byteText(value) : null
}
