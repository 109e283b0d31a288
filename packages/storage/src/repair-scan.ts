import { join } from 'node:path'
import { bytesToHex } from '@telltale/core'
import { bodyState, isAttachments, isDropped, readAttachmentTable, readDropped } from './attachment-frame.ts'
import { readBlockFrame } from './block-frame.ts'
import { listLog } from './check-walk.ts'
import type { Disk } from './disk.ts'
import { withFile } from './file-steps.ts'
import { FRAME } from './frame.ts'
import type { FrameHead } from './frame.ts'
import { walkFrames } from './frame-walk.ts'
import type { WalkStep } from './frame-walk.ts'
import { segmentFileName, startDifference } from './segment-name.ts'
import type { LogName, SegmentName } from './segment-name.ts'
import { readSideContents } from './side-frame.ts'
import { createProblemList } from './store-problem.ts'

/** A whole frame, or a `lost` one that stands for several. */
export interface FoundFrame {
  from: number
  to: number
  offset: number
  length: number
  /** In hex, so that it can be compared with that of the backup. */
  digest: string
  /** Keys, in hex, of bodies that are not theirs; of attachments only. */
  damagedBodies: string[]
}

/** What can be read of a segment. */
export interface FoundSegment {
  name: SegmentName
  /** Null where the start cannot be read. */
  firstSequence: number | null
  frames: FoundFrame[]
  /** Every byte belongs to the start or to a whole frame. */
  isClean: boolean
  /** The file is there. */
  exists: boolean
}

/** What can be read of a log, and what its frames say about the others. */
export interface FoundLog {
  log: LogName
  segments: FoundSegment[]
  /** Digests, in hex, of frames whose head can be read and whose contents are damaged. */
  damagedDigests: Map<number, string>
  /** Keys, in hex, of those marked as dropped: their bodies may be zeros. */
  dropped: Set<string>
  /** Highest number of blocks' frames, of attachments' frames and of signed states that frames name. */
  blockSequence: number
  attachmentSequence: number
  signedSequence: number
}

/** Reads every frame of a log, over all damage. */
export async function findLog(disk: Disk, directory: string, log: LogName): Promise<FoundLog> {
  const found: FoundLog = { log, segments: [], damagedDigests: new Map(), dropped: new Set(), blockSequence: 0, attachmentSequence: 0, signedSequence: 0 }
  if ((await disk.kindOf(join(directory, log))) !== 'directory') return found
  for (const name of await listLog(disk, directory, log, createProblemList())) {
    while (found.segments.length < name.segment) found.segments.push(missingSegment(found.segments.length))
    const segment: FoundSegment = { name, firstSequence: null, frames: [], isClean: true, exists: true }
    found.segments.push(segment)
    await withFile(disk, join(directory, log, segmentFileName(name)), 'read', async (file) => {
      for await (const step of walkFrames(file, 0)) takeStep(found, segment, step)
    })
    segment.isClean &&= segment.firstSequence !== null
  }
  return found
}

export function missingSegment(segment: number): FoundSegment {
  return { name: { segment, generation: 0 }, firstSequence: null, frames: [], isClean: false, exists: false }
}

function takeStep(found: FoundLog, segment: FoundSegment, { offset, length, head, contents }: WalkStep): void {
  if (head === null || contents === null) {
    segment.isClean = false
    if (head !== null) found.damagedDigests.set(head.sequence, bytesToHex(head.digest))
    return
  }
  if (head.kind === FRAME.start) {
    if (offset === 0 && startDifference(found.log, segment.name.segment, contents) === null) segment.firstSequence = head.sequence
    else segment.isClean = false
    return
  }
  const to = head.sequence + (head.kind === FRAME.lost ? head.reference : 1) - 1
  const last = segment.frames.at(-1)
  // A frame that repeats an earlier number is a stray; what it stands on is not whole.
  if (last !== undefined && head.sequence <= last.to) {
    segment.isClean = false
    return
  }
  segment.frames.push({ from: head.sequence, to, offset, length, digest: bytesToHex(head.digest), damagedBodies: takeContents(found, head, contents) })
}

/** Notes what the frame says about other logs; returns the hashes of damaged bodies. */
function takeContents(found: FoundLog, head: FrameHead, contents: Uint8Array): string[] {
  if (head.kind === FRAME.block) {
    const frame = readBlockFrame(head, contents)
    found.attachmentSequence = Math.max(found.attachmentSequence, frame?.attachmentFrames ?? 0)
    found.signedSequence = Math.max(found.signedSequence, frame?.signedSequence ?? 0)
  } else if (head.kind === FRAME.cosignature || head.kind === FRAME.refusal) {
    found.blockSequence = Math.max(found.blockSequence, head.reference)
    found.signedSequence = Math.max(found.signedSequence, readSideContents(contents)?.signedSequence ?? 0)
  } else if (isDropped(head)) {
    for (const key of readDropped(head, contents)) found.dropped.add(bytesToHex(key))
  } else if (isAttachments(head)) {
    const table = readAttachmentTable(head, contents)
    const entries = Array.isArray(table) ? table : []
    return entries.filter((entry) => !entry.isRemoved && bodyState(entry, contents.subarray(entry.at, entry.at + entry.length)) !== 'whole').map(({ key }) => bytesToHex(key))
  }
  return []
}

/** The last frame number of a log that can be read. */
export function lastSequenceOf({ segments }: FoundLog): number {
  return Math.max(0, ...segments.flatMap((segment) => [segment.frames.at(-1)?.to ?? 0, (segment.firstSequence ?? 1) - 1]))
}
