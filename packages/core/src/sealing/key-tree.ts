import { assert } from '../assert.ts'
import { concatBytes } from '../bytes/concat.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { encode } from '../encoding/writer.ts'
import { textToBytes } from '../encoding/utf8.ts'
import { fail } from '../errors.ts'
import { STREAM_RECORDS_MAX } from '../limits.ts'

/**
 * Keys of sealed records: a binary tree of 32 levels under one epoch secret, derived downwards with HKDF-SHA-256 (RFC 5869). Whoever is given an inner node can
 * open exactly the records below it and, because derivation runs one way, nothing beside or above it.
 */
export interface SealContext {
  /** The whole network id, 32 bytes. */
  network: Uint8Array
  /** Address of the device. */
  device: string
  stream: string
  /** Number of the epoch, from 0: a new secret each. */
  epoch: number
}

/** A place in the tree: `depth` 0 is the root, 32 the record keys; `index` counts from the left. It covers index x 2^(32 - depth) and the 2^(32 - depth) - 1 record numbers after it. */
export interface TreeNode {
  depth: number
  index: number
}

/** A place in the tree together with its 32 bytes. */
export interface DisclosedNode extends TreeNode {
  key: Uint8Array
}

/** The key of a record number, or null where none of the nodes covers it. */
export type RecordKeys = (number: number) => Uint8Array | null

const DEPTH = 32
const NUMBER_MAX = STREAM_RECORDS_MAX - 1
const CHILD_LABEL = textToBytes('tt-key')
const COUNTER = new Uint8Array([1])

/** cbor ["tt-seal-1", network, device, stream, epoch]: binds every key to the one place it is for. */
export function sealContextToBytes(context: SealContext): Uint8Array {
  assert(context.network.length === 32, 'a network id has 32 bytes')
  return encode(['tt-seal-1', context.network, context.device, context.stream, context.epoch])
}

/** The root of an epoch: HKDF-Extract (RFC 5869, 2.2) with the context as salt. `epochSecret` is 32 secret random bytes. */
export function epochRoot(context: SealContext, epochSecret: Uint8Array, primitives: Primitives): DisclosedNode {
  assert(epochSecret.length === 32, 'an epoch secret has 32 bytes')
  return { depth: 0, index: 0, key: primitives.hmacSha256(sealContextToBytes(context), epochSecret) }
}

/** HKDF-Expand (RFC 5869, 2.3) to 32 bytes: one block. */
export function expandKey(key: Uint8Array, info: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.hmacSha256(key, concatBytes(info, COUNTER))
}

/**
 * The fewest nodes that cover the record numbers `from` to `to`, both included, and nothing else, from left to right: at most 62.
 * `to` null means up to the last number of the epoch, so that records not yet written are covered too (`range-out-of-order`).
 */
export function coverRange(from: number, to: number | null): TreeNode[] {
  const last = to ?? NUMBER_MAX
  if (!isRecordNumber(from) || !isRecordNumber(last) || from > last) {
    throw fail('range-out-of-order', `${from} to ${to ?? 'the end'} is no range of record numbers.`, { expected: `from and to within 0 to ${NUMBER_MAX}, from first`, found: `${from} to ${to ?? 'the end'}` })
  }
  const cover: TreeNode[] = []
  let next = from
  while (next <= last) {
    let depth = DEPTH
    // The largest subtree that begins at `next` and does not reach beyond the end.
    while (depth > 0 && next % 2 ** (DEPTH - depth + 1) === 0 && next + 2 ** (DEPTH - depth + 1) - 1 <= last) depth -= 1
    cover.push({ depth, index: next / 2 ** (DEPTH - depth) })
    next += 2 ** (DEPTH - depth)
  }
  return cover
}

/** The keys of the minimal cover of a range, as a grant or a certificate carries them; `root` from `epochRoot` (`range-out-of-order`). */
export function deriveCover(root: DisclosedNode, from: number, to: number | null, primitives: Primitives): Uint8Array[] {
  const path = createPath(root, primitives)
  return coverRange(from, to).map((node) => path(node.index * 2 ** (DEPTH - node.depth), node.depth))
}

/** Puts disclosed keys back to their places in the tree; a wrong number of them, or of another length, is refused (`cover-mismatch`, `range-out-of-order`). */
export function placeCover(keys: readonly Uint8Array[], from: number, to: number | null): DisclosedNode[] {
  const cover = coverRange(from, to)
  if (keys.length !== cover.length || keys.some((key) => key.length !== 32)) {
    throw fail('cover-mismatch', `Records ${from} to ${to ?? 'the end'} need ${cover.length} keys of 32 bytes, found ${keys.length}.`, { expected: `${cover.length} keys of 32 bytes`, found: String(keys.length) })
  }
  return cover.map((node, i) => ({ ...node, key: keys[i] as Uint8Array }))
}

/**
 * Record keys below some nodes: the epoch's root, or what was disclosed. Each node remembers the path to the number it was asked
 * for last, so that numbers in sequence cost two derivations each, not 32.
 */
export function createRecordKeys(nodes: readonly DisclosedNode[], primitives: Primitives): RecordKeys {
  const paths = nodes.map((node) => ({ node, path: createPath(node, primitives) }))
  return (number) => {
    for (const { node, path } of paths) if (covers(node, number)) return path(number, DEPTH)
    return null
  }
}

function covers(node: TreeNode, number: number): boolean {
  return isRecordNumber(number) && Math.floor(number / 2 ** (DEPTH - node.depth)) === node.index
}

function isRecordNumber(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= NUMBER_MAX
}

/** Derives the key at `depth` on the way to `number`, reusing what it has in common with the way taken before. */
function createPath(node: DisclosedNode, primitives: Primitives): (number: number, depth: number) => Uint8Array {
  const keys: Uint8Array[] = [node.key]
  let previous = 0
  return (number, depth) => {
    const shared = Math.max(Math.clz32(previous ^ number), node.depth)
    keys.length = Math.min(keys.length, shared - node.depth + 1)
    previous = number
    while (keys.length <= depth - node.depth) {
      const level = node.depth + keys.length
      const bit = (number >>> (DEPTH - level)) & 1
      keys.push(expandKey(keys[keys.length - 1] as Uint8Array, concatBytes(CHILD_LABEL, new Uint8Array([bit])), primitives))
    }
    return keys[depth - node.depth] as Uint8Array
  }
}
