import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { bytesToText, fail } from '@telltale/core'
import { bytesText } from './figures.ts'
import { UsageError, failureOf } from './failure.ts'

/** Limits of what a command reads whole, each with room for the largest honest file. */
export const CERTIFICATE_FILE_BYTES_MAX = 268_435_456
export const DATABASE_FILE_BYTES_MAX = 33_554_432
export const SMALL_FILE_BYTES_MAX = 1_048_576

const CHUNK_BYTES = 1_048_576

/**
 * The bytes of a file, or of a pipe such as `/dev/stdin`; stops at the limit, so that neither a huge nor an endless file takes all memory.
 * Codes: `file-not-found`, `file-unreadable`, `not-a-file`, `permission-denied`, `file-too-large`.
 */
export async function readInputBytes(path: string, bytesMax: number): Promise<Uint8Array> {
  let file: FileHandle | null = null
  try {
    file = await open(path, 'r')
    const { size } = await file.stat()
    if (size > bytesMax) throw tooLarge(path, bytesMax, bytesText(size))
    return await readUpTo(file, path, bytesMax)
  } catch (error) {
    throw failureOf(error instanceof Error && 'syscall' in error && !('path' in error) ? Object.assign(error, { path }) : error)
  } finally {
    await file?.close()
  }
}

/** The same as text, which has to be UTF-8 (`malformed-text`). */
export async function readInputText(path: string, bytesMax: number): Promise<string> {
  const bytes = await readInputBytes(path, bytesMax)
  try {
    return bytesToText(bytes)
  } catch (cause) {
    throw new UsageError('malformed-text', `${path} is not text in UTF-8. Check that it is the right file, or convert it (iconv -t UTF-8).`, { expected: 'text in UTF-8', found: 'other bytes', cause })
  }
}

/** Bytes of a log that are looked at before it is read: enough to tell text from anything else. */
const PEEK_BYTES = 65_536

/** Refuses a log that begins with bytes no text has, before all of a disk image is read in search of a line (`nothing-to-import`; missing files pass, they are told later). */
export async function requireTextLog(path: string): Promise<void> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch {
    // Whoever reads it says why it cannot be opened.
    return
  }
  try {
    if (!(await file.stat()).isFile()) return
    const { buffer, bytesRead } = await file.read(new Uint8Array(PEEK_BYTES), 0, PEEK_BYTES, 0)
    const at = buffer.subarray(0, bytesRead).indexOf(0)
    if (at >= 0) throw new UsageError('nothing-to-import', `${path} is no text: byte ${at} is zero. Check that it is the right file; text in UTF-16 has to be converted (iconv -t UTF-8).`, { expected: 'a log in text', found: 'zero bytes' })
  } finally {
    await file.close()
  }
}

async function readUpTo(file: FileHandle, path: string, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const chunk = new Uint8Array(CHUNK_BYTES)
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, null)
    if (bytesRead === 0) return new Uint8Array(Buffer.concat(chunks, length))
    chunks.push(chunk.subarray(0, bytesRead))
    length += bytesRead
    if (length > bytesMax) throw tooLarge(path, bytesMax, `more than ${bytesText(bytesMax)}`)
  }
}

function tooLarge(path: string, bytesMax: number, found: string): Error {
  return fail('file-too-large', `${path} is too large (${found}) to be what is asked for here.`, { expected: `at most ${bytesText(bytesMax)}`, found })
}
