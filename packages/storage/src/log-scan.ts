import { withFile } from './file-steps.ts'
import type { Disk } from './disk.ts'
import { FRAME } from './frame.ts'
import type { FrameHead } from './frame.ts'
import { walkFrames } from './frame-walk.ts'
import type { WalkStep } from './frame-walk.ts'
import type { LogEnd, SegmentLog } from './segment-log.ts'
import { segmentDamaged, segmentFileName, startDifference } from './segment-name.ts'

/** A whole frame in its place. `contents` holds until the next is asked for. */
export interface ScannedFrame {
  segment: number
  generation: number
  offset: number
  length: number
  head: FrameHead
  contents: Uint8Array
}

/** The first place of a log that is not the next whole frame. */
export interface ScanFault {
  file: string
  segment: number
  offset: number
  /** Bytes of the damaged place. */
  length: number
  /** The frame that should have been there. */
  sequence: number
  expected: string
  found: string
  /** The highest frame that a later whole frame proves to have been durable; 0 where nothing whole follows. */
  provenSequence: number
  /** Where the next whole frame begins; null where none follows. */
  next: { segment: number; offset: number; sequence: number } | null
}

export interface Scan {
  /** Behind the last whole frame. */
  end: LogEnd
  fault: ScanFault | null
}

/**
 * Reads a log from `from` on and hands every whole frame to `visit`, in order, up to the first place that is none. A visitor that returns
 * words refuses the frame: they say what was expected instead.
 */
export async function scanLog(disk: Disk, log: SegmentLog, from: LogEnd, visit: (frame: ScannedFrame) => Promise<Refusal | void> | Refusal | void): Promise<Scan> {
  const segments = log.segments()
  const position: Position = { end: { ...from }, fault: null }
  if (from.segment >= segments.length) {
    const file = `${log.name}/${segmentFileName({ segment: from.segment, generation: 0 })}`
    throw segmentDamaged({ file, offset: 0, what: 'missing segment', expected: `at least ${from.offset} bytes`, found: 'no file' })
  }
  for (let segment = from.segment; segment < segments.length; segment++) {
    const start = segment === from.segment ? from.offset : 0
    const generation = segments[segment]?.generation ?? 0
    if (position.fault === null) position.end = { segment, offset: start, sequence: position.end.sequence }
    await withFile(disk, log.segmentPath(segment), 'read', async (file) => {
      const length = await file.length()
      if (length < start) throw segmentDamaged({ file: scanFile(log, segment), offset: length, what: 'lost end', expected: `at least ${start} bytes`, found: String(length) })
      // An empty file is a segment that was just being begun.
      if (length === 0 && position.fault === null) position.fault = fault(log, segment, position.end, { offset: 0, length: 0, expected: 'the start of a segment', found: 'an empty file' })
      for await (const step of walkFrames(file, start)) await takeStep(log, { segment, generation }, step, position, visit)
    })
  }
  return position
}

export interface Refusal {
  expected: string
  found: string
}

type Position = Scan

async function takeStep(
  log: SegmentLog,
  { segment, generation }: { segment: number; generation: number },
  step: WalkStep,
  position: Position,
  visit: (frame: ScannedFrame) => Promise<Refusal | void> | Refusal | void,
): Promise<void> {
  const { offset, length, head, contents } = step
  if (position.fault !== null) {
    if (head !== null && contents !== null) takeLater(position.fault, { segment, offset, head })
    return
  }
  const difference = step.difference ?? placeDifference(log, segment, step, position.end.sequence)
  if (difference !== null || head === null || contents === null) {
    position.fault = fault(log, segment, position.end, { offset, length, expected: difference?.expected ?? 'a frame', found: difference?.found ?? 'none' })
    // A frame out of its order is whole, and proves what came before it.
    if (head !== null && contents !== null) takeLater(position.fault, { segment, offset, head })
    return
  }
  if (head.kind !== FRAME.start) {
    const refusal = await visit({ segment, generation, offset, length, head, contents })
    if (refusal !== undefined) {
      position.fault = fault(log, segment, position.end, { offset, length, ...refusal })
      return
    }
  }
  position.end = { segment, offset: offset + length, sequence: nextSequence(head) }
}

/** A `lost` frame stands for as many frames as its reference says; the start of a segment for none. */
function nextSequence(head: FrameHead): number {
  if (head.kind === FRAME.start) return head.sequence
  return head.sequence + (head.kind === FRAME.lost ? head.reference : 1)
}

/** Each frame is synced before the next one is begun: one that is whole proves those before it. The start of a segment is synced before any frame. */
function takeLater(fault: ScanFault, { segment, offset, head }: { segment: number; offset: number; head: FrameHead }): void {
  const isFrame = head.kind !== FRAME.start
  const isBehindStart = fault.offset === 0 && isFrame
  fault.provenSequence = Math.max(fault.provenSequence, isBehindStart ? head.sequence : head.sequence - 1)
  if (fault.next === null && isFrame && (head.sequence > fault.sequence || isBehindStart)) fault.next = { segment, offset, sequence: head.sequence }
}

/** A segment begins with its start, and with nothing else. */
function placeDifference(log: SegmentLog, segment: number, { offset, head, contents }: WalkStep, sequence: number): Refusal | null {
  if (head === null || contents === null) return null
  if (head.sequence !== sequence) return { expected: `frame ${sequence}`, found: `frame ${head.sequence}` }
  if ((offset === 0) !== (head.kind === FRAME.start)) return { expected: offset === 0 ? 'the start of a segment' : `frame ${sequence}`, found: `a frame of kind ${head.kind}` }
  return offset === 0 ? startDifference(log.name, segment, contents) : null
}

function fault(log: SegmentLog, segment: number, end: LogEnd, place: { offset: number; length: number } & Refusal): ScanFault {
  return { file: scanFile(log, segment), segment, sequence: end.sequence, provenSequence: 0, next: null, ...place }
}

function scanFile(log: SegmentLog, segment: number): string {
  return `${log.name}/${segmentFileName({ segment, generation: log.segments()[segment]?.generation ?? 0 })}`
}

export function faultToError(fault: ScanFault): ReturnType<typeof segmentDamaged> {
  return segmentDamaged({ file: fault.file, offset: fault.offset, what: `frame ${fault.sequence}`, expected: fault.expected, found: fault.found })
}
