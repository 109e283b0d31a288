import { bytesToHex, encodeCheckpoint, equalBytes } from '@telltale/core'
import type { Checkpoint } from '@telltale/core'
import { refute } from './refutation.ts'

export function isSameCheckpoint(one: Checkpoint, other: Checkpoint): boolean {
  return equalBytes(encodeCheckpoint(one), encodeCheckpoint(other))
}

/** A checkpoint of another network says nothing here, whoever signed it. */
export function requireNetwork(checkpoint: Checkpoint, network: Uint8Array): void {
  if (!equalBytes(checkpoint.network, network)) throw refute('other-network', 'A checkpoint belongs to another network.', bytesToHex(network), bytesToHex(checkpoint.network))
}
