import { concatBytes, textToBytes } from '@telltale/core'

/**
 * Keys of the rows that a node keeps beside the blocks; all can be rebuilt from them. First byte = table; never renumbered.
 * Numbers are big-endian, so that rows lie in their order.
 */
const STATE = 0x73 // s: state key -> value
const HEAD = 0x66 // f: tree -> size, frontier, positions in the log of the leaves behind the last group
const GROUP = 0x67 // g: tree of a stream, index -> hash of 16 leaves, their positions in the log
const NODE = 0x6e // n: tree, level, index -> hash of a complete subtree
const BLOCK = 0x7a // z: height -> size of the log after the block, id of its parent, what is justified and final after it
const TALLIES = 0x79 // y: votes that the newest blocks carry for targets that are not justified yet
const TRANSACTION = 0x78 // x: id, whole because what is cited is judged by it -> position in the log
const QUOTA = 0x71 // q: account -> window, bytes used in it
const SENT = 0x6d // m: sender and subject, sequence -> position in the log; records and resumes stand in their stream's tree instead

export const STATE_PREFIX: Uint8Array = new Uint8Array([STATE])

export function stateRowKey(encodedKey: Uint8Array): Uint8Array {
  return concatBytes(STATE_PREFIX, encodedKey)
}

export function transactionRowKey(id: Uint8Array): Uint8Array {
  return concatBytes(new Uint8Array([TRANSACTION]), id)
}

export function sentRowKey(iss: string, sub: string, sequence: number, sha256: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const key = new Uint8Array(1 + 16 + 6)
  key[0] = SENT
  key.set(sha256(textToBytes(`sent ${iss} ${sub}`)).subarray(0, 16), 1)
  writeUint48(key, 17, sequence)
  return key
}

export function quotaRowKey(account: string): Uint8Array {
  return concatBytes(new Uint8Array([QUOTA]), textToBytes(account))
}

export function headRowKey(tree: Uint8Array): Uint8Array {
  const key = new Uint8Array(1 + tree.length)
  key[0] = HEAD
  key.set(tree, 1)
  return key
}

export function groupRowKey(tree: Uint8Array, index: number): Uint8Array {
  const key = new Uint8Array(1 + tree.length + 6)
  key[0] = GROUP
  key.set(tree, 1)
  writeUint48(key, 1 + tree.length, index)
  return key
}

export const TALLIES_ROW_KEY: Uint8Array = new Uint8Array([TALLIES])

export function blockRowKey(height: number): Uint8Array {
  const key = new Uint8Array(7)
  key[0] = BLOCK
  writeUint48(key, 1, height)
  return key
}

export function nodeRowKey(tree: Uint8Array, level: number, index: number): Uint8Array {
  const key = new Uint8Array(2 + tree.length + 6)
  key[0] = NODE
  key.set(tree, 1)
  key[1 + tree.length] = level
  writeUint48(key, 2 + tree.length, index)
  return key
}

/** The tree of all transactions. */
export const LOG_TREE: Uint8Array = new Uint8Array(16)

/** Name of a stream's tree in row keys: 16 bytes of a hash, so that nobody can choose two streams with one name. */
export function streamTree(kind: 'records' | 'notes', stream: string, sha256: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  return sha256(textToBytes(`${kind} ${stream}`)).slice(0, 16)
}

export function writeUint48(bytes: Uint8Array, at: number, value: number): void {
  let rest = value
  for (let i = at + 5; i >= at; i--) {
    bytes[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

export function readUint48(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let i = at; i < at + 6; i++) value = value * 256 + (bytes[i] as number)
  return value
}
