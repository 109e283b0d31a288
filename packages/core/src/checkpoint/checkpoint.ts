import type { Cbor } from '../encoding/cbor.ts'
import { decode } from '../encoding/reader.ts'
import { asBytes, asUint, asVersioned } from '../encoding/shape.ts'
import { encode } from '../encoding/writer.ts'

/** What the ledger is at a height; an authority signs one per log size. */
export interface Checkpoint {
  network: Uint8Array
  height: number
  /** Transactions in the log. */
  size: number
  logRoot: Uint8Array
  stateRoot: Uint8Array
  /** SHA-256 of the set of authorities in force at this height. */
  setHash: Uint8Array
}

export function checkpointToCbor(checkpoint: Checkpoint): Cbor[] {
  const { network, height, size, logRoot, stateRoot, setHash } = checkpoint
  return [1, network, height, size, logRoot, stateRoot, setHash]
}

export function checkpointFromCbor(value: Cbor | undefined): Checkpoint {
  const [, network, height, size, logRoot, stateRoot, setHash] = asVersioned(value, 'checkpoint', 7)
  return {
    network: asBytes(network, 'checkpoint network', 32),
    height: asUint(height, 'checkpoint height'),
    size: asUint(size, 'checkpoint size'),
    logRoot: asBytes(logRoot, 'checkpoint log root', 32),
    stateRoot: asBytes(stateRoot, 'checkpoint state root', 32),
    setHash: asBytes(setHash, 'checkpoint set hash', 32),
  }
}

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  return encode(checkpointToCbor(checkpoint))
}

export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  return checkpointFromCbor(decode(bytes))
}
