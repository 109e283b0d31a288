import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { fail } from '@telltale/core'
import { CHUNK_BYTES } from './limits.ts'

/** Size of a regular file. Errors: `file-not-found`, `not-a-file`, `file-unreadable`. */
export async function regularFileBytes(path: string): Promise<number> {
  try {
    const found = await stat(path)
    if (!found.isFile()) {
      throw fail('not-a-file', `${path} is not a regular file. Save what it delivers to a file and read that.`, { expected: 'a regular file', found: found.isDirectory() ? 'a folder' : 'a device or pipe' })
    }
    return found.size
  } catch (error) {
    throw fileFailure(path, error)
  }
}

/** The first bytes of a file, at most `bytesMax`. Errors as for `readFileChunks`. */
export async function peekFile(path: string, bytesMax: number): Promise<Uint8Array> {
  const file = await openFile(path)
  try {
    const buffer = new Uint8Array(bytesMax)
    let filled = 0
    while (filled < bytesMax) {
      const { bytesRead } = await file.read(buffer, filled, bytesMax - filled, filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return buffer.subarray(0, filled)
  } catch (error) {
    throw fileFailure(path, error)
  } finally {
    await file.close()
  }
}

/**
 * The bytes of a file in chunks. One buffer is used again and again: a chunk holds only until the next is asked for.
 * The file is closed when the loop ends, however it ends. Errors: `file-not-found`, `file-unreadable`, `aborted` when `signal` fires.
 */
export async function* readFileChunks(path: string, signal?: AbortSignal, chunkBytes = CHUNK_BYTES): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await openFile(path)
  try {
    const buffer = new Uint8Array(chunkBytes)
    let position = 0
    for (;;) {
      stopIfAborted(signal)
      const bytesRead = await readAt(path, file, buffer, position)
      if (bytesRead === 0) return
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** Throws `aborted` once the signal has fired: a reader that stopped early must not look as if it had come to the end. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw fail('aborted', 'Reading stopped because it was asked to; what came before is not all there is.', { cause: signal.reason })
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    throw fileFailure(path, error)
  }
}

async function readAt(path: string, file: FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  try {
    return (await file.read(buffer, 0, buffer.length, position)).bytesRead
  } catch (error) {
    throw fileFailure(path, error)
  }
}

function fileFailure(path: string, error: unknown): unknown {
  const systemCode = error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : null
  if (systemCode === null) return error
  if (systemCode === 'ENOENT') return fail('file-not-found', `There is no file ${path}. Check the spelling and the folder.`, { expected: 'a file', found: 'nothing', cause: error })
  return fail('file-unreadable', `${path} cannot be read (${systemCode}). Check its permissions and the disk.`, { expected: 'a readable file', found: systemCode, cause: error })
}
