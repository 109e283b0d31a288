import { dirname } from 'node:path'
import { asBytes, asExactly, asVersioned, bytesToHex, decode, encode, equalBytes, fail, judge } from '@telltale/core'
import type { Primitives } from '@telltale/core'
import { writeFully } from '../disk.ts'
import type { Disk, DiskFile } from '../disk.ts'
import { FRAME_HEAD_BYTES, SALT_BYTES, draftBytes, encodeFrame, readFrameHead, hasDigest } from './frame.ts'
import type { FrameDraft } from './frame.ts'
import { damaged, readFrames, readFully } from './recovery.ts'
import type { FramePlace, ReadFrame } from './recovery.ts'

/**
 * An append-only file of frames. Frames that are appended at the same time are written and synced together. After a write that failed nothing more is
 * written: what reached the disk is unknown until the file is opened again (`outbox-failed`).
 */
export interface FrameLog {
  /** Resolves when the frames survive a loss of power; `written` is told where they lie, before anything else is read or written. */
  append(drafts: FrameDraft[], written: (places: FramePlace[]) => void): Promise<void>
  /** Contents of a frame; where it lies is asked when its turn has come. */
  read(place: () => FramePlace): Promise<Uint8Array>
  /**
   * Puts a file with only these frames in the place of this one; `frames` may read the old one. Places before hold no longer: `moved` is told the new ones
   * before anything else is read or written.
   */
  rewrite(frames: (readAt: (place: FramePlace) => Promise<Uint8Array>) => AsyncGenerator<FrameDraft>, moved: (places: FramePlace[]) => void): Promise<void>
  readonly bytes: number
  close(): Promise<void>
}

export interface FrameLogInit {
  disk: Disk
  path: string
  network: Uint8Array
  primitives: Primitives
  /** Secret random bytes. */
  randomBytes(count: number): Uint8Array
}

const MAGIC = 'tt-gateway-outbox'
const START = 1
/** The last frame of a file that was written anew: without it the file would never have got its name. */
const WHOLE = 2
const NO_SALT = new Uint8Array(SALT_BYTES)
const TEMPORARY_SUFFIX = '.new'
/** Written at once while the file is written anew. */
const CHUNK_BYTES = 1_048_576

interface State extends FrameLogInit {
  file: DiskFile
  salt: Uint8Array
  end: number
}

interface Waiting {
  drafts: FrameDraft[]
  written(places: FramePlace[]): void
  resolve(): void
  reject(error: unknown): void
}

/**
 * Opens the file, made if there is none, and tells every frame of it in order (`outbox-damaged`, `wrong-network`). What a crash left unfinished is not told.
 * The caller rewrites it before it appends: that cuts a torn tail, and makes durable what a sync that failed before may have left in memory only.
 */
export async function openFrameLog(init: FrameLogInit, tell: (frame: ReadFrame) => void): Promise<FrameLog> {
  const { disk, path } = init
  await disk.makeDirectory(dirname(path))
  if ((await disk.kindOf(path + TEMPORARY_SUFFIX)) !== null) await disk.remove(path + TEMPORARY_SUFFIX)
  if ((await disk.kindOf(path)) === null) return createFrameLog(await writeNew(init, noFrames, () => undefined))
  const file = await disk.open(path, 'change')
  try {
    const { salt, end } = await readStart(init, file)
    const state: State = { ...init, file, salt, end }
    let isWhole = false
    for await (const frame of readFrames(file, path, end, salt, init.primitives)) {
      if (frame.kind === WHOLE) isWhole = true
      else tell(frame)
      state.end = frame.place.offset + frame.place.length
    }
    if (!isWhole) throw damaged(path, state.end)
    return createFrameLog(state)
  } catch (error) {
    await file.close()
    throw error
  }
}

async function* noFrames(): AsyncGenerator<FrameDraft> {}

/** The first frame was synced before the file got its name: whatever is wrong with it is damage. */
async function readStart({ path, network, primitives }: FrameLogInit, file: DiskFile): Promise<{ salt: Uint8Array; end: number }> {
  const head = readFrameHead(await readFully(file, 0, FRAME_HEAD_BYTES), NO_SALT)
  const contents = head && (await readFully(file, FRAME_HEAD_BYTES, head.contentsBytes))
  if (!head || !contents || head.kind !== START || !hasDigest(head, contents, primitives)) throw damaged(path, 0)
  const read = judge(() => {
    const [magic, , written, salt] = asVersioned(decode(contents), 'outbox', 4, 1)
    asExactly(magic, MAGIC, 'outbox')
    return { network: asBytes(written, 'outbox network', 32), salt: asBytes(salt, 'outbox salt', SALT_BYTES) }
  })
  if (!read.ok) throw fail(read.verdict.code, read.verdict.message)
  if (!equalBytes(read.value.network, network)) throw fail('wrong-network', `${path} belongs to another network.`, { expected: bytesToHex(network), found: bytesToHex(read.value.network) })
  return { salt: read.value.salt, end: FRAME_HEAD_BYTES + contents.length }
}

