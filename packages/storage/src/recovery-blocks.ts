import { readBlockFrame } from './block-frame.ts'
import { FRAME } from './frame.ts'
import type { IndexWriter } from './index-writer.ts'
import { encodeFramePlace, heightKey, readRowsHeight } from './log-index.ts'
import type { LogsRow } from './log-index.ts'
import { faultToError, scanLog } from './log-scan.ts'
import type { Refusal, ScannedFrame } from './log-scan.ts'
import { LOG_START } from './recovery-side.ts'
import type { RecoveryParts } from './recovery.ts'
import { addUndo } from './row-undo.ts'
import { ROWS } from './rows.ts'
import type { FramePlace, LogEnd } from './segment-log.ts'
import { segmentDamaged } from './segment-name.ts'

export interface BlocksScan {
  /** Without the last frame that was found. */
  before: LogsRow
  /** With it; the same as `before` where none was found. */
  after: LogsRow
  /** Indexes the last frame. False where the rows cannot be undone. */
  applyLast: (index: IndexWriter) => Promise<boolean>
}

/** A frame that was read, without its contents. */
interface BlockStep {
  kind: number
  height: number
  place: FramePlace
  after: LogsRow
}

/**
 * Verifies the frames of blocks since the last index. All but the last are indexed; the last waits for its attachments. `acknowledged` is
 * the highest frame that something outside this log proves. Null where rows of a reverted block cannot be undone.
 */
export async function scanBlocks(parts: RecoveryParts, held: LogsRow | null, acknowledged: number, index: IndexWriter): Promise<BlocksScan | null> {
  const first = held ?? emptyLogs()
  let before = first
  let last: BlockStep | null = null
  let isUndone = true
  const scan = await scanLog(parts.disk, parts.blocks, first.blocks, async (frame) => {
    const step = readStep(frame, last?.after ?? before)
    if (!('place' in step)) return step
    if (last !== null) {
      isUndone = isUndone && (await applyStep(parts, last, index))
      before = last.after
    }
    last = step
    return undefined
  })
  const { fault } = scan
  if (fault !== null) {
    if (fault.sequence <= Math.max(acknowledged, fault.provenSequence)) throw faultToError(fault)
    parts.say({ code: 'torn-tail-cut', message: `${fault.file} ended in a block that had not been acknowledged, at byte ${fault.offset}; it was cut there.` })
  } else if (scan.end.sequence <= acknowledged) {
    const { segment, offset, sequence } = scan.end
    throw segmentDamaged({ file: `blocks, segment ${segment}`, offset, what: 'lost end', expected: `frame ${acknowledged}, which was acknowledged`, found: `the end behind frame ${sequence - 1}` })
  }
  return isUndone ? toScan(parts, before, last, scan.end) : null
}

function toScan(parts: RecoveryParts, before: LogsRow, last: BlockStep | null, end: LogEnd): BlocksScan {
  // The start of a segment that was begun moves the end without a frame.
  if (last === null) return { before: { ...before, blocks: end }, after: { ...before, blocks: end }, applyLast: async () => true }
  return { before, after: { ...last.after, blocks: end }, applyLast: (index) => applyStep(parts, last, index) }
}

function emptyLogs(): LogsRow {
  return { blocks: LOG_START, attachments: LOG_START, side: LOG_START, height: -1, attachmentFrames: 0, signedSequence: 0, lastFrame: null }
}

function readStep({ segment, offset, length, head, contents }: ScannedFrame, before: LogsRow): BlockStep | Refusal {
  const place = { segment, offset, length, sequence: head.sequence }
  const blocks = { segment, offset: offset + length, sequence: head.sequence + 1 }
  const base = { ...before, blocks, lastFrame: { segment, offset, digest: head.digest } }
  if (head.kind === FRAME.lost) return { kind: head.kind, height: before.height, place, after: { ...base, blocks: { ...blocks, sequence: head.sequence + head.reference } } }
  if (head.kind === FRAME.revert) {
    if (head.reference !== before.height) return { expected: `a revert of block ${before.height}`, found: `one of block ${head.reference}` }
    return { kind: head.kind, height: head.reference, place, after: { ...base, height: before.height - 1 } }
  }
  const frame = head.kind === FRAME.block ? readBlockFrame(head, contents) : null
  if (frame === null || head.reference !== before.height + 1) return { expected: `block ${before.height + 1}`, found: `a frame of kind ${head.kind} for height ${head.reference}` }
  const { attachmentFrames, signedSequence } = frame
  return { kind: head.kind, height: head.reference, place, after: { ...base, height: head.reference, attachmentFrames, signedSequence } }
}

async function applyStep({ rows }: RecoveryParts, { kind, height, place }: BlockStep, index: IndexWriter): Promise<boolean> {
  if (kind === FRAME.block) {
    await index.put(ROWS.block, heightKey(height), encodeFramePlace(place))
    return true
  }
  if (kind === FRAME.lost) return true
  await index.remove(ROWS.block, heightKey(height))
  if (readRowsHeight(rows) !== height) return true
  // The rows still hold the block that was taken back: they follow before anything else is read from them.
  const batch = rows.batch()
  if (!addUndo(rows, batch, height)) return false
  await batch.write()
  return true
}
