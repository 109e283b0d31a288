import { bytesToMapKey, fail } from '@telltale/core'
import type { RowChange, StoreCommit } from '@telltale/ledger'
import { attachmentDraft, attachmentGroups, attachmentKey, bodyOffsets, checkAttachment } from './attachment-frame.ts'
import type { AttachmentBody } from './attachment-frame.ts'
import { blockDraft, readBlockFrame, revertDraft } from './block-frame.ts'
import { FRAME, FRAME_HEAD_BYTES, draftBytes } from './frame.ts'
import type { FrameDraft } from './frame.ts'
import { decodeFramePlace, encodeBytesPlace, encodeFramePlace, encodeUndo, findAttachment, heightKey, putLogsRow, putRowsHeight } from './log-index.ts'
import type { LastFrame, LogsRow } from './log-index.ts'
import { FRAME_BYTES_MAX } from './limits.ts'
import { addUndo } from './row-undo.ts'
import { ROWS, applyChanges } from './rows.ts'
import type { RowsBatch } from './rows.ts'
import type { FramePlace } from './segment-log.ts'
import { changing } from './store-core.ts'
import type { StoreCore } from './store-core.ts'

/**
 * The one durable step. In this order: 1. the attachments and the block are appended, one write a file, and synced, both at once; 2. rows,
 * undo data, index and height go to LevelDB in one batch, not synced: after a loss of power they are replayed from the block.
 */
export async function commit(core: StoreCore, { block, attachments, rows, undo }: StoreCommit): Promise<void> {
  const { state, parts } = core
  expectHeight(block.height, state.logs.height + 1)
  expectRowsAt(core, state.logs.height)
  const groups = attachmentGroups(freshAttachments(core, attachments))
  const reference = parts.blocks.end.sequence
  const drafts = groups.map((bodies) => attachmentDraft(bodies, reference))
  const attachmentFrames = parts.attachments.end.sequence - 1 + drafts.length
  const signedSequence = parts.signed.slot.sequence
  const draft = blockDraft({ block, attachmentFrames, signedSequence })
  refuseLarge(draft)
  await changing(core, `commit block ${block.height}`, async () => {
    // Both are written before either is synced: file systems with a journal then commit it once.
    const [places, [place]] = await both(parts.attachments.append(drafts), parts.blocks.append([draft]))
    await both(drafts.length === 0 ? Promise.resolve() : parts.attachments.sync(), parts.blocks.sync())
    const batch = parts.rows.batch()
    applyChanges(batch, rows)
    const undoHeights = putUndo(batch, state.undoHeights, block.height, undo)
    places.forEach((frame, index) => putAttachments(batch, core, frame, groups[index] as AttachmentBody[]))
    const blockPlace = place as FramePlace
    batch.put(ROWS.block, heightKey(block.height), encodeFramePlace(blockPlace))
    const logs: LogsRow = { ...endsOf(core), height: block.height, attachmentFrames, signedSequence, lastFrame: lastFrame(blockPlace, draft.digest) }
    putLogsRow(batch, logs)
    putRowsHeight(batch, block.height)
    await batch.write()
    core.state = { logs, rowsHeight: block.height, undoHeights }
  })
}

function expectHeight(found: number, expected: number): void {
  if (found !== expected) throw fail('wrong-height', `Expected height ${expected}, found ${found}.`, { expected: String(expected), found: String(found) })
}

function expectRowsAt(core: StoreCore, height: number): void {
  const { rowsHeight } = core.state
  if (rowsHeight !== height) throw fail('rows-behind', `The rows stand at height ${rowsHeight}: replay the blocks up to ${height} first.`, { expected: `rows at ${height}`, found: `rows at ${rowsHeight}` })
}

/** Those that are not stored yet, each once. */
function freshAttachments({ parts }: StoreCore, attachments: StoreCommit['attachments']): AttachmentBody[] {
  const seen = new Set<string>()
  const fresh: AttachmentBody[] = []
  for (const attachment of attachments) {
    const key = attachmentKey(attachment.sha256)
    const name = bytesToMapKey(key)
    if (seen.has(name)) continue
    seen.add(name)
    checkAttachment(attachment)
    if (findAttachment(parts.rows, key) === null) fresh.push({ key, bytes: attachment.bytes, length: attachment.bytes.length })
  }
  return fresh
}

function refuseLarge(draft: FrameDraft): void {
  const length = draftBytes(draft) - FRAME_HEAD_BYTES
  if (length > FRAME_BYTES_MAX) throw fail('block-too-large', 'The block is too long to be stored.', { expected: `at most ${FRAME_BYTES_MAX} bytes`, found: String(length) })
}

