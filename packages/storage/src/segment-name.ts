import { bytesToText, fail, judge, textToBytes } from '@telltale/core'
import { FRAME } from './frame.ts'
import type { FrameDraft } from './frame.ts'

/** The three logs of a store; each is a folder of segment files. */
export type LogName = 'blocks' | 'attachments' | 'side'
export const LOG_NAMES: readonly LogName[] = ['blocks', 'attachments', 'side']

/** A segment file: its place in the log, and how often it was rewritten without what was dropped. */
export interface SegmentName {
  segment: number
  generation: number
}

/** `000000000003.seg`, and `000000000003-1.seg` after it was rewritten once. */
export function segmentFileName({ segment, generation }: SegmentName): string {
  const number = String(segment).padStart(12, '0')
  return generation === 0 ? `${number}.seg` : `${number}-${generation}.seg`
}

export function readSegmentFileName(name: string): SegmentName | null {
  const match = /^(\d{12})(?:-([1-9]\d{0,8}))?\.seg$/.exec(name)
  return match === null ? null : { segment: Number(match[1]), generation: Number(match[2] ?? 0) }
}

/** The first frame of a segment says whose it is, so that a file under another's name is found. It takes no number of its own: it bears that of the next. */
export function startDraft(log: LogName, segment: number): FrameDraft {
  return { kind: FRAME.start, reference: segment, contents: [textToBytes(startText(log, segment))] }
}

function startText(log: LogName, segment: number): string {
  return `telltale ${log} ${segment}\n`
}

/** Null where the contents are those of the start of this segment. */
export function startDifference(log: LogName, segment: number, contents: Uint8Array): { expected: string; found: string } | null {
  const expected = startText(log, segment)
  const text = judge(() => bytesToText(contents.subarray(0, 100)))
  const found = text.ok ? text.value : 'bytes that are no text'
  return found === expected && contents.length === expected.length ? null : { expected: JSON.stringify(expected), found: JSON.stringify(found) }
}

/** `segment-damaged`, naming the place. */
export function segmentDamaged(damage: { file: string; offset: number; what: string; expected: string; found: string }): ReturnType<typeof fail> {
  const { file, offset, what, expected, found } = damage
  return fail('segment-damaged', `${file} is damaged at byte ${offset} (${what}): expected ${expected}, found ${found}. Run "telltale store check", then "telltale store repair" with a backup.`, { expected, found })
}
