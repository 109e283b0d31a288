import { addressToBytes, asBytes, asUint, asVersioned, decode, encode } from '@telltale/core'
import type { Primitives } from '@telltale/core'

/** The header of a block: 240 bytes. `turn`, `difficulty` and `nonce` belong to the rules of who may seal. */
export interface BlockHeader {
  /** First 16 bytes of the network id. */
  network: Uint8Array
  height: number
  /** Id of the parent; the network id for the block after the genesis. */
  parent: Uint8Array
  timeMs: number
  /** Transactions in the log after this block. */
  size: number
  logRoot: Uint8Array
  stateRoot: Uint8Array
  /** Hash of the set of authorities in force at this height. */
  setHash: Uint8Array
  bodyHash: Uint8Array
  /** 20 bytes of the sealer's address. */
  sealer: Uint8Array
  turn: number
  difficulty: number
  nonce: Uint8Array
}

export const NO_NONCE: Uint8Array = new Uint8Array(8)

export function encodeHeader(header: BlockHeader): Uint8Array {
  const { network, height, parent, timeMs, size, logRoot, stateRoot, setHash, bodyHash, sealer, turn, difficulty, nonce } = header
  return encode([1, network, height, parent, timeMs, size, logRoot, stateRoot, setHash, bodyHash, sealer, turn, difficulty, nonce])
}

export function decodeHeader(bytes: Uint8Array): BlockHeader {
  const items = asVersioned(decode(bytes), 'block header', 14)
  return {
    network: asBytes(items[1], 'header network', 16),
    height: asUint(items[2], 'header height'),
    parent: asBytes(items[3], 'header parent', 32),
    timeMs: asUint(items[4], 'header time'),
    size: asUint(items[5], 'header size'),
    logRoot: asBytes(items[6], 'header log root', 32),
    stateRoot: asBytes(items[7], 'header state root', 32),
    setHash: asBytes(items[8], 'header set hash', 32),
    bodyHash: asBytes(items[9], 'header body hash', 32),
    sealer: asBytes(items[10], 'header sealer', 20),
    turn: asUint(items[11], 'header turn'),
    difficulty: asUint(items[12], 'header difficulty'),
    nonce: asBytes(items[13], 'header nonce', 8),
  }
}

export function blockId(headerBytes: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.sha256(headerBytes)
}

export function sealerOf(address: string): Uint8Array {
  return addressToBytes(address, 'tt')
}
