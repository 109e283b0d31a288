import { equalBytes } from '@telltale/core'
import type { Disk } from './disk.ts'
import { readUpTo, withFile } from './file-steps.ts'
import { FRAME_HEAD_BYTES, isFrameHead, readFrameHead } from './frame.ts'
import { keyToHeight, putLogsRow, readLogsRow, readRowsHeight } from './log-index.ts'
import type { LogsRow } from './log-index.ts'
import { recoverAttachments, reindexRewritten } from './recovery-attachments.ts'
import { scanBlocks } from './recovery-blocks.ts'
import type { BlocksScan } from './recovery-blocks.ts'
import { recoverSide } from './recovery-side.ts'
import { createIndexWriter } from './index-writer.ts'
import { ROWS } from './rows.ts'
import type { Rows } from './rows.ts'
import type { SegmentLog } from './segment-log.ts'
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
 * 4. what is cut is cut durably; the last frames are written and synced once more, since a sync that failed may have left them in memory.
 * 5. the index is brought up to the logs, and rows of blocks that were reverted meanwhile are undone.
 *
 * Returns null where the rows do not belong to these logs or cannot be undone: they must be cleared, and recovery begun again.
 */
export async function recover(parts: RecoveryParts): Promise<StoreState | null> {
  const { rows, blocks, attachments, signed } = parts
  const held = readLogsRow(rows)
  if (held !== null && !(await isIndexOf(parts, held))) return null
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
  await settleTails(parts, scan, outcome.settleFrom)
  const undone = outcome.isLastCut || (await scan.applyLast(index))
  if (!undone) return null
  await reindexRewritten(parts, index)
  const full: LogsRow = { ...logs, attachments: outcome.end, side: side.end }
  await index.flush((batch) => putLogsRow(batch, full))
  return readState(rows, full)
}

/** Whether the last frame that was indexed is the one that lies there; `segment-damaged` where nothing readable does. */
async function isIndexOf({ disk, blocks }: RecoveryParts, held: LogsRow): Promise<boolean> {
  const last = held.lastFrame
  const { segment, sequence } = held.blocks
  const name = blocks.segments()[segment]
  const file = `${blocks.name}/${segmentFileName(name ?? { segment, generation: 0 })}`
  const damaged = (offset: number, expected: string, found: string) => segmentDamaged({ file, offset, what: 'lost end', expected, found })
  if (name === undefined) throw damaged(0, `${held.blocks.offset} bytes`, 'no file')
  const { bytes, length } = await withFile(disk, blocks.segmentPath(segment), 'read', async (open) => ({
    bytes: await readUpTo(open, last?.offset ?? 0, FRAME_HEAD_BYTES),
    length: await open.length(),
  }))
  if (length < held.blocks.offset) throw damaged(length, `${held.blocks.offset} bytes, which were acknowledged`, `${length} bytes`)
  if (last === null) return true
  const head = readFrameHead(bytes, 0)
  if (!isFrameHead(head)) throw damaged(last.offset, head.expected, head.found)
  return head.sequence === sequence - 1 && equalBytes(head.digest, last.digest)
}

/** Frames that were written after the state was signed say how new it must be. */
function refuseOldSigned(signed: SignedFile, witness: number): void {
  if (signed.slot.sequence < witness) throw signedDamaged(`a state written ${witness} times, as the blocks say`, `one written ${signed.slot.sequence} times`)
}

async function settleTails({ blocks, attachments }: RecoveryParts, scan: BlocksScan, attachmentsFrom: number | null): Promise<void> {
  const from = scan.lastOffset
  await blocks.settle(from === null || from > blocks.end.offset ? blocks.end.offset : from)
  await attachments.settle(attachmentsFrom ?? attachments.end.offset)
}

/** The state as the rows hold it; null where the rows are ahead of the blocks. */
async function readState(rows: Rows, logs: LogsRow): Promise<StoreState | null> {
  const undoHeights: number[] = []
  for await (const [key] of rows.scan(ROWS.undo, new Uint8Array(0))) undoHeights.push(keyToHeight(key))
  const rowsHeight = readRowsHeight(rows)
  return rowsHeight > logs.height ? null : { logs, rowsHeight, undoHeights }
}
