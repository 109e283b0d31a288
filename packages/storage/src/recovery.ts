import { equalBytes } from '@telltale/core'
import type { Disk } from './disk.ts'
import { readUpTo, withFile } from './file-steps.ts'
import { FRAME_HEAD_BYTES, isFrameHead, readFrameHead } from './frame.ts'
import type { Difference, FrameHead } from './frame.ts'
import { DROPPED, keyToHeight, putLogsRow, readLogsRow, readRowsHeight } from './log-index.ts'
import type { LogsRow } from './log-index.ts'
import { recoverAttachments, writeIndex } from './recovery-attachments.ts'
import { scanBlocks } from './recovery-blocks.ts'
import { recoverSide } from './recovery-side.ts'
import { createIndexWriter } from './index-writer.ts'
import { ROWS } from './rows.ts'
import type { Rows } from './rows.ts'
import type { LogEnd, SegmentLog } from './segment-log.ts'
import { segmentDamaged, segmentFileName } from './segment-name.ts'
import type { SegmentName } from './segment-name.ts'
import { signedDamaged } from './signed-file.ts'
import type { SignedFile } from './signed-file.ts'

/** What recovery works on. */
export interface RecoveryParts {
  disk: Disk
  rows: Rows
  blocks: SegmentLog
  attachments: SegmentLog
  side: SegmentLog
  signed: SignedFile
  /** Files of attachments that were replaced, still there. */
  older: readonly SegmentName[]
  say: (notice: { code: string; message: string }) => void
}

/** Where the store stands. */
export interface StoreState {
  logs: LogsRow
  rowsHeight: number
  /** Heights whose undo data is kept, ascending. */
  undoHeights: number[]
}

/**
 * Brings logs, index and rows to one state after any end of the process. The order of the steps:
 *
 * 1. side: its tail was never synced, so it is cut or filled where it is torn; its frames are witnesses for the blocks.
 * 2. blocks: every frame since the last index is verified. A torn last frame is cut off if nothing says that it was acknowledged: neither a
 *    later frame, nor the index, nor the signed state, nor a statement kept after it. Otherwise it is damage (`segment-damaged`).
 * 3. attachments: the same. A last block whose attachments are not whole was not acknowledged and goes with them.
 * 4. what is cut is cut durably; what came since the last index is written and synced once more, since a sync that failed may have left it in
 *    memory. Only then are bodies erased whose drop was marked.
 * 5. the index is brought up to the logs, and rows of blocks that were reverted meanwhile are undone.
 *
 * Returns null where the rows do not belong to these logs or cannot be undone: they must be cleared, and recovery begun again.
 */
export async function recover(parts: RecoveryParts): Promise<StoreState | null> {
  const { rows, blocks, attachments, signed } = parts
  const held = readLogsRow(rows)
  if (!(held === null ? await hasNoRows(rows) : await isIndexOf(parts, held))) return null
  const side = await recoverSide(parts, held)
  const acknowledged = Math.max(signed.slot.blockSequence, side.blockSequence, held === null ? 0 : held.blocks.sequence - 1)
  const index = createIndexWriter(rows)
  const scan = await scanBlocks(parts, held, acknowledged, index)
  if (scan === null) return null
  const outcome = await recoverAttachments(parts, { held, scan, acknowledged, index })
  const logs = outcome.isLastCut ? scan.before : scan.after
  refuseOldSigned(signed, Math.max(logs.signedSequence, side.signedSequence))
  await blocks.cutTo(logs.blocks)
  await attachments.cutTo(outcome.end)
  if (outcome.isLastCut) parts.say({ code: 'torn-tail-cut', message: 'The last block had not been acknowledged, and its attachments are not whole: it was taken off.' })
  await settleTail(blocks, held?.blocks)
  await settleTail(attachments, held?.attachments)
  await attachments.erase(outcome.erasures)
  for (const key of outcome.dropped) await index.put(ROWS.attachment, key, DROPPED)
  const undone = outcome.isLastCut || (await scan.applyLast(index))
  if (!undone) return null
  const full: LogsRow = { ...logs, attachments: outcome.end, side: side.end }
  await writeIndex(parts, index, (batch) => putLogsRow(batch, full))
  return readState(rows, full)
}

/** An index that was being made anew when the process ended is begun again from nothing. */
async function hasNoRows(rows: Rows): Promise<boolean> {
  let first: Uint8Array | null = null
  for (const prefix of Object.values(ROWS)) {
    for await (const [key] of rows.scan(prefix, new Uint8Array(0))) {
      first = key
      break
    }
  }
  return first === null
}

/** Whether the last frame that was indexed is the one that lies there; `segment-damaged` where nothing readable does, or the log ends too early. */
async function isIndexOf({ disk, blocks }: RecoveryParts, held: LogsRow): Promise<boolean> {
  if (held.lastFrame !== null) {
    const { segment, offset, digest } = held.lastFrame
    const { head } = await readHead(disk, blocks, segment, offset)
    if (!isFrameHead(head)) throw lostEnd(blocks, segment, offset, head.expected, head.found)
    if (!equalBytes(head.digest, digest)) return false
  }
  const { length } = await readHead(disk, blocks, held.blocks.segment, 0)
  if (length < held.blocks.offset) throw lostEnd(blocks, held.blocks.segment, length, `${held.blocks.offset} bytes, which were acknowledged`, `${length} bytes`)
  return true
}

async function readHead(disk: Disk, blocks: SegmentLog, segment: number, offset: number): Promise<{ head: FrameHead | Difference; length: number }> {
  if (segment >= blocks.segments().length) throw lostEnd(blocks, segment, 0, 'a segment that was acknowledged', 'no file')
  return withFile(disk, blocks.segmentPath(segment), 'read', async (file) => ({
    head: readFrameHead(await readUpTo(file, offset, FRAME_HEAD_BYTES), 0),
    length: await file.length(),
  }))
}

function lostEnd(blocks: SegmentLog, segment: number, offset: number, expected: string, found: string): ReturnType<typeof segmentDamaged> {
  const { generation } = blocks.segments()[segment] ?? { generation: 0 }
  return segmentDamaged({ file: `${blocks.name}/${segmentFileName({ segment, generation })}`, offset, what: 'lost end', expected, found })
}

/** Frames that were written after the state was signed say how new it must be. */
function refuseOldSigned(signed: SignedFile, witness: number): void {
  if (signed.slot.sequence < witness) throw signedDamaged(`a state written ${witness} times, as the blocks say`, `one written ${signed.slot.sequence} times`)
}

/** What the index knew was durable then; what came after it may look so and not be. */
async function settleTail(log: SegmentLog, held: LogEnd | undefined): Promise<void> {
  await log.settle(held?.segment === log.end.segment ? Math.min(held.offset, log.end.offset) : 0)
}

/** The state as the rows hold it; null where the rows are ahead of the blocks. */
async function readState(rows: Rows, logs: LogsRow): Promise<StoreState | null> {
  const undoHeights: number[] = []
  for await (const [key] of rows.scan(ROWS.undo, new Uint8Array(0))) undoHeights.push(keyToHeight(key))
  const rowsHeight = readRowsHeight(rows)
  return rowsHeight > logs.height ? null : { logs, rowsHeight, undoHeights }
}
