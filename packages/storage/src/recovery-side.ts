import { withFile, writeFully } from './file-steps.ts'
import { FRAME, FRAME_HEAD_BYTES, encodeFrame } from './frame.ts'
import type { LogsRow } from './log-index.ts'
import { faultToError, scanLog } from './log-scan.ts'
import type { ScanFault, ScannedFrame } from './log-scan.ts'
import type { RecoveryParts } from './recovery.ts'
import type { LogEnd, SegmentLog } from './segment-log.ts'
import { readSideContents } from './side-frame.ts'

export interface SideRecovery {
  end: LogEnd
  /** Highest frame of the blocks that was durable when a statement was kept. */
  blockSequence: number
  /** Highest number of the signed state when a statement was kept. */
  signedSequence: number
}

export const LOG_START: LogEnd = { segment: 0, offset: 0, sequence: 1 }

/**
 * Reads the statements that may not have been synced. They can be made again, so a loss here stops nothing: a torn tail is cut off, and a
 * torn place between whole frames becomes a frame that says how many were lost. Both are said.
 */
export async function recoverSide(parts: RecoveryParts, held: LogsRow | null): Promise<SideRecovery> {
  const { disk, side, say } = parts
  const found: SideRecovery = { end: held?.side ?? LOG_START, blockSequence: 0, signedSequence: 0 }
  for (;;) {
    const { end, fault } = await scanLog(disk, side, found.end, (frame) => takeStatement(frame, found))
    found.end = end
    if (fault === null) break
    if (fault.next === null || fault.next.segment !== fault.segment || fault.offset === 0) {
      // The start of a segment and the end of one that has a successor were synced: what happened there was no loss of power.
      if (fault.next !== null) throw faultToError(fault)
      say({ code: 'torn-tail-cut', message: `${fault.file} ended in the middle of a statement at byte ${fault.offset}; it was cut there. Statements beside the log can be made again.` })
      found.end = { segment: fault.segment, offset: fault.offset, sequence: fault.sequence }
      break
    }
    await fillLost(parts, side, fault)
    say({ code: 'statements-lost', message: `${fault.file} lost ${fault.next.sequence - fault.sequence} statements at byte ${fault.offset}. Statements beside the log can be made again.` })
  }
  await side.cutTo(found.end)
  await side.settle(held?.side.segment === side.end.segment ? held.side.offset : 0)
  found.end = side.end
  return found
}

function takeStatement({ head, contents }: ScannedFrame, found: SideRecovery): { expected: string; found: string } | void {
  if (head.kind === FRAME.lost) return
  const statement = head.kind === FRAME.cosignature || head.kind === FRAME.refusal ? readSideContents(contents) : null
  if (statement === null) return { expected: 'a statement', found: `a frame of kind ${head.kind}` }
  found.blockSequence = Math.max(found.blockSequence, head.reference)
  found.signedSequence = Math.max(found.signedSequence, statement.signedSequence)
}

/** Puts one frame over the damaged place, up to the next whole one, that stands for those that were there. */
async function fillLost({ disk }: Pick<RecoveryParts, 'disk'>, side: SegmentLog, fault: ScanFault): Promise<void> {
  const { next } = fault
  if (next === null) throw faultToError(fault)
  const contents = [new Uint8Array(next.offset - fault.offset - FRAME_HEAD_BYTES)]
  const bytes = encodeFrame({ kind: FRAME.lost, reference: next.sequence - fault.sequence, contents }, fault.sequence)
  await withFile(disk, side.segmentPath(fault.segment), 'change', async (file) => {
    await writeFully(file, bytes, fault.offset)
    await file.sync()
  })
}
