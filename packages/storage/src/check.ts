import { join } from 'node:path'
import { TelltaleError, errorToVerdict } from '@telltale/core'
import { readBlockFrame } from './block-frame.ts'
import { checkFiles, checkRowFiles, checkSigned, checkWitnesses, removeCheckRows } from './check-files.ts'
import { checkAttachments, checkBlocks, checkSide } from './check-logs.ts'
import type { BlocksCheck, LogsCheck } from './check-logs.ts'
import { compareRows, replayInto, verifyRows } from './check-rows.ts'
import type { ReplayBlock } from './check-rows.ts'
import type { LogWalk } from './check-walk.ts'
import { createCodedDisk } from './coded-disk.ts'
import type { Disk } from './disk.ts'
import { readUpTo, withFile } from './file-steps.ts'
import { FRAME_HEAD_BYTES, contentsDifference, isFrameHead, readFrameHead } from './frame.ts'
import { createIndexWriter } from './index-writer.ts'
import { CHECK_FOLDER, ROWS_FOLDER, lockStore, refuseNoStore } from './layout.ts'
import { createLevelRowsHome } from './level-rows.ts'
import { decodeFramePlace, encodeFramePlace, heightKey, readLogsRow, readRowsHeight } from './log-index.ts'
import type { LogsRow } from './log-index.ts'
import { createNodeDisk } from './node-disk.ts'
import { ROWS } from './rows.ts'
import type { Rows, RowsHome } from './rows.ts'
import { segmentFileName } from './segment-name.ts'
import { createProblemList } from './store-problem.ts'
import type { ProblemList, StoreProblem } from './store-problem.ts'

export interface CheckOptions {
  disk?: Disk
  rows?: RowsHome
  /** Executes the blocks again, so that every row can be compared with what it should be. Left out, rows are held against their own checks only. */
  replayBlock?: ReplayBlock
  onProgress?: (progress: CheckProgress) => void
}

/** `step` is one of `files`, `side`, `blocks`, `attachments`, `rows`, `replay`; `done` and `total` count blocks while replaying, else steps. */
export interface CheckProgress {
  step: string
  done: number
  total: number
}

export interface CheckReport {
  problems: StoreProblem[]
  /** All of them: only the first 10,000 are listed. */
  problemCount: number
  blocks: number
  attachments: number
  rows: number
  bytes: number
}

/**
 * Reads every byte of a store that nobody has open, and names each place that is not as it should be: segments, frames, order of blocks,
 * attachments against their hashes, both slots of the signed state, LevelDB's files, every row against its check, and, with
 * `replayBlock`, every row against what the blocks say. Blocks and statements are not changed; LevelDB may tidy its files when it opens
 * them, which it does only if they are whole. Codes: `no-store`, `not-a-store`, `store-in-use`; whatever is wrong inside is a problem, not an error.
 */
export async function checkStore(directory: string, options: CheckOptions = {}): Promise<CheckReport> {
  const disk = createCodedDisk(options.disk ?? createNodeDisk())
  await refuseNoStore(disk, directory)
  const home = options.rows ?? createLevelRowsHome(disk)
  const lock = await lockStore(disk, directory)
  const scratchPath = join(directory, CHECK_FOLDER)
  const problems = createProblemList()
  const progress = options.onProgress ?? ((): void => undefined)
  let stored: Rows | null = null
  let scratch: Rows | null = null
  try {
    await removeCheckRows(disk, directory)
    progress({ step: 'files', done: 0, total: 5 })
    const fileBytes = await checkFiles(disk, directory, problems)
    const files = await checkRowFiles(disk, directory, problems)
    stored = files.isWhole ? await home.open(join(directory, ROWS_FOLDER), () => undefined) : null
    scratch = await home.open(scratchPath, () => undefined)
    const held = stored === null ? null : readHeld(stored, problems)
    const logs: LogsCheck = { disk, directory, problems, index: createIndexWriter(scratch), later: [], held }
    const check = await checkLogs(logs, progress)
    progress({ step: 'rows', done: 4, total: 5 })
    const rows = stored === null ? 0 : await checkRows(stored, scratch, held !== null, problems)
    await indexLater(logs, scratch)
    const context = { disk, directory, problems, stored, scratch, height: check.blocks.height, progress }
    const replayed = options.replayBlock === undefined ? rows : rows + (await replayAll(context, options.replayBlock))
    const bytes = fileBytes + files.bytes + check.bytes
    return { problems: problems.problems, problemCount: problems.count, blocks: check.blocks.count, attachments: check.attachments, rows: replayed, bytes }
  } finally {
    await stored?.close()
    await scratch?.close()
    await home.remove(scratchPath)
    await lock.release()
  }
}

/** What the stored index does not hold yet, for the blocks that are replayed. */
async function indexLater({ later }: LogsCheck, scratch: Rows): Promise<void> {
  const batch = scratch.batch()
  for (const { height, place } of later) {
    if (place === null) batch.remove(ROWS.block, heightKey(height))
    else batch.put(ROWS.block, heightKey(height), encodeFramePlace(place))
  }
  await batch.write()
}

