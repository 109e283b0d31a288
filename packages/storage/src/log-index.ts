import { asArray, asBytes, asUint, assert, decode, encode, textToBytes } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import type { RowChange } from '@telltale/ledger'
import { readUint48, writeUint48 } from './frame.ts'
import { ROWS_LAYOUT_NUMBER } from './limits.ts'
import { ROWS } from './rows.ts'
import type { Rows, RowsBatch } from './rows.ts'
import type { BytesPlace, FramePlace, LogEnd } from './segment-log.ts'

/** The store's own rows: where blocks and attachments lie, how far the logs are indexed, what undoes a block. All can be rebuilt. */

export function heightKey(height: number): Uint8Array {
  const key = new Uint8Array(6)
  writeUint48(new DataView(key.buffer), 0, height)
  return key
}

export function keyToHeight(key: Uint8Array): number {
  return readUint48(new DataView(key.buffer, key.byteOffset, key.length), 0)
}

/** [segment (4), offset (6), length (4), sequence (6)] */
export function encodeFramePlace({ segment, offset, length, sequence }: FramePlace): Uint8Array {
  const bytes = new Uint8Array(20)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, segment)
  writeUint48(view, 4, offset)
  view.setUint32(10, length)
  writeUint48(view, 14, sequence)
  return bytes
}

export function decodeFramePlace(bytes: Uint8Array): FramePlace {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return { segment: view.getUint32(0), offset: readUint48(view, 4), length: view.getUint32(10), sequence: readUint48(view, 14) }
}

/**
 * [segment (3), generation (1), offset (4), length (3)]; a dropped attachment has no bytes here. 2^24 segments are a petabyte; a segment is rewritten when half of it
 * was dropped, so some 25 times at most; it ends with the frame that reaches its limit, and both together are below 2^32.
 */
export function encodeBytesPlace({ segment, generation, offset, length }: BytesPlace): Uint8Array {
  assert(segment < 2 ** 24 && generation < 256 && offset < 2 ** 32 && length < 2 ** 24, 'the place of an attachment out of range')
  return Uint8Array.of(segment >>> 16, segment >>> 8, segment, generation, offset >>> 24, offset >>> 16, offset >>> 8, offset, length >>> 16, length >>> 8, length)
}

export const DROPPED = new Uint8Array(0)

/** Null for an attachment that was dropped. */
function decodeBytesPlace(bytes: Uint8Array): BytesPlace | null {
  if (bytes.length === 0) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return { segment: view.getUint32(0) >>> 8, generation: view.getUint8(3), offset: view.getUint32(4), length: view.getUint32(7) & 0xff_ffff }
}

/** Where an attachment lies; null where it is unknown or dropped. */
export function findAttachment(rows: Rows, key: Uint8Array): BytesPlace | null {
  const row = rows.get(ROWS.attachment, key)
  return row === null ? null : decodeBytesPlace(row)
}

export function segmentKey(segment: number): Uint8Array {
  const key = new Uint8Array(4)
  new DataView(key.buffer).setUint32(0, segment)
  return key
}

export function keyToSegment(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset, key.length).getUint32(0)
}

/** Bytes of a segment's attachments that were dropped and still take space. */
export function droppedBytes(rows: Rows, segment: number): number {
  const bytes = rows.get(ROWS.dropped, segmentKey(segment))
  return bytes === null ? 0 : asUint(decode(bytes), 'dropped bytes')
}

export function encodeDroppedBytes(count: number): Uint8Array {
  return encode(count)
}

/** The last frame of the blocks: rows of another store differ in it. */
export interface LastFrame {
  segment: number
  offset: number
  digest: Uint8Array
}

/** Up to where the logs were durable and indexed. */
export interface LogsRow {
  blocks: LogEnd
  attachments: LogEnd
  /** Up to where the statements beside the log were synced. */
  side: LogEnd
  height: number
  /** Frames of attachments that the last block needs. */
  attachmentFrames: number
  signedSequence: number
  lastFrame: LastFrame | null
}

