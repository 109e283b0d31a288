import { join } from 'node:path'
import type { Disk } from './disk.ts'
import { TEMPORARY_SUFFIX, withFile } from './file-steps.ts'
import { FRAME } from './frame.ts'
import type { FrameHead } from './frame.ts'
import { walkFrames } from './frame-walk.ts'
import type { WalkStep } from './frame-walk.ts'
import { readSegmentFileName, segmentFileName, startDifference } from './segment-name.ts'
import type { LogName, SegmentName } from './segment-name.ts'
import type { ProblemList } from './store-problem.ts'

/** A whole frame with the file it lies in. Contents hold until the next. */
export interface CheckedFrame {
  file: string
  name: SegmentName
  offset: number
  length: number
  head: FrameHead
  contents: Uint8Array
  /** Something before it could not be read: what it follows is not known. */
  isAfterDamage: boolean
}

export interface LogWalk {
  /** Number that the next frame would have; of what can be read. */
  nextSequence: number
  /** Where the damage is that reaches to the end of the last segment, by the frame that should be there; null where there is none. */
  tornFrom: { sequence: number; problemIndex: number } | null
  bytes: number
}

/** Files of a log's segments in order, the newest generation of each; what has no business there is a problem. */
export async function listLog(disk: Disk, directory: string, log: LogName, problems: ProblemList): Promise<SegmentName[]> {
  const folder = join(directory, log)
  if ((await disk.kindOf(folder)) !== 'directory') {
    problems.add({ code: 'segment-damaged', file: log, offset: 0, length: 0, what: 'folder of segments', expected: 'a folder', found: 'none' })
    return []
  }
  const newest = new Map<number, SegmentName>()
  for (const file of await disk.list(folder)) {
    const name = readSegmentFileName(file)
    // What was being written when the process ended is removed when the store opens.
    if (name === null && !file.endsWith(TEMPORARY_SUFFIX)) {
      problems.add({ code: 'foreign-file', file: `${log}/${file}`, offset: 0, length: 0, what: 'file', expected: 'segments only', found: file })
    }
    if (name !== null && name.generation >= (newest.get(name.segment)?.generation ?? 0)) newest.set(name.segment, name)
  }
  const names = [...newest.values()].sort((a, b) => a.segment - b.segment)
  const last = names.at(-1)?.segment ?? 0
  for (let segment = 0; segment <= last; segment++) {
    if (newest.has(segment)) continue
    const file = `${log}/${segmentFileName({ segment, generation: 0 })}`
    problems.add({ code: 'segment-damaged', file, offset: 0, length: 0, what: 'missing segment', expected: `segments 0 to ${last}`, found: 'no file' })
  }
  return names
}

/** Reads every byte of a log. Each whole frame in its place goes to `visit`; all else is a problem, and the walk goes on behind it. */
export async function walkLog(
  disk: Disk,
  directory: string,
  log: LogName,
  problems: ProblemList,
  visit: (frame: CheckedFrame) => Promise<void> | void,
): Promise<LogWalk> {
  const walk: LogWalk = { nextSequence: 1, tornFrom: null, bytes: 0 }
  const names = await listLog(disk, directory, log, problems)
  let previous = -1
  let isAfterDamage = false
  for (const name of names) {
    isAfterDamage ||= name.segment !== previous + 1
    previous = name.segment
    const file = `${log}/${segmentFileName(name)}`
    await withFile(disk, join(directory, file), 'read', async (open) => {
      walk.bytes += await open.length()
      if ((await open.length()) === 0) takeDamage(walk, problems, { file, offset: 0, length: 0, expected: 'the start of a segment', found: 'an empty file' }, null)
      for await (const step of walkFrames(open, 0)) {
        isAfterDamage = await takeStep(walk, problems, { log, file, name, isAfterDamage }, step, visit)
      }
    })
  }
  if (names.length === 0) problems.add({ code: 'segment-damaged', file: log, offset: 0, length: 0, what: 'segments', expected: 'at least one', found: 'none' })
  return walk
}

/** Returns whether what follows can be told from what came before no more. */
async function takeStep(
  walk: LogWalk,
  problems: ProblemList,
  context: { log: LogName; file: string; name: SegmentName; isAfterDamage: boolean },
  step: WalkStep,
  visit: (frame: CheckedFrame) => Promise<void> | void,
): Promise<boolean> {
  const { log, file, name } = context
  const { offset, length, head, contents, difference } = step
  if (head === null || contents === null) {
    takeDamage(walk, problems, { file, offset, length, expected: difference?.expected ?? 'a frame', found: difference?.found ?? 'none' }, head)
    return true
  }
  walk.tornFrom = null
  const isStart = head.kind === FRAME.start
  if (head.sequence !== walk.nextSequence && !context.isAfterDamage) {
    problems.add({ code: 'segment-damaged', file, offset, length, what: 'order of frames', expected: `frame ${walk.nextSequence}`, found: `frame ${head.sequence}` })
  }
  const misplaced = isStart === (offset === 0) ? null : { expected: offset === 0 ? 'the start of a segment' : 'a frame', found: `a frame of kind ${head.kind}` }
  const wrong = misplaced ?? (isStart ? startDifference(log, name.segment, contents) : null)
  if (wrong !== null) problems.add({ code: 'segment-damaged', file, offset, length, what: isStart ? 'start of a segment' : `frame ${head.sequence}`, ...wrong })
  walk.nextSequence = isStart ? head.sequence : head.sequence + (head.kind === FRAME.lost ? head.reference : 1)
  if (!isStart) await visit({ file, name, offset, length, head, contents, isAfterDamage: context.isAfterDamage || head.kind === FRAME.lost })
  return isStart && context.isAfterDamage
}

function takeDamage(walk: LogWalk, problems: ProblemList, place: { file: string; offset: number; length: number; expected: string; found: string }, head: FrameHead | null): void {
  const sequence = walk.nextSequence
  walk.tornFrom ??= { sequence, problemIndex: problems.problems.length }
  problems.add({ code: 'segment-damaged', what: `frame ${head?.sequence ?? sequence}`, ...place })
  if (head !== null) walk.nextSequence = head.sequence + 1
}
