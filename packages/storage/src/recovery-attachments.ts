import { join } from 'node:path'
import { bytesToHex, equalBytes } from '@telltale/core'
import { bodyState, isAttachments, isDropped, readAttachmentTable, readDropped } from './attachment-frame.ts'
import type { AttachmentEntry } from './attachment-frame.ts'
import { withFile } from './file-steps.ts'
import { FRAME, FRAME_HEAD_BYTES } from './frame.ts'
import { walkFrames } from './frame-walk.ts'
import type { IndexWriter } from './index-writer.ts'
import { DROPPED, droppedBytes, encodeBytesPlace, encodeDroppedBytes, findAttachment, segmentKey } from './log-index.ts'
import type { LogsRow } from './log-index.ts'
import { faultToError, scanLog } from './log-scan.ts'
import type { Refusal, ScanFault, ScannedFrame } from './log-scan.ts'
import type { BlocksScan } from './recovery-blocks.ts'
import { LOG_START } from './recovery-side.ts'
import type { RecoveryParts } from './recovery.ts'
import { ROWS } from './rows.ts'
import type { Rows, RowsBatch } from './rows.ts'
import type { BytesPlace, LogEnd, SegmentLog } from './segment-log.ts'
import { segmentFileName } from './segment-name.ts'

export interface AttachmentsRecovery {
  end: LogEnd
  /** The last block was not acknowledged and its attachments are not whole: it goes. */
  isLastCut: boolean
  /** Bodies whose drop was marked and perhaps not carried out. They may be erased only when the marks are durable. */
  erasures: BytesPlace[]
  /** Keys of those that the index may call dropped only when they are erased: it would not find their place again. */
  dropped: Uint8Array[]
}

interface Known {
  held: LogsRow | null
  scan: BlocksScan
  acknowledged: number
  index: IndexWriter
}

/** The attachments of the last block, which wait until it is known to be whole. */
interface LastGroup {
  frames: { segment: number; offset: number; sequence: number }[]
  entries: { key: Uint8Array; place: BytesPlace; isWhole: boolean; sequence: number }[]
}

interface Drops {
  /** Dropped bytes by segment. */
  bytes: Map<number, number>
  erasures: BytesPlace[]
  /** By themselves in hex. */
  keys: Map<string, Uint8Array>
}

/** Verifies the frames of attachments since the last index, and indexes those whose block is whole. */
export async function recoverAttachments(parts: RecoveryParts, known: Known): Promise<AttachmentsRecovery> {
  const { scan } = known
  const { before, after } = scan
  const lastSequence = after.blocks.sequence - 1
  const isLastProven = lastSequence <= known.acknowledged
  const group: LastGroup = { frames: [], entries: [] }
  const drops: Drops = { bytes: new Map(), erasures: [], keys: new Map() }
  const from = known.held?.attachments ?? LOG_START
  const found = await scanLog(parts.disk, parts.attachments, from, (frame) => takeFrame(parts, frame, { ...known, group, drops, lastSequence, isLastProven }))
  const torn = group.entries.find((entry) => !entry.isWhole)
  const cut = torn === undefined ? found.fault : bodyFault(parts, torn)
  const end = cut === null ? found.end : { segment: cut.segment, offset: cut.offset, sequence: cut.sequence }
  const whole = end.sequence - 1
  if (whole < before.attachmentFrames || (whole < after.attachmentFrames && isLastProven)) throw faultToError(cut ?? endFault(end))
  const isLastCut = whole < after.attachmentFrames
  if (cut !== null) parts.say({ code: 'torn-tail-cut', message: `${cut.file} ended in attachments that had not been acknowledged, at byte ${cut.offset}; it was cut there.` })
  if (!isLastCut) for (const { key, place } of group.entries) await known.index.put(ROWS.attachment, key, encodeBytesPlace(place))
  await addDrops(parts.rows, known.index, drops.bytes)
  for (const { key } of group.entries) drops.keys.delete(bytesToHex(key))
  const [first] = group.frames
  return { end: isLastCut && first !== undefined ? first : end, isLastCut, erasures: drops.erasures, dropped: [...drops.keys.values()] }
}

async function takeFrame(
  { rows, attachments }: RecoveryParts,
  frame: ScannedFrame,
  known: Known & { group: LastGroup; drops: Drops; lastSequence: number; isLastProven: boolean },
): Promise<Refusal | undefined> {
  const { head, contents } = frame
  const { group, index, lastSequence } = known
  if (head.kind === FRAME.lost) return undefined
  if (isDropped(head)) {
    for (const key of readDropped(head, contents)) {
      const waiting = group.entries.findIndex((entry) => equalBytes(entry.key, key))
      const [entry] = waiting >= 0 ? group.entries.splice(waiting, 1) : []
      if (entry === undefined) await index.flush()
      await takeDrop(attachments, entry?.place ?? findAttachment(rows, key), known)
      known.drops.keys.set(bytesToHex(key), key)
      // Indexed anew from nothing, the index is worthless until it is whole, and the list would be long.
      if (known.held === null) await putDropped(index, known.drops)
    }
    return undefined
  }
  const table = isAttachments(head) ? readAttachmentTable(head, contents) : { expected: 'attachments', found: `a frame of kind ${head.kind}` }
  if (!Array.isArray(table)) return table
  if (head.reference > lastSequence) return { expected: `attachments of a block up to frame ${lastSequence}`, found: `some of frame ${head.reference}` }
  if (head.reference < lastSequence || known.isLastProven) {
    for (const entry of table) {
      if (entry.isRemoved) continue
      known.drops.keys.delete(bytesToHex(entry.key))
      await index.put(ROWS.attachment, entry.key, encodeBytesPlace(placeOf(frame, entry)))
    }
    return undefined
  }
  return takeLastGroup(frame, table, group)
}

