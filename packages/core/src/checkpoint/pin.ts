import { decode } from '../encoding/reader.ts'
import { asExactly, asVersioned } from '../encoding/shape.ts'
import { encode } from '../encoding/writer.ts'
import { fail, judge } from '../errors.ts'
import { setFromCbor, setToCbor } from './authority-set.ts'
import type { AuthoritySet } from './authority-set.ts'
import { checkpointFromCbor, checkpointToCbor } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'

/** A checkpoint that somebody keeps because they trust it, with its set of authorities. */
export interface PinnedCheckpoint {
  checkpoint: Checkpoint
  set: AuthoritySet
}

const MAGIC = 'tt-checkpoint'
const VERSION = 1

/** cbor ["tt-checkpoint", 1, checkpoint, set]: what somebody keeps in order to trust later certificates. */
export function encodePin({ checkpoint, set }: PinnedCheckpoint): Uint8Array {
  return encode([MAGIC, VERSION, checkpointToCbor(checkpoint), setToCbor(set)])
}

/** Reads one (`malformed-checkpoint`). Whether the set is the one that the checkpoint names is for whoever relies on it to check. */
export function decodePin(bytes: Uint8Array): PinnedCheckpoint {
  const read = judge(() => {
    const [magic, , checkpoint, set] = asVersioned(decode(bytes), 'checkpoint file', 4, 1)
    asExactly(magic, MAGIC, 'checkpoint file')
    return { checkpoint: checkpointFromCbor(checkpoint), set: setFromCbor(set) }
  })
  if (read.ok) return read.value
  throw fail('malformed-checkpoint', 'This is no pinned checkpoint that can be read here.', { expected: 'what `telltale chain show --out` or a node writes', found: read.verdict.message })
}
