import { ALGORITHMS, algorithmToNumber, asArray, asMap, asText, asUint, numberToAlgorithm, wrongShape } from '@telltale/core'
import type { Algorithm, Cbor, CborMap } from '@telltale/core'

/** What a network chose for itself. Entries of the ledger, with the height from which they hold. */
export interface Parameters {
  /** Shown to people beside the fingerprint; it identifies nothing: two networks may share a name. */
  name: string
  /** Who may seal blocks: the authorities in turn, or every identity that is registered. */
  sealers: 'authorities' | 'anyone'
  /** A block shows at least 2^bits tries of work; 0 for none. */
  workBits: number
  /** Least time between blocks; 0 seals as soon as there is something to seal. Where they show work, the mean time that the difficulty is set for. */
  blockMs: number
  blockTransactionsMax: number
  blockBytesMax: number
  /** Notes of one organisation's people and devices on one stream. */
  notesMax: number
  /** Bytes that the people and devices of one organisation may add in a window. */
  quotaBytes: number
  quotaWindowMs: number
  /** A record is late when the block's time exceeds its last observation by more. */
  lateMs: number
  algorithms: Algorithm[]
  /** Attachments of blocks that are older than the newest final one by this may be dropped; null keeps them for ever. */
  retentionMs: number | null
}

export const DEFAULT_PARAMETERS: Parameters = {
  name: 'telltale',
  sealers: 'authorities',
  workBits: 0,
  blockMs: 0,
  blockTransactionsMax: 5000,
  blockBytesMax: 16_777_216,
  notesMax: 256,
  quotaBytes: 1_073_741_824,
  quotaWindowMs: 3_600_000,
  lateMs: 600_000,
  algorithms: ALGORITHMS,
  retentionMs: null,
}

export function parametersToCbor(parameters: Parameters): CborMap {
  return new Map<string, Cbor>([
    ['name', parameters.name],
    ['sealers', parameters.sealers],
    ['work', parameters.workBits],
    ['block-ms', parameters.blockMs],
    ['block-transactions', parameters.blockTransactionsMax],
    ['block-bytes', parameters.blockBytesMax],
    ['notes', parameters.notesMax],
    ['quota-bytes', parameters.quotaBytes],
    ['quota-ms', parameters.quotaWindowMs],
    ['late-ms', parameters.lateMs],
    ['algorithms', parameters.algorithms.map(algorithmToNumber)],
    // Left out where attachments stay, so that there is one way to say it, and every network without it has the bytes it always had.
    ...(parameters.retentionMs === null ? [] : [[RETENTION, parameters.retentionMs] as [string, Cbor]]),
  ])
}

/** Of those that every network has. */
const PARAMETER_COUNT = 11
const RETENTION = 'retention-ms'
/** Many block times: a node that was away for a moment still gets what was said meanwhile. */
export const RETENTION_MS_MIN = 60_000
export const RETENTION_MS_MAX: number = 2 ** 40
/** More could not be named: the difficulty in a header is a whole number below 2^53. */
const WORK_BITS_MAX = 52

export function parametersFromCbor(value: Cbor | undefined): Parameters {
  const map = asMap(value, 'parameters')
  const count = PARAMETER_COUNT + (map.has(RETENTION) ? 1 : 0)
  if (map.size !== count) throw wrongShape('parameters', `exactly ${count} entries`, map)
  const atLeast = (name: string, min: number, max: number): number => {
    const number = asUint(map.get(name), `parameter ${name}`, max)
    if (number < min) throw wrongShape(`parameter ${name}`, `at least ${min}`, number)
    return number
  }
  const algorithms = asArray(map.get('algorithms'), 'parameter algorithms').map((number) => {
    if (typeof number !== 'number') throw wrongShape('parameter algorithms', 'algorithm numbers', number)
    return numberToAlgorithm(number)
  })
  if (algorithms.length === 0 || new Set(algorithms).size !== algorithms.length) throw wrongShape('parameter algorithms', 'one or more, each once', map.get('algorithms'))
  const sealers = map.get('sealers')
  if (sealers !== 'authorities' && sealers !== 'anyone') throw wrongShape('parameter sealers', 'authorities or anyone', sealers)
  return {
    name: asText(map.get('name'), 'parameter name', 64),
    sealers,
    // Where anyone may seal, work is all that keeps anyone from sealing without end.
    workBits: atLeast('work', sealers === 'anyone' ? 1 : 0, WORK_BITS_MAX),
    blockMs: atLeast('block-ms', 0, 3_600_000),
    blockTransactionsMax: atLeast('block-transactions', 1, 100_000),
    blockBytesMax: atLeast('block-bytes', 65_536, 268_435_456),
    notesMax: atLeast('notes', 1, 65_536),
    quotaBytes: atLeast('quota-bytes', 65_536, Number.MAX_SAFE_INTEGER),
    quotaWindowMs: atLeast('quota-ms', 1, 2 ** 40),
    lateMs: atLeast('late-ms', 0, 2 ** 40),
    algorithms,
    retentionMs: map.has(RETENTION) ? atLeast(RETENTION, RETENTION_MS_MIN, RETENTION_MS_MAX) : null,
  }
}
