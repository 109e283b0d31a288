import { concatBytes } from '@telltale/core'
import { levelCheckDifference, readFixed32 } from './level-bytes.ts'
import type { Difference } from './frame.ts'

/** What a file in LevelDB's log format holds (doc/log_format.md): its log of batches, and its MANIFEST. */
export interface LevelLog {
  /** Whole records up to the first place that is none. */
  records: Uint8Array[]
  /** Bytes up to the end of the last whole record. */
  wholeBytes: number
  /** The first place that is no record; null where the file ends behind a whole one. */
  damage: (Difference & { offset: number }) | null
}

const BLOCK_BYTES = 32_768
const HEAD_BYTES = 7
const FULL = 1
const FIRST = 2
const LAST = 4

/**
 * Reads records one after the other and stops at the first place that is not a whole one. LevelDB itself goes on behind such a place, and
 * so opens with a batch missing in the middle; a length that was flipped near the end it takes for an interrupted write.
 */
export function readLevelLog(bytes: Uint8Array): LevelLog {
  const log: LevelLog = { records: [], wholeBytes: 0, damage: null }
  let fragments: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    const blockRest = BLOCK_BYTES - (at % BLOCK_BYTES)
    if (blockRest < HEAD_BYTES) {
      const padding = bytes.subarray(at, at + blockRest)
      if (padding.some((byte) => byte !== 0)) return { ...log, damage: { offset: at, expected: 'zeros at the end of a block', found: 'other bytes' } }
      at += blockRest
      if (fragments.length === 0) log.wholeBytes = Math.min(at, bytes.length)
      continue
    }
    const fragment = readFragment(bytes, at, blockRest, fragments.length > 0)
    if ('expected' in fragment) return { ...log, damage: { ...fragment, offset: at } }
    at += HEAD_BYTES + fragment.contents.length
    fragments.push(fragment.contents)
    if (fragment.type === FULL || fragment.type === LAST) {
      log.records.push(concatBytes(...fragments))
      log.wholeBytes = at
      fragments = []
    }
  }
  if (fragments.length > 0) log.damage = { offset: log.wholeBytes, expected: 'the last piece of a record', found: 'the end of the file' }
  return log
}

function readFragment(bytes: Uint8Array, at: number, blockRest: number, isInside: boolean): { contents: Uint8Array; type: number } | Difference {
  if (at + HEAD_BYTES > bytes.length) return { expected: `${HEAD_BYTES} bytes before a record`, found: `${bytes.length - at} and the end of the file` }
  const length = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8)
  const end = at + HEAD_BYTES + length
  if (HEAD_BYTES + length > blockRest || end > bytes.length) return { expected: 'a record within its block and file', found: `${length} bytes` }
  const difference = levelCheckDifference(readFixed32(bytes, at), bytes, at + 6, end)
  if (difference !== null) return difference
  const type = bytes[at + 6] as number
  const isExpected = isInside ? type > FIRST && type <= LAST : type === FULL || type === FIRST
  return isExpected ? { contents: bytes.subarray(at + HEAD_BYTES, end), type } : { expected: isInside ? 'the next piece of a record' : 'the start of a record', found: `a piece of type ${type}` }
}
