import { checkpointToCbor, encode, setToCbor } from '@telltale/core'
import type { PinnedCheckpoint } from '@telltale/certificate'

const MAGIC = 'tt-checkpoint'
const VERSION = 1

/** cbor ["tt-checkpoint", 1, checkpoint, set]: what somebody keeps in order to trust later certificates. */
export function encodePin({ checkpoint, set }: PinnedCheckpoint): Uint8Array {
  return encode([MAGIC, VERSION, checkpointToCbor(checkpoint), setToCbor(set)])
}
