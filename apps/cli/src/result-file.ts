import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { UsageError } from './failure.ts'

interface ResultOptions {
  /** Whether a file that begins so is one of this kind. */
  isOwn: (head: Uint8Array) => boolean
  kind: string
  yes: boolean | undefined
}

/** Writes a result file that is held whole, as `writeResultPieces` does. */
export async function writeResultFile(path: string, bytes: Uint8Array, options: ResultOptions): Promise<void> {
  await writeResultPieces(path, options, (write) => write(bytes))
}

/**
 * Writes a result file whole or not at all: beside its place, synced, then renamed into it. A file that stands there is replaced only if `isOwn` knows it as
 * one of this kind, so that a slip of the hand does not overwrite a key or a log (`file-exists`).
 */
export async function writeResultPieces<T>(path: string, options: ResultOptions, work: (write: (piece: Uint8Array) => Promise<void>) => Promise<T>): Promise<T> {
  const head = await readHead(path)
  if (head && head.length > 0 && !options.isOwn(head) && options.yes !== true) {
    throw new UsageError('file-exists', `${path} exists and is no ${options.kind}. Choose another name, or say --yes to replace it.`, { expected: `a new file or an older ${options.kind}`, found: 'another file' })
  }
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    let result: T
    const file = await open(temporary, 'wx')
    try {
      result = await work((piece) => file.writeFile(piece))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    return result
  } catch (error) {
    // The name that was asked for says more than that of the temporary file.
    throw error instanceof Error && 'syscall' in error ? Object.assign(error, { path }) : error
  } finally {
    await rm(temporary, { force: true })
  }
}

const HEAD_BYTES = 32

/** The first bytes of a file, or null where there is none. */
async function readHead(path: string): Promise<Uint8Array | null> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    const head = new Uint8Array(HEAD_BYTES)
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0)
    return head.subarray(0, bytesRead)
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { path }) : error
  } finally {
    await file.close()
  }
}
