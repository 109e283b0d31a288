import { levelCheckDifference, readFixed32, readVarint } from './level-bytes.ts'
import type { LevelInput } from './level-bytes.ts'
import type { Difference } from './frame.ts'

/** Where a block lies in a table, without the five bytes behind it: its compression and its check. */
interface Handle {
  offset: number
  length: number
}

type Damage = Difference & { offset: number }

const FOOTER_BYTES = 48
const TRAILER_BYTES = 5
const MAGIC_LOW = 0x8b80fb57
const MAGIC_HIGH = 0xdb477524

/**
 * Verifies every byte of a LevelDB table (doc/table_format.md): each block's check, and that data blocks, filter, index and footer follow
 * each other without a gap. Null where all holds. LevelDB's own reads skip these checks, filters included: a flipped bit there would make
 * a row that exists look absent.
 */
export function tableDamage(bytes: Uint8Array): Damage | null {
  const footerAt = bytes.length - FOOTER_BYTES
  const footer = footerAt < 0 ? null : readFooter(bytes, footerAt)
  if (footer === null) return { offset: Math.max(footerAt, 0), expected: 'the footer of a table', found: `${Math.min(bytes.length, FOOTER_BYTES)} other bytes` }
  const damage = blockDamage(bytes, footer.index) ?? blockDamage(bytes, footer.metaindex)
  if (damage !== null) return damage
  const data = readHandles(bytes, footer.index)
  const filters = readHandles(bytes, footer.metaindex)
  if (data === null || filters === null) return { offset: footer.index.offset, expected: 'an index of blocks', found: 'other contents' }
  let at = 0
  for (const handle of [...data, ...filters, footer.metaindex, footer.index]) {
    if (handle.offset !== at) return { offset: at, expected: `a block at byte ${at}`, found: `the next at byte ${handle.offset}` }
    const broken = blockDamage(bytes, handle)
    if (broken !== null) return broken
    at += handle.length + TRAILER_BYTES
  }
  return at === footerAt ? null : { offset: at, expected: 'the footer behind the last block', found: `${footerAt - at} bytes between` }
}

function readFooter(bytes: Uint8Array, at: number): { metaindex: Handle; index: Handle } | null {
  if (readFixed32(bytes, at + 40) !== MAGIC_LOW || readFixed32(bytes, at + 44) !== MAGIC_HIGH) return null
  const input: LevelInput = { bytes: bytes.subarray(at, at + 40), at: 0 }
  const metaindex = readHandle(input)
  const index = readHandle(input)
  const isPadded = input.bytes.subarray(input.at).every((byte) => byte === 0)
  return metaindex === null || index === null || !isPadded ? null : { metaindex, index }
}

function readHandle(input: LevelInput): Handle | null {
  const offset = readVarint(input)
  const length = readVarint(input)
  return offset === null || length === null ? null : { offset, length }
}

function blockDamage(bytes: Uint8Array, { offset, length }: Handle): Damage | null {
  const end = offset + length
  if (end + TRAILER_BYTES > bytes.length - FOOTER_BYTES) return { offset, expected: 'a block within its file', found: `${length} bytes` }
  const difference = levelCheckDifference(readFixed32(bytes, end + 1), bytes, offset, end + 1)
  if (difference !== null) return { offset, ...difference }
  return bytes[end] === 0 ? null : { offset: end, expected: 'a block that is not compressed', found: `compression ${bytes[end]}` }
}

/** The handles that an index block holds as values; null where it is none. Its keys are of no interest here. */
function readHandles(bytes: Uint8Array, { offset, length }: Handle): Handle[] | null {
  const restarts = length < 4 ? length : readFixed32(bytes, offset + length - 4)
  const entriesBytes = length - 4 - 4 * restarts
  if (entriesBytes < 0) return null
  const input: LevelInput = { bytes: bytes.subarray(offset, offset + entriesBytes), at: 0 }
  const handles: Handle[] = []
  while (input.at < entriesBytes) {
    const [, keyBytes, valueBytes] = [readVarint(input), readVarint(input), readVarint(input)]
    if (typeof keyBytes !== 'number' || typeof valueBytes !== 'number') return null
    input.at += keyBytes
    const handle = readHandle({ bytes: input.bytes.subarray(0, input.at + valueBytes), at: input.at })
    if (handle === null) return null
    handles.push(handle)
    input.at += valueBytes
  }
  return handles
}