/** Waits for both even if one fails, so that nothing is still being written when the failure is told. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second])
  return [await first, await second]
}

function putAttachments(batch: RowsBatch, { parts }: StoreCore, { segment, offset }: FramePlace, bodies: readonly AttachmentBody[]): void {
  const offsets = bodyOffsets(bodies)
  bodies.forEach(({ key, length }, index) => {
    const place = { segment, generation: parts.attachments.segments()[segment]?.generation ?? 0, offset: offset + FRAME_HEAD_BYTES + (offsets[index] as number), length }
    batch.put(ROWS.attachment, key, encodeBytesPlace(place))
  })
}

/** A block without undo data is final, and so is everything before it: older undo data goes. Returns the heights that still have some. */
function putUndo(batch: RowsBatch, heights: readonly number[], height: number, undo: RowChange[] | null): number[] {
  if (undo !== null) {
    batch.put(ROWS.undo, heightKey(height), encodeUndo(undo))
    return [...heights, height]
  }
  for (const older of heights) batch.remove(ROWS.undo, heightKey(older))
  return []
}

function lastFrame({ segment, offset }: FramePlace, digest: Uint8Array): LastFrame {
  return { segment, offset, digest }
}

/** The ends of the logs as they are now; that of the statements is the last that was synced. */
function endsOf({ parts, state }: StoreCore): Pick<LogsRow, 'blocks' | 'attachments' | 'side'> {
  return { blocks: parts.blocks.end, attachments: parts.attachments.end, side: state.logs.side }
}

/** Rows of a block that is stored already. */
export async function replay(core: StoreCore, height: number, rows: readonly RowChange[], undo: RowChange[] | null): Promise<void> {
  const { state, parts } = core
  expectHeight(height, state.rowsHeight + 1)
  if (height > state.logs.height) throw fail('no-such-block', `There is no block ${height} to replay.`, { expected: `at most ${state.logs.height}`, found: String(height) })
  await changing(core, `replay block ${height}`, async () => {
    const batch = parts.rows.batch()
    applyChanges(batch, rows)
    const undoHeights = putUndo(batch, state.undoHeights, height, undo)
    putRowsHeight(batch, height)
    await batch.write()
    core.state = { ...state, rowsHeight: height, undoHeights }
  })
}

/** 1. a frame that takes the block back, synced; 2. in one batch: undone rows, its undo data and index gone, heights. */
export async function revert(core: StoreCore): Promise<void> {
  const { state, parts } = core
  const { height } = state.logs
  expectRowsAt(core, height)
  const batch = parts.rows.batch()
  if (height < 0 || !addUndo(parts.rows, batch, height)) {
    throw fail('cannot-revert', `Block ${height} cannot be taken back: it is final, or its undo data is gone.`, { expected: 'undo data', found: 'none' })
  }
  const { block } = await readBlockAt(core, height)
  const draft = revertDraft(block)
  await changing(core, `revert block ${height}`, async () => {
    const [place] = await parts.blocks.append([draft])
    await parts.blocks.sync()
    batch.remove(ROWS.block, heightKey(height))
    const logs: LogsRow = { ...state.logs, ...endsOf(core), height: height - 1, lastFrame: lastFrame(place as FramePlace, draft.digest) }
    putLogsRow(batch, logs)
    await batch.write()
    core.state = { logs, rowsHeight: height - 1, undoHeights: state.undoHeights.filter((older) => older !== height) }
  })
}

/** A stored block with what its frame says besides (`no-such-block`, `segment-damaged`). */
export async function readBlockAt({ parts, state }: StoreCore, height: number): Promise<NonNullable<ReturnType<typeof readBlockFrame>>> {
  if (!Number.isSafeInteger(height) || height < 0 || height > state.logs.height) {
    throw fail('no-such-block', `There is no block ${height}.`, { expected: `a height from 0 to ${state.logs.height}`, found: String(height) })
  }
  const row = parts.rows.get(ROWS.block, heightKey(height))
  if (row === null) throw fail('row-damaged', `The index has lost block ${height}. Rows are rebuilt from the blocks: run "telltale store repair".`, { expected: `the place of block ${height}`, found: 'none' })
  const { head, contents } = await parts.blocks.readFrame(decodeFramePlace(row), FRAME.block)
  const frame = readBlockFrame(head, contents)
  if (frame === null || head.reference !== height) throw fail('segment-damaged', `The frame of block ${height} holds another block.`, { expected: `block ${height}`, found: `block ${head.reference}` })
  return frame
}