/** 1. a temporary file with all frames and one that says so, synced; 2. renamed over the file; 3. the folder synced. */
async function writeNew(init: FrameLogInit, frames: () => AsyncGenerator<FrameDraft>, moved: (places: FramePlace[]) => void): Promise<State> {
  const { disk, path, network, primitives } = init
  const temporary = path + TEMPORARY_SUFFIX
  if ((await disk.kindOf(temporary)) !== null) await disk.remove(temporary)
  const salt = init.randomBytes(SALT_BYTES)
  const start = encodeFrame({ kind: START, contents: encode([MAGIC, 1, network, salt]) }, 0, NO_SALT, primitives)
  const file = await disk.open(temporary, 'create')
  try {
    const places: FramePlace[] = []
    let parts = start
    let offset = 0
    let end = lengthOf(start)
    for await (const draft of frames()) {
      places.push({ offset: end + FRAME_HEAD_BYTES, length: draft.contents.length })
      parts.push(...encodeFrame(draft, 0, salt, primitives))
      end += draftBytes(draft)
      if (end - offset < CHUNK_BYTES) continue
      await writeFully(file, parts, offset)
      parts = []
      offset = end
    }
    const whole = encodeFrame({ kind: WHOLE, contents: new Uint8Array(0) }, end, salt, primitives)
    await writeFully(file, [...parts, ...whole], offset)
    end += lengthOf(whole)
    await file.sync()
    await disk.rename(temporary, path)
    await disk.syncDirectory(dirname(path))
    moved(places)
    return { ...init, file, salt, end }
  } catch (error) {
    await file.close()
    throw error
  }
}

function createFrameLog(state: State): FrameLog {
  let failure: Error | null = null
  let waiting: Waiting[] = []
  let last: Promise<unknown> = Promise.resolve()
  /** One after the other; after the first that failed none is begun. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(async () => {
      if (failure) throw failure
      return work()
    })
    last = turn.catch(() => undefined)
    return turn
  }
  const failing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (cause) {
      failure = outboxFailed(state.path, cause)
      throw failure
    }
  }
  const writeWaiting = async (): Promise<void> => {
    const batch = waiting
    waiting = []
    if (batch.length === 0) return
    try {
      const places = await failing(() => appendSynced(state, batch.flatMap(({ drafts }) => drafts)))
      for (const { drafts, written } of batch) written(places.splice(0, drafts.length))
      for (const { resolve } of batch) resolve()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
  return {
    get bytes() {
      return state.end
    },
    append: (drafts, written) =>
      new Promise((resolve, reject) => {
        waiting.push({ drafts, written, resolve, reject })
        // Whoever comes while a write is under way is written with the next.
        inTurn(writeWaiting).catch(reject)
      }),
    read: (place) =>
      inTurn(async () => {
        const { offset, length } = place()
        return readFully(state.file, offset, length)
      }),
    rewrite: (frames, moved) =>
      inTurn(() =>
        failing(async () => {
          const old = state.file
          const readAt = ({ offset, length }: FramePlace): Promise<Uint8Array> => readFully(old, offset, length)
          Object.assign(state, await writeNew(state, () => frames(readAt), moved))
          await old.close()
        }),
      ),
    async close() {
      await last
      await state.file.close()
    },
  }
}

/** All frames in one write, then synced. */
async function appendSynced(state: State, drafts: FrameDraft[]): Promise<FramePlace[]> {
  const group = state.end
  const places = drafts.map((draft) => {
    const place = { offset: state.end + FRAME_HEAD_BYTES, length: draft.contents.length }
    state.end += draftBytes(draft)
    return place
  })
  await writeFully(state.file, drafts.flatMap((draft) => encodeFrame(draft, group, state.salt, state.primitives)), group)
  await state.file.sync()
  return places
}

function lengthOf(parts: Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}

function outboxFailed(path: string, cause: unknown): Error {
  const found = (cause as { code?: string }).code ?? String(cause)
  return fail('outbox-failed', `${path} could not be written (${found}). Nothing more is taken until the gateway is started again; what was acknowledged is not lost. Look at the disk first.`, { expected: 'a disk with room that answers', found, cause })
}
