import { join } from 'node:path'
import { TelltaleError, assert } from '@telltale/core'
import type { Disk, DiskFile } from './disk.ts'
import { TEMPORARY_SUFFIX, readUpTo, withFile, writeFully } from './file-steps.ts'
import { FRAME_HEAD_BYTES, draftBytes, encodeFrame, isFrameHead, readFrameHead } from './frame.ts'
import type { FrameDraft, FrameHead } from './frame.ts'
import { frameDifference } from './frame-walk.ts'
import { createOpenFiles } from './open-files.ts'
import type { OpenFiles } from './open-files.ts'
import { readSegmentFileName, segmentDamaged, segmentFileName, startDraft } from './segment-name.ts'
import type { LogName, SegmentName } from './segment-name.ts'

/** Where the next frame goes, and its number. The first frame of a log has number 1. */
export interface LogEnd {
  segment: number
  offset: number
  sequence: number
}

/** Where a frame lies. */
export interface FramePlace {
  segment: number
  offset: number
  length: number
  sequence: number
}

/** Bytes inside a segment file of one generation. */
export interface BytesPlace {
  segment: number
  generation: number
  offset: number
  length: number
}

/**
 * An append-only log in a folder of segment files. One writer; readers at any time. Nothing is durable before `sync`. After a write or sync
 * that failed the log must not be used any more: what reached the disk is unknown until it is opened again.
 */
export interface SegmentLog {
  readonly name: LogName
  readonly folder: string
  readonly end: LogEnd
  /** Writes the frames in one call to the disk a segment, and returns where they lie. */
  append(drafts: readonly FrameDraft[]): Promise<FramePlace[]>
  sync(): Promise<void>
  /** Ends the last segment, durably, though there is room in it. */
  beginNext(): Promise<void>
  /** A frame of this kind at this place (`segment-damaged`). */
  readFrame(place: FramePlace, kind: number): Promise<{ head: FrameHead; contents: Uint8Array }>
  /** Bytes as they are, unchecked; null where that generation is gone. */
  readBytes(place: BytesPlace): Promise<Uint8Array | null>
  /** Puts zeros there, durably. */
  erase(places: readonly BytesPlace[]): Promise<void>
  /** Segments in order, with their generation. */
  segments(): SegmentName[]
  segmentPath(segment: number): string
  /** From here on the segment is the file of this generation; the file before it is removed. */
  install(name: SegmentName): Promise<void>
  /** Sets the end after recovery: what lies behind it is cut off, durably once it is settled. */
  cutTo(end: LogEnd): Promise<void>
  /**
   * Writes the start of the last segment and its bytes from `offset` on once more and syncs file and folder: a sync that failed before the
   * store was opened may have left them in memory only, where they look as if they were on the disk.
   */
  settle(offset: number): Promise<void>
  close(): Promise<void>
}

export interface OpenedLog {
  log: SegmentLog
  /** Files of generations that were replaced, still there: the index of those segments may be out of date. */
  older: SegmentName[]
}

interface LogState {
  disk: Disk
  name: LogName
  folder: string
  segmentBytesMax: number
  generations: number[]
  end: LogEnd
  writer: DiskFile | null
  files: OpenFiles
}

/** Opens the folder; its end is not known before `cutTo`. Makes the first segment where there is none. */
export async function openSegmentLog(disk: Disk, directory: string, name: LogName, segmentBytesMax: number): Promise<OpenedLog> {
  const folder = join(directory, name)
  const { generations, older } = await listSegments(disk, folder, name)
  const state: LogState = { disk, name, folder, segmentBytesMax, generations, end: { segment: 0, offset: 0, sequence: 1 }, writer: null, files: createOpenFiles(disk) }
  if (generations.length === 0) await beginSegment(state, 0)
  return { log: createLog(state), older }
}

/** The newest generation of every segment (`segment-damaged` where one is missing), and the older ones; unfinished files are removed. */
async function listSegments(disk: Disk, folder: string, log: LogName): Promise<{ generations: number[]; older: SegmentName[] }> {
  const names = await disk.list(folder)
  for (const name of names) if (name.endsWith(TEMPORARY_SUFFIX)) await disk.remove(join(folder, name))
  const found = names.map(readSegmentFileName).filter((name) => name !== null)
  const newest = new Map<number, number>()
  for (const { segment, generation } of found) newest.set(segment, Math.max(generation, newest.get(segment) ?? 0))
  const older = found.filter(({ segment, generation }) => generation < (newest.get(segment) ?? 0))
  const generations: number[] = []
  for (let segment = 0; segment < newest.size; segment++) {
    const generation = newest.get(segment)
    if (generation === undefined) {
      const file = `${log}/${segmentFileName({ segment, generation: 0 })}`
      throw segmentDamaged({ file, offset: 0, what: 'missing segment', expected: `a file between segments 0 and ${Math.max(...newest.keys())}`, found: 'none' })
    }
    generations.push(generation)
  }
  return { generations, older }
}

function createLog(state: LogState): SegmentLog {
  const path = (segment: number): string => segmentPath(state, segment)
  return {
    name: state.name,
    folder: state.folder,
    get end() {
      return state.end
    },
    append: (drafts) => append(state, drafts),
    sync: async () => {
      await state.writer?.sync()
    },
    beginNext: () => nextSegment(state),
    readFrame: (place, kind) => readFrame(state, place, kind),
    readBytes: (place) => readBytes(state, place),
    erase: (places) => erase(state, places),
    segments: () => state.generations.map((generation, segment) => ({ segment, generation })),
    segmentPath: path,
    install: async ({ segment, generation }) => {
      const older = path(segment)
      state.generations[segment] = generation
      state.files.forget(older)
      await state.disk.remove(older)
    },
    cutTo: (end) => cutTo(state, end),
    settle: (offset) => settle(state, offset),
    close: async () => {
      await state.writer?.close()
      state.writer = null
      await state.files.close()
    },
  }
}

