import { asExactly, asVersioned, checkpointFromCbor, checkpointToCbor, decode, encode, setFromCbor, setToCbor } from '@telltale/core'
import type { PinnedCheckpoint } from '@telltale/certificate'
import { UsageError } from './failure.ts'
import { SMALL_FILE_BYTES_MAX, readInputBytes } from './input-file.ts'

const MAGIC = 'tt-checkpoint'
const VERSION = 1

/** cbor ["tt-checkpoint", 1, checkpoint, set]: what somebody keeps in order to trust later certificates. */
export function encodeCheckpointFile({ checkpoint, set }: PinnedCheckpoint): Uint8Array {
  return encode([MAGIC, VERSION, checkpointToCbor(checkpoint), setToCbor(set)])
}

/** Reads such a file (`malformed-checkpoint` and the codes of `readInputBytes`). */
export async function readCheckpointFile(path: string): Promise<PinnedCheckpoint> {
  const bytes = await readInputBytes(path, SMALL_FILE_BYTES_MAX)
  try {
    const [magic, , checkpoint, set] = asVersioned(decode(bytes), 'checkpoint file', 4, 1)
    asExactly(magic, MAGIC, 'checkpoint file')
    return { checkpoint: checkpointFromCbor(checkpoint), set: setFromCbor(set) }
  } catch (cause) {
    throw new UsageError('malformed-checkpoint', `${path} is not a checkpoint that can be read here.`, { expected: 'a file written by `telltale chain show --out`', found: 'another file', cause })
  }
}
