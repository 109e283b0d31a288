import { bytesToHex, bytesToMapKey, equalBytes } from '@telltale/core'
import { bodyState, isAttachments, isDropped, readAttachmentTable, readDropped } from './attachment-frame.ts'
import { readBlockFrame } from './block-frame.ts'
import { walkLog } from './check-walk.ts'
import type { CheckedFrame, LogWalk } from './check-walk.ts'
import type { Disk } from './disk.ts'
import { FRAME, FRAME_HEAD_BYTES } from './frame.ts'
import { DROPPED, encodeBytesPlace, encodeFramePlace, heightKey } from './log-index.ts'
import type { LogsRow } from './log-index.ts'
import type { IndexWriter } from './index-writer.ts'
import { ROWS } from './rows.ts'
import type { FramePlace } from './segment-log.ts'
import { readSideContents } from './side-frame.ts'
import type { ProblemList, StoreProblem } from './store-problem.ts'

export interface LogsCheck {
  disk: Disk
  directory: string
  problems: ProblemList
  /** Gets the index as it should be, up to the ends that the stored index names. */
  index: IndexWriter
  /** Blocks beyond the stored index, which lags after a crash; null for one that was taken back. */
  later: { height: number; place: FramePlace | null }[]
  held: LogsRow | null
}

export interface BlocksCheck extends LogWalk {
  height: number
  /** Frames of attachments that the last block needs, and the number of signed states it has seen. */
  attachmentFrames: number
  signedSequence: number
  count: number
}

/** Every block in its order, reverts included. */
export async function checkBlocks({ disk, directory, problems, index, later, held }: LogsCheck): Promise<BlocksCheck> {
  const state = { height: -1, attachmentFrames: 0, signedSequence: 0, count: 0 }
  const ids = new Map<number, Uint8Array>()
  const walk = await walkLog(disk, directory, 'blocks', problems, async (frame) => {
    const { head, contents } = frame
    const isIndexed = held === null || head.sequence < held.blocks.sequence
    if (head.kind === FRAME.revert) {
      const expected = `a revert of block ${state.height}`
      const isLast = head.reference === state.height && equalBytes(ids.get(state.height) ?? contents, contents)
      if (!isLast && !frame.isAfterDamage) problems.add(problemOf(frame, 'order of blocks', expected, `one of block ${head.reference}, ${bytesToHex(contents.subarray(0, 32))}`))
      state.height = head.reference - 1
      if (isIndexed) await index.remove(ROWS.block, heightKey(head.reference))
      else later.push({ height: head.reference, place: null })
      return
    }
    if (head.kind === FRAME.lost) return
    const block = head.kind === FRAME.block ? readBlockFrame(head, contents) : null
    if (block === null) return problems.add(problemOf(frame, `frame ${head.sequence}`, 'a block or a revert', `a frame of kind ${head.kind}`))
    if (head.reference !== state.height + 1 && !frame.isAfterDamage) problems.add(problemOf(frame, 'order of blocks', `block ${state.height + 1}`, `block ${head.reference}`))
    state.height = head.reference
    state.attachmentFrames = block.attachmentFrames
    state.signedSequence = Math.max(state.signedSequence, block.signedSequence)
    state.count += 1
    // Ids of the last blocks are enough: reverts go no deeper than what is not final.
    ids.set(state.height, block.block.id.slice())
    ids.delete(state.height - REVERT_DEPTH)
    const place = { segment: frame.name.segment, offset: frame.offset, length: frame.length, sequence: head.sequence }
    if (isIndexed) await index.put(ROWS.block, heightKey(head.reference), encodeFramePlace(place))
    else later.push({ height: head.reference, place })
  })
  return { ...walk, ...state }
}

const REVERT_DEPTH = 10_000

function problemOf({ file, offset, length }: CheckedFrame, what: string, expected: string, found: string): StoreProblem {
  return { code: 'segment-damaged', file, offset, length, what, expected, found }
}

export interface AttachmentsCheck extends LogWalk {
  count: number
}

/** Every attachment against its hash. One that was dropped is zeros, or bytes that were removed, and a later frame says that it was dropped. */
export async function checkAttachments({ disk, directory, problems, index, held }: LogsCheck, blockSequences: number): Promise<AttachmentsCheck> {
  let count = 0
  // Where a body is missing, by its key, until a frame says that it was dropped: there may be millions.
  const erased = new Map<string, { segment: number; offset: number }>()
  const files = new Map<number, string>()
  const walk = await walkLog(disk, directory, 'attachments', problems, async (frame) => {
    const { head, contents } = frame
    const isIndexed = held === null || head.sequence < held.attachments.sequence
    if (isDropped(head)) {
      for (const key of readDropped(head, contents)) {
        erased.delete(bytesToMapKey(key))
        if (isIndexed) await index.put(ROWS.attachment, key, DROPPED)
      }
      return
    }
    if (head.kind === FRAME.lost) return
    const table = isAttachments(head) ? readAttachmentTable(head, contents) : { expected: 'attachments', found: `a frame of kind ${head.kind}` }
    if (!Array.isArray(table)) return problems.add(problemOf(frame, `frame ${head.sequence}`, table.expected, table.found))
    if (head.reference >= blockSequences) problems.add({ ...problemOf(frame, `frame ${head.sequence}`, `attachments of a block up to frame ${blockSequences - 1}`, `some of frame ${head.reference}`), code: 'torn-tail' })
    files.set(frame.name.segment, frame.file)
    for (const entry of table) {
      count += 1
      const state = entry.isRemoved ? 'zeros' : bodyState(entry, contents.subarray(entry.at, entry.at + entry.length))
      const offset = frame.offset + FRAME_HEAD_BYTES + entry.at
      if (state === 'zeros') erased.set(bytesToMapKey(entry.key), { segment: frame.name.segment, offset })
      if (state === 'damaged') problems.add({ ...problemOf(frame, `attachment ${bytesToHex(entry.key)}...`, 'bytes with that hash', 'other bytes'), offset, length: entry.length })
      if (isIndexed && !entry.isRemoved) await index.put(ROWS.attachment, entry.key, encodeBytesPlace({ ...frame.name, offset: frame.offset + FRAME_HEAD_BYTES + entry.at, length: entry.length }))
    }
  })
  for (const [key, { segment, offset }] of erased) {
    const what = `attachment ${bytesToHex(Uint8Array.from(key, (character) => character.charCodeAt(0)))}...`
    problems.add({ code: 'segment-damaged', file: files.get(segment) ?? 'attachments', offset, length: 0, what, expected: 'its bytes, or a frame that says it was dropped', found: 'zeros' })
  }
  return { ...walk, count }
}

export interface SideCheck extends LogWalk {
  /** The highest frames of blocks and numbers of signed states that statements name. */
  blockSequence: number
  signedSequence: number
}

/** Every statement beside the log. */
export async function checkSide({ disk, directory, problems }: LogsCheck): Promise<SideCheck> {
  const state = { blockSequence: 0, signedSequence: 0 }
  const walk = await walkLog(disk, directory, 'side', problems, (frame) => {
    const { head, contents } = frame
    const isStatement = head.kind === FRAME.cosignature || head.kind === FRAME.refusal
    const statement = isStatement ? readSideContents(contents) : null
    if (head.kind === FRAME.lost) return
    if (statement === null) return problems.add(problemOf(frame, `frame ${head.sequence}`, 'a statement', `a frame of kind ${head.kind}`))
    state.blockSequence = Math.max(state.blockSequence, head.reference)
    state.signedSequence = Math.max(state.signedSequence, statement.signedSequence)
  })
  return { ...walk, ...state }
}
