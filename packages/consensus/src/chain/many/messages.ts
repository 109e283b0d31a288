import { asArray, asBytes, asExactly, asText, asUint, decode, encode, wrongShape } from '@telltale/core'
import type { Cbor, StatementSignature } from '@telltale/core'
import { RANGE_BLOCKS_MAX } from './limits.ts'

/** A block with the bytes that its transactions refer to. */
export interface FullBlock {
  bytes: Uint8Array
  attachments: Uint8Array[]
}

/** What nodes ask each other, one peer at a time. */
export type Question =
  | { kind: 'head' }
  | { kind: 'range'; from: number; count: number }
  | { kind: 'block'; id: Uint8Array }
  | { kind: 'recent' }
  | { kind: 'waiting' }
  | { kind: 'age' }
  | { kind: 'handovers'; above: number }
  | { kind: 'standing'; address: string; nonce: Uint8Array }
  | { kind: 'refusal'; transaction: Uint8Array }

/** Where a node stands. */
export interface HeadAnswer {
  height: number
  id: Uint8Array
  finalHeight: number
}

export function encodeQuestion(question: Question): Uint8Array {
  if (question.kind === 'range') return encode(['range', question.from, question.count])
  if (question.kind === 'block') return encode(['block', question.id])
  if (question.kind === 'handovers') return encode(['handovers', question.above])
  if (question.kind === 'standing') return encode(['standing', question.address, question.nonce])
  if (question.kind === 'refusal') return encode(['refusal', question.transaction])
  return encode([question.kind])
}

/** Reads a question (`wrong-shape` and the codes of the reader). */
export function decodeQuestion(bytes: Uint8Array): Question {
  const items = asArray(decode(bytes), 'question')
  const kind = asText(items[0], 'question', 16)
  const length = { head: 1, recent: 1, waiting: 1, age: 1, block: 2, handovers: 2, refusal: 2, range: 3, standing: 3 }[kind]
  if (items.length !== length) throw wrongShape('question', 'head, range, block, recent, waiting, age, handovers, standing or refusal', kind)
  if (kind === 'range') return { kind, from: asUint(items[1], 'range from'), count: asUint(items[2], 'range count', RANGE_BLOCKS_MAX) }
  if (kind === 'refusal') return { kind, transaction: asBytes(items[1], 'refused transaction') }
  if (kind === 'block') return { kind, id: asBytes(items[1], 'block id', 32) }
  if (kind === 'handovers') return { kind, above: asUint(items[1], 'handovers above') }
  if (kind === 'standing') return { kind, address: asText(items[1], 'standing of', 64), nonce: asBytes(items[2], 'standing nonce', 16) }
  return { kind: kind as 'head' | 'recent' | 'waiting' | 'age' }
}

export function encodeHeadAnswer({ height, id, finalHeight }: HeadAnswer): Uint8Array {
  return encode([height, id, finalHeight])
}

export function decodeHeadAnswer(bytes: Uint8Array): HeadAnswer {
  const [height, id, finalHeight] = asArray(decode(bytes), 'head', 3)
  return { height: asUint(height, 'head height'), id: asBytes(id, 'head id', 32), finalHeight: asUint(finalHeight, 'head final height') }
}

/** A block as a node keeps it until it is final. */
export function encodeKept({ bytes, attachments }: { bytes: Uint8Array; attachments: { bytes: Uint8Array }[] }): Uint8Array {
  return encode([bytes, attachments.map((attachment) => attachment.bytes)])
}

export function decodeKept(bytes: Uint8Array): FullBlock {
  return fullBlockFromCbor(decode(bytes))
}

function fullBlockFromCbor(value: Cbor | undefined): FullBlock {
  const [block, attachments] = asArray(value, 'block', 2)
  return { bytes: asBytes(block, 'block'), attachments: bytesList(attachments, 'block attachments') }
}

export function encodeFullBlocks(blocks: FullBlock[]): Uint8Array {
  return encode(blocks.map(({ bytes, attachments }) => [bytes, attachments]))
}

export function decodeFullBlocks(bytes: Uint8Array): FullBlock[] {
  const items = asArray(decode(bytes), 'blocks')
  if (items.length > RANGE_BLOCKS_MAX) throw wrongShape('blocks', `at most ${RANGE_BLOCKS_MAX}`, items.length)
  return items.map(fullBlockFromCbor)
}

/** Votes and cosignatures that are not in blocks yet. */
export function encodeRecent({ votes, cosignatures }: { votes: Uint8Array[]; cosignatures: Uint8Array[] }): Uint8Array {
  return encode([votes, cosignatures])
}

export function decodeRecent(bytes: Uint8Array): { votes: Uint8Array[]; cosignatures: Uint8Array[] } {
  const [votes, cosignatures] = asArray(decode(bytes), 'recent', 2)
  return { votes: bytesList(votes, 'recent votes'), cosignatures: bytesList(cosignatures, 'recent cosignatures') }
}

/** Cosignatures of the checkpoints at which the set of authorities changed. */
export function encodeHandoversAnswer(cosignatures: Uint8Array[]): Uint8Array {
  return encode(cosignatures)
}

export function decodeHandoversAnswer(bytes: Uint8Array): Uint8Array[] {
  return bytesList(decode(bytes), 'handovers')
}

function bytesList(value: Cbor | undefined, what: string): Uint8Array[] {
  return asArray(value, what).map((item) => asBytes(item, what))
}

/** A new block is announced by its header and seal; whoever lacks it asks for the rest. */
export function encodeAnnouncement(headerBytes: Uint8Array, { keyNumber, signature }: StatementSignature): Uint8Array {
  return encode([1, headerBytes, keyNumber, signature])
}

export function decodeAnnouncement(bytes: Uint8Array): { headerBytes: Uint8Array; seal: StatementSignature } {
  const [version, headerBytes, keyNumber, signature] = asArray(decode(bytes), 'announcement', 4)
  asExactly(version, 1, 'announcement version')
  return { headerBytes: asBytes(headerBytes, 'announced header'), seal: { keyNumber: asUint(keyNumber, 'announced key number', 255), signature: asBytes(signature, 'announced seal') } }
}
