import { isAttachments, readAttachmentTable } from './attachment-frame.ts'
import type { DiskFile } from './disk.ts'
import { readInto } from './file-steps.ts'
import { FRAME_HEAD_BYTES, contentsDifference, isFrameHead, readFrameHead } from './frame.ts'
import type { Difference, FrameHead } from './frame.ts'
import { READ_BYTES } from './limits.ts'

/** One piece of a segment file: a whole frame, or bytes that are none. */
export interface WalkStep {
  offset: number
  /** Bytes of the piece; where no head can be read, up to the next readable head or the end. */
  length: number
  /** Null where no head can be read. */
  head: FrameHead | null
  /** A view that holds until the next step; null where the frame is not whole. */
  contents: Uint8Array | null
  /** Why the piece is not a whole frame; null where it is one. */
  difference: Difference | null
}

/** Walks the frames of a segment file from `offset` to its end, over damaged places too. */
export async function* walkFrames(file: DiskFile, offset: number): AsyncGenerator<WalkStep> {
  const window = createWindow(file, await file.length())
  let at = offset
  while (at < window.length) {
    const step = await readStep(window, at)
    yield step
    at += step.length
  }
}

async function readStep(window: Window, offset: number): Promise<WalkStep> {
  const head = readFrameHead(await window.view(offset, FRAME_HEAD_BYTES), 0)
  if (!isFrameHead(head)) {
    const next = await findHead(window, offset + 1)
    return { offset, length: next - offset, head: null, contents: null, difference: head }
  }
  const contents = await window.view(offset + FRAME_HEAD_BYTES, head.contentsBytes)
  if (contents.length < head.contentsBytes) {
    const difference = { expected: `${head.contentsBytes} bytes of contents`, found: `${contents.length} bytes and the end of the file` }
    return { offset, length: window.length - offset, head, contents: null, difference }
  }
  const difference = frameDifference(head, contents)
  return { offset, length: FRAME_HEAD_BYTES + head.contentsBytes, head, contents: difference === null ? contents : null, difference }
}

/** Null where the contents are those of their head. Bodies of attachments have their own hashes and are not looked at. */
export function frameDifference(head: FrameHead, contents: Uint8Array): Difference | null {
  if (!isAttachments(head)) return contentsDifference(head, contents)
  const table = readAttachmentTable(head, contents)
  return Array.isArray(table) ? null : table
}

/** Where the next readable head begins; the end of the file where there is none. */
async function findHead(window: Window, from: number): Promise<number> {
  let at = from
  while (at + FRAME_HEAD_BYTES <= window.length) {
    const bytes = await window.view(at, Math.min(READ_BYTES, window.length - at))
    const last = bytes.length - FRAME_HEAD_BYTES
    for (let i = 0; i <= last; i++) {
      if (bytes[i] === FIRST_BYTE_OF_MARK && isFrameHead(readFrameHead(bytes, i))) return at + i
    }
    at += last + 1
  }
  return window.length
}

const FIRST_BYTE_OF_MARK = 0x54

interface Window {
  length: number
  /** The bytes there, fewer at the end of the file. Valid until the next call. */
  view(offset: number, length: number): Promise<Uint8Array>
}

function createWindow(file: DiskFile, length: number): Window {
  let buffer = new Uint8Array(0)
  let start = 0
  return {
    length,
    view: async (offset, wanted) => {
      const count = Math.max(0, Math.min(wanted, length - offset))
      if (offset < start || offset + count > start + buffer.length) {
        // A buffer of its own each time: callers may still hold views into the one before for the step they are at.
        const next = new Uint8Array(Math.min(Math.max(count, READ_BYTES), length - offset))
        buffer = next.subarray(0, await readInto(file, next, offset))
        start = offset
      }
      return buffer.subarray(offset - start, Math.min(offset - start + count, buffer.length))
    },
  }
}
