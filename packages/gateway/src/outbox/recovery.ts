import { fail } from '@telltale/core'
import type { Primitives } from '@telltale/core'
import type { DiskFile } from '../disk.ts'
import { FRAME_HEAD_BYTES, findMark, hasDigest, readFrameHead } from './frame.ts'

/** Where the contents of a frame lie. */
export interface FramePlace {
  offset: number
  length: number
}

export interface ReadFrame {
  kind: number
  contents: Uint8Array
  place: FramePlace
}

const WINDOW_BYTES = 1_048_576

/**
 * Every frame of the file from `from` on, in order. A tail that a crash tore is where it ends; what was synced before and does not read back is damage
 * (`outbox-damaged`).
 */
export async function* readFrames(file: DiskFile, path: string, from: number, salt: Uint8Array, primitives: Primitives): AsyncGenerator<ReadFrame> {
  const length = await file.length()
  const read = createWindow(file, length)
  let offset = from
  while (offset < length) {
    const head = readFrameHead(await read(offset, FRAME_HEAD_BYTES), salt)
    const place = { offset: offset + FRAME_HEAD_BYTES, length: head?.contentsBytes ?? 0 }
    const contents = head && (await read(place.offset, place.length))
    if (!head || !contents || contents.length < place.length || !hasDigest(head, contents, primitives)) {
      await requireTorn(read, length, offset, path, salt)
      return
    }
    yield { kind: head.kind, contents: contents.slice(), place }
    offset = place.offset + place.length
  }
}

/** Damage at `offset` is a torn tail unless a later frame says that everything up to behind it was synced before. */
async function requireTorn(read: ReadAt, length: number, offset: number, path: string, salt: Uint8Array): Promise<void> {
  for (let at = offset + 1; at < length; at += WINDOW_BYTES - FRAME_HEAD_BYTES) {
    const window = await read(at, WINDOW_BYTES)
    for (let mark = findMark(window, 0); mark >= 0; mark = findMark(window, mark + 1)) {
      const head = readFrameHead(window.subarray(mark), salt)
      if (head && head.group > offset) throw damaged(path, offset)
    }
  }
}

export function damaged(path: string, offset: number): Error {
  return fail('outbox-damaged', `${path} is damaged at byte ${offset}. Bring back its disk or a copy; without one, move it away: devices that still hold their records send them again.`, {
    expected: 'the bytes that were written',
    found: `others at byte ${offset}`,
  })
}

/** At most `length` bytes from `offset` on; a view that holds until the next call. */
type ReadAt = (offset: number, length: number) => Promise<Uint8Array>

/** Reads ahead, so that small frames do not cost a call to the disk each. */
function createWindow(file: DiskFile, fileLength: number): ReadAt {
  let start = 0
  let window = new Uint8Array(0)
  return async (offset, length) => {
    const end = Math.min(offset + length, fileLength)
    if (offset < start || end > start + window.length) {
      window = await readFully(file, offset, Math.min(Math.max(length, WINDOW_BYTES), fileLength - offset))
      start = offset
    }
    return window.subarray(offset - start, Math.max(end - start, 0))
  }
}

/** `length` bytes from `offset` on; fewer only where the file ends. */
export async function readFully(file: DiskFile, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(Math.max(length, 0))
  let have = 0
  while (have < bytes.length) {
    const count = await file.read(bytes.subarray(have), offset + have)
    if (count <= 0) break
    have += count
  }
  return bytes.subarray(0, have)
}