function readHeld(stored: Rows, problems: ProblemList): LogsRow | null {
  try {
    return readLogsRow(stored)
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error
    const { expected, found } = errorToVerdict(error)
    problems.add({ code: 'row-damaged', file: ROWS_FOLDER, offset: 0, length: 0, what: 'row m logs', expected: expected ?? 'where the logs end', found: found ?? error.message })
    return null
  }
}

async function checkLogs(check: LogsCheck, progress: (progress: CheckProgress) => void): Promise<{ blocks: BlocksCheck; attachments: number; bytes: number }> {
  const { disk, directory, problems, index, held } = check
  const signed = await checkSigned(disk, directory, problems)
  progress({ step: 'side', done: 1, total: 5 })
  const side = await checkSide(check)
  forgiveTorn(problems, side, held === null ? 0 : held.side.sequence - 1)
  progress({ step: 'blocks', done: 2, total: 5 })
  const blocks = await checkBlocks(check)
  const acknowledged = Math.max(signed?.blockSequence ?? 0, side.blockSequence, held === null ? 0 : held.blocks.sequence - 1)
  forgiveTorn(problems, blocks, acknowledged)
  progress({ step: 'attachments', done: 3, total: 5 })
  const attachments = await checkAttachments(check, blocks.nextSequence)
  forgiveTorn(problems, attachments, Math.max(blocks.attachmentFrames, held === null ? 0 : held.attachments.sequence - 1))
  await index.flush()
  const signedSequence = Math.max(side.signedSequence, blocks.signedSequence, held?.signedSequence ?? 0)
  const witnesses = { blockSequences: blocks.nextSequence, attachmentFrames: blocks.attachmentFrames, attachmentSequences: attachments.nextSequence }
  checkWitnesses(problems, { signed, signedSequence, acknowledged, ...witnesses })
  return { blocks, attachments: attachments.count, bytes: side.bytes + blocks.bytes + attachments.bytes + 2 * 4_096 }
}

/** A torn last frame that nothing acknowledges is cut off when the store opens: it is told as that. */
function forgiveTorn(problems: ProblemList, { tornFrom }: LogWalk, acknowledged: number): void {
  const problem = tornFrom === null || tornFrom.sequence <= acknowledged ? undefined : problems.problems[tornFrom.problemIndex]
  if (problem !== undefined) problem.code = 'torn-tail'
}

async function checkRows(stored: Rows, scratch: Rows, isIndexed: boolean, problems: ProblemList): Promise<number> {
  let count = 0
  for (const prefix of [ROWS.block, ROWS.attachment] as const) {
    count += isIndexed ? await compareRows(prefix, stored, scratch, problems) : await verifyRows(prefix, stored, problems)
  }
  for (const prefix of [ROWS.dropped, ROWS.meta, ROWS.undo, ROWS.ledger] as const) count += await verifyRows(prefix, stored, problems)
  return count
}

interface ReplayContext {
  disk: Disk
  directory: string
  problems: ProblemList
  stored: Rows | null
  scratch: Rows
  height: number
  progress: (progress: CheckProgress) => void
}

/** Executes all blocks and compares the rows where those that are stored stand. Returns how many were compared. */
async function replayAll(context: ReplayContext, replay: ReplayBlock): Promise<number> {
  const { problems, stored, scratch, height, progress } = context
  const rowsHeight = stored === null ? -1 : readRowsHeight(stored)
  let compared = 0
  for (let at = 0; at <= height; at++) {
    progress({ step: 'replay', done: at, total: height + 1 })
    const read = await readChecked(context, at)
    // A block that cannot be read was named when the segments were walked.
    if (read === null) return compared
    const undo = at <= rowsHeight ? stored : null
    if (!(await replayInto(scratch, undo, read.block, read.place, replay, problems))) return compared
    if (at === rowsHeight && stored !== null) compared = await compareRows(ROWS.ledger, stored, scratch, problems)
  }
  return compared
}

async function readChecked({ disk, directory, scratch }: ReplayContext, height: number): Promise<{ block: { height: number; id: Uint8Array; bytes: Uint8Array }; place: { file: string; offset: number; length: number } } | null> {
  const row = scratch.get(ROWS.block, heightKey(height))
  if (row === null) return null
  const { segment, offset, length } = decodeFramePlace(row)
  const file = `blocks/${segmentFileName({ segment, generation: 0 })}`
  const bytes = await withFile(disk, join(directory, file), 'read', (open) => readUpTo(open, offset, length))
  const head = readFrameHead(bytes, 0)
  const contents = bytes.subarray(FRAME_HEAD_BYTES)
  if (!isFrameHead(head) || contentsDifference(head, contents) !== null) return null
  const frame = readBlockFrame(head, contents)
  return frame === null ? null : { block: { height, id: frame.block.id.slice(), bytes: frame.block.bytes }, place: { file, offset, length } }
}