/** The bodies of the last block's attachments are read too: nothing else says that they reached the disk. One that was dropped since need not be whole. */
function takeLastGroup(frame: ScannedFrame, table: readonly AttachmentEntry[], group: LastGroup): undefined {
  const { segment, offset, head, contents } = frame
  const entries: LastGroup['entries'] = []
  for (const entry of table) {
    if (entry.isRemoved) continue
    const isWhole = bodyState(entry, contents.subarray(entry.at, entry.at + entry.length)) === 'whole'
    entries.push({ key: entry.key, place: placeOf(frame, entry), isWhole, sequence: head.sequence })
  }
  group.frames.push({ segment, offset, sequence: head.sequence })
  group.entries.push(...entries)
  return undefined
}

function placeOf({ segment, generation, offset }: Pick<ScannedFrame, 'segment' | 'generation' | 'offset'>, entry: AttachmentEntry): BytesPlace {
  return { segment, generation, offset: offset + FRAME_HEAD_BYTES + entry.at, length: entry.length }
}

/**
 * Counts a drop, and notes what is still to be erased: since the last index everything, as zeros may be in memory only; when all is
 * indexed anew, what is not zeros.
 */
async function takeDrop(attachments: SegmentLog, place: BytesPlace | null, { held, drops }: { held: LogsRow | null; drops: Drops }): Promise<void> {
  if (place === null) return
  drops.bytes.set(place.segment, (drops.bytes.get(place.segment) ?? 0) + place.length)
  if (held !== null || (await attachments.readBytes(place))?.some((byte) => byte !== 0) === true) drops.erasures.push(place)
}

async function putDropped(index: IndexWriter, { keys }: Drops): Promise<void> {
  for (const key of keys.values()) await index.put(ROWS.attachment, key, DROPPED)
  keys.clear()
}

async function addDrops(rows: Rows, index: IndexWriter, drops: ReadonlyMap<number, number>): Promise<void> {
  for (const [segment, bytes] of drops) await index.put(ROWS.dropped, segmentKey(segment), encodeDroppedBytes(droppedBytes(rows, segment) + bytes))
}

function bodyFault({ attachments }: RecoveryParts, entry: LastGroup['entries'][number]): ScanFault {
  const { segment, offset, length } = entry.place
  const file = `attachments/${segmentFileName({ segment, generation: attachments.segments()[segment]?.generation ?? 0 })}`
  return { file, segment, offset, length, sequence: entry.sequence, expected: `an attachment whose hash begins with ${bytesToHex(entry.key)}`, found: 'other bytes', provenSequence: 0, next: null }
}

function endFault({ segment, offset, sequence }: LogEnd): ScanFault {
  const file = `attachments/${segmentFileName({ segment, generation: 0 })}`
  return { file, segment, offset, length: 0, sequence, expected: `frame ${sequence}, which a block needs`, found: 'the end of the log', provenSequence: 0, next: null }
}

/** Writes the index, to which `last` adds where it stands. Segments that were rewritten just before the process ended are indexed anew, then their older files go. */
export async function writeIndex({ disk, rows, attachments, older }: RecoveryParts, index: IndexWriter, last: (batch: RowsBatch) => void): Promise<void> {
  if (older.length === 0) return index.flush(last)
  await index.flush()
  for (const segment of new Set(older.map((name) => name.segment))) {
    const generation = attachments.segments()[segment]?.generation ?? 0
    await withFile(disk, attachments.segmentPath(segment), 'read', async (file) => {
      for await (const { offset, head, contents } of walkFrames(file, 0)) {
        const table = head !== null && isAttachments(head) && contents !== null ? readAttachmentTable(head, contents) : []
        if (!Array.isArray(table)) continue
        for (const entry of table) {
          const isHere = !entry.isRemoved && findAttachment(rows, entry.key)?.segment === segment
          if (isHere) await index.put(ROWS.attachment, entry.key, encodeBytesPlace(placeOf({ segment, generation, offset }, entry)))
        }
      }
    })
    await index.remove(ROWS.dropped, segmentKey(segment))
  }
  // Synced: an index that went back now would point into files that are gone.
  await index.flush(last, { isSynced: true })
  for (const name of older) await disk.remove(join(attachments.folder, segmentFileName(name)))
  await disk.syncDirectory(attachments.folder)
}
