import { decodePin } from '@telltale/core'
import type { PinnedCheckpoint } from '@telltale/core'
import { UsageError } from './failure.ts'
import { SMALL_FILE_BYTES_MAX, readInputBytes } from './input-file.ts'

/** Reads a checkpoint that somebody keeps (`malformed-checkpoint` and the codes of `readInputBytes`). */
export async function readCheckpointFile(path: string): Promise<PinnedCheckpoint> {
  const bytes = await readInputBytes(path, SMALL_FILE_BYTES_MAX)
  try {
    return decodePin(bytes)
  } catch (cause) {
    throw new UsageError('malformed-checkpoint', `${path} is not a checkpoint that can be read here.`, { expected: 'a file written by `telltale chain show --out`', found: 'another file', cause })
  }
}