const LOGS_KEY = textToBytes('logs')
const STATE_KEY = textToBytes('rows')
const DROPPED_KEY = textToBytes('dropped')

export function putLogsRow(batch: RowsBatch, row: LogsRow): void {
  const last = row.lastFrame === null ? null : [row.lastFrame.segment, row.lastFrame.offset, row.lastFrame.digest]
  const value = [ROWS_LAYOUT_NUMBER, endToCbor(row.blocks), endToCbor(row.attachments), endToCbor(row.side), row.height + 1, row.attachmentFrames, row.signedSequence, last]
  batch.put(ROWS.meta, LOGS_KEY, encode(value))
}

/** Null where nothing was indexed yet, or in another layout. */
export function readLogsRow(rows: Rows): LogsRow | null {
  const bytes = rows.get(ROWS.meta, LOGS_KEY)
  if (bytes === null) return null
  const [layout, ...items] = asArray(decode(bytes), 'the row of the logs')
  if (layout !== ROWS_LAYOUT_NUMBER) return null
  const [blocks, attachments, side, height, attachmentFrames, signedSequence, last] = asArray(items, 'the row of the logs', 7)
  return {
    blocks: endFromCbor(blocks),
    attachments: endFromCbor(attachments),
    side: endFromCbor(side),
    height: asUint(height, 'the height') - 1,
    attachmentFrames: asUint(attachmentFrames, 'the frames of attachments'),
    signedSequence: asUint(signedSequence, 'the sequence of the signed state'),
    lastFrame: last === null ? null : lastFromCbor(last),
  }
}

function endToCbor({ segment, offset, sequence }: LogEnd): Cbor {
  return [segment, offset, sequence]
}

function endFromCbor(value: Cbor | undefined): LogEnd {
  const [segment, offset, sequence] = asArray(value, 'the end of a log', 3)
  return { segment: asUint(segment, 'a segment'), offset: asUint(offset, 'an offset'), sequence: asUint(sequence, 'a sequence') }
}

function lastFromCbor(value: Cbor | undefined): LastFrame {
  const [segment, offset, digest] = asArray(value, 'the last frame', 3)
  return { segment: asUint(segment, 'a segment'), offset: asUint(offset, 'an offset'), digest: asBytes(digest, 'a digest', 16) }
}

/** Height that the ledger's rows stand at; -1 where there are none, or in another layout. */
export function readRowsHeight(rows: Rows): number {
  const bytes = rows.get(ROWS.meta, STATE_KEY)
  if (bytes === null) return -1
  // The first layout had the height alone here.
  const value = decode(bytes)
  const [layout, height] = Array.isArray(value) ? asArray(value, 'the height of the rows', 2) : [1, value]
  return layout === ROWS_LAYOUT_NUMBER ? asUint(height, 'the height of the rows') - 1 : -1
}

export function putRowsHeight(batch: RowsBatch, height: number): void {
  batch.put(ROWS.meta, STATE_KEY, encode([ROWS_LAYOUT_NUMBER, height + 1]))
}

/** Height up to which old attachments were dropped. Written with the rows of what was dropped, so that it is never ahead of them. */
export function readDroppedUpTo(rows: Rows): number {
  const bytes = rows.get(ROWS.meta, DROPPED_KEY)
  return bytes === null ? 0 : asUint(decode(bytes), 'the height up to which attachments were dropped')
}

export function putDroppedUpTo(batch: RowsBatch, height: number): void {
  batch.put(ROWS.meta, DROPPED_KEY, encode(height))
}

export function encodeUndo(changes: readonly RowChange[]): Uint8Array {
  return encode(changes.map(([key, value]) => [key, value]))
}

export function decodeUndo(bytes: Uint8Array): RowChange[] {
  return asArray(decode(bytes), 'undo data').map((change) => {
    const [key, value] = asArray(change, 'a change', 2)
    return [asBytes(key, 'a key'), value === null ? null : asBytes(value, 'a value')]
  })
}
