import { asExactly, asVersioned, checkpointFromCbor, decode, setFromCbor } from '@telltale/core'
import type { PinnedCheckpoint } from '@telltale/certificate'
import { UsageError } from './failure.ts'
import { SMALL_FILE_BYTES_MAX, readInputBytes } from './input-file.ts'

const MAGIC = 'tt-checkpoint'

/** Reads such a file (`malformed-checkpoint` and the codes of `readInputBytes`). */
export async function readCheckpointFile(path: string): Promise<PinnedCheckpoint> {
  const bytes = await readInputBytes(path, SMALL_FILE_BYTES_MAX)
  try {
    return decodeCheckpointFile(bytes)
  } catch (cause) {
    throw new UsageError('malformed-checkpoint', `${path} is not a checkpoint that can be read here.`, { expected: 'a file written by `telltale chain show --out`', found: 'another file', cause })
  }
}

/** cbor ["tt-checkpoint", 1, checkpoint, set] (`unknown-version`, `wrong-shape` and the codes of `decode`). */
export function decodeCheckpointFile(bytes: Uint8Array): PinnedCheckpoint {
  const [magic, , checkpoint, set] = asVersioned(decode(bytes), 'checkpoint file', 4, 1)
  asExactly(magic, MAGIC, 'checkpoint file')
  return { checkpoint: checkpointFromCbor(checkpoint), set: setFromCbor(set) }
}