function segmentPath(state: LogState, segment: number): string {
  return join(state.folder, segmentFileName({ segment, generation: state.generations[segment] ?? 0 }))
}

async function append(state: LogState, drafts: readonly FrameDraft[]): Promise<FramePlace[]> {
  const places: FramePlace[] = []
  let parts: Uint8Array[] = []
  let start = state.end.offset
  for (const draft of drafts) {
    if (state.end.offset >= state.segmentBytesMax) {
      await writeParts(state, parts, start)
      parts = []
      await nextSegment(state)
      start = state.end.offset
    }
    const { segment, offset, sequence } = state.end
    const length = draftBytes(draft)
    parts.push(...encodeFrame(draft, sequence))
    places.push({ segment, offset, length, sequence })
    state.end = { segment, offset: offset + length, sequence: sequence + 1 }
  }
  await writeParts(state, parts, start)
  return places
}

async function writeParts(state: LogState, parts: readonly Uint8Array[], offset: number): Promise<void> {
  if (parts.length === 0) return
  state.writer ??= await state.disk.open(segmentPath(state, state.end.segment), 'change')
  await writeFully(state.writer, parts, offset)
}

/** The finished segment is synced before the next exists: a segment that has a successor is whole. */
async function nextSegment(state: LogState): Promise<void> {
  await state.writer?.sync()
  await state.writer?.close()
  state.writer = null
  await beginSegment(state, state.end.segment + 1)
}

/** 1. file with its first frame, synced; 2. directory synced. Only then do frames follow. */
async function beginSegment(state: LogState, segment: number): Promise<void> {
  const file = await state.disk.open(join(state.folder, segmentFileName({ segment, generation: 0 })), 'create')
  state.writer = file
  state.generations[segment] = 0
  await writeStart(state, file, segment)
  await state.disk.syncDirectory(state.folder)
}

async function writeStart(state: LogState, file: DiskFile, segment: number): Promise<void> {
  const draft = startDraft(state.name, segment)
  await writeFully(file, encodeFrame(draft, state.end.sequence), 0)
  await file.sync()
  state.end = { segment, offset: draftBytes(draft), sequence: state.end.sequence }
}

async function readFrame(state: LogState, place: FramePlace, kind: number): Promise<{ head: FrameHead; contents: Uint8Array }> {
  const { segment, offset, length, sequence } = place
  const file = `${state.name}/${segmentFileName({ segment, generation: state.generations[segment] ?? 0 })}`
  const damaged = (what: string, expected: string, found: string) => segmentDamaged({ file, offset, what, expected, found })
  const bytes = await state.files.use(segmentPath(state, segment), (open) => readUpTo(open, offset, length))
  const head = readFrameHead(bytes, 0)
  if (!isFrameHead(head)) throw damaged(`head of frame ${sequence}`, head.expected, head.found)
  if (head.sequence !== sequence || head.kind !== kind || head.contentsBytes !== length - FRAME_HEAD_BYTES || bytes.length !== length) {
    throw damaged(`frame ${sequence}`, `frame ${sequence} of kind ${kind} with ${length} bytes`, `frame ${head.sequence} of kind ${head.kind} with ${bytes.length} bytes`)
  }
  const contents = bytes.subarray(FRAME_HEAD_BYTES)
  const difference = frameDifference(head, contents)
  if (difference !== null) throw damaged(`contents of frame ${sequence}`, difference.expected, difference.found)
  return { head, contents }
}

async function readBytes(state: LogState, { segment, generation, offset, length }: BytesPlace): Promise<Uint8Array | null> {
  try {
    return await state.files.use(join(state.folder, segmentFileName({ segment, generation })), (open) => readUpTo(open, offset, length))
  } catch (error) {
    if (error instanceof TelltaleError && error.code === 'file-missing') return null
    throw error
  }
}

async function erase(state: LogState, places: readonly BytesPlace[]): Promise<void> {
  for (const segment of new Set(places.map((place) => place.segment))) {
    await withFile(state.disk, segmentPath(state, segment), 'change', async (file) => {
      for (const place of places) if (place.segment === segment) await writeFully(file, [new Uint8Array(place.length)], place.offset)
      await file.sync()
    })
  }
}

/** 1. later segments are removed, the last first; 2. the segment of the end is cut. `settle` syncs file and folder before anything follows. */
async function cutTo(state: LogState, end: LogEnd): Promise<void> {
  assert(state.writer === null || state.end.offset > 0, 'a log is cut before it is written')
  for (let segment = state.generations.length - 1; segment > end.segment; segment--) {
    await state.disk.remove(segmentPath(state, segment))
    state.generations.pop()
  }
  await state.writer?.close()
  const file = await state.disk.open(segmentPath(state, end.segment), 'change')
  state.writer = file
  state.end = end
  if ((await file.length()) > end.offset) await file.truncate(end.offset)
  if (end.offset === 0) await writeStart(state, file, end.segment)
}

async function settle(state: LogState, offset: number): Promise<void> {
  const { end, writer: file } = state
  assert(file !== null, 'a log is settled after its end is known')
  const startBytes = draftBytes(startDraft(state.name, end.segment))
  for (const [from, to] of [[0, startBytes], [Math.max(offset, startBytes), end.offset]] as const) {
    if (to > from) await writeFully(file, [await readUpTo(file, from, to - from)], from)
  }
  await file.sync()
  await state.disk.syncDirectory(state.folder)
}
