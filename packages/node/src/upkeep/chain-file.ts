import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { asArray, asBytes, asUint, asVersioned, decode, encode, fail, wrongShape } from '@telltale/core'
import type { Cbor, TelltaleError } from '@telltale/core'

/**
 * A file of final blocks (docs/formats.md): frames of length (4, big-endian), first 16 bytes of the SHA-256 of the content, content. The first is the head, then for each
 * block its attachments, the block, and its cosignatures, at last the end: so that neither a cut file nor a changed byte passes for a whole one.
 */
export type ChainItem =
  | { kind: 'head'; genesis: Uint8Array; height: number }
  | { kind: 'attachment'; bytes: Uint8Array }
  /** `dropped`: hashes of bodies that were dropped where the file was written. */
  | { kind: 'block'; bytes: Uint8Array; dropped: Uint8Array[] }
  | { kind: 'cosignatures'; cosignatures: Uint8Array[] }
  | { kind: 'end'; height: number }

const MAGIC = 'tt-chain'
const HEAD_BYTES = 20
const DIGEST_BYTES = 16
/** The largest block that a network may choose, and the rest of its frame. */
const FRAME_BYTES_MAX = 272_629_760

export function encodeChainItem(item: ChainItem): Uint8Array {
  const content = encode(itemToCbor(item))
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32BE(content.length)
  digestOf(content).copy(head, 4)
  return Buffer.concat([head, content])
}

function itemToCbor(item: ChainItem): Cbor[] {
  switch (item.kind) {
    case 'head':
      return [MAGIC, 1, item.genesis, item.height]
    case 'attachment':
      return [1, item.bytes]
    case 'block':
      return [2, item.bytes, item.dropped]
    case 'cosignatures':
      return [3, item.cosignatures]
    case 'end':
      return [4, item.height]
  }
}

function itemFromCbor(value: Cbor): ChainItem {
  const items = asArray(value, 'chain item')
  switch (items[0]) {
    case MAGIC: {
      const [, , genesis, height] = asVersioned(items, 'chain file', 4, 1)
      return { kind: 'head', genesis: asBytes(genesis, 'chain genesis'), height: asUint(height, 'chain height') }
    }
    case 1:
      return { kind: 'attachment', bytes: asBytes(asArray(items, 'chain attachment', 2)[1], 'chain attachment') }
    case 2: {
      const [, bytes, dropped] = asArray(items, 'chain block', 3)
      return { kind: 'block', bytes: asBytes(bytes, 'chain block'), dropped: asArray(dropped, 'dropped bodies').map((sha256) => asBytes(sha256, 'dropped body', 32)) }
    }
    case 3:
      return { kind: 'cosignatures', cosignatures: asArray(asArray(items, 'chain cosignatures', 2)[1], 'chain cosignatures').map((bytes) => asBytes(bytes, 'chain cosignature')) }
    case 4:
      return { kind: 'end', height: asUint(asArray(items, 'chain end', 2)[1], 'chain height') }
    default:
      throw wrongShape('chain item', 'a head, an attachment, a block, cosignatures or an end', items[0])
  }
}

/**
 * Reads a file item by item; `position` is where the next begins. The head comes first and the end last, and nothing behind it: `not-a-chain-file`, `chain-file-cut`,
 * `chain-file-damaged`. Each frame is held whole, and its length is believed only as far as the file reaches.
 */
export async function* readChainItems(file: FileHandle): AsyncGenerator<{ item: ChainItem; position: number; size: number }> {
  const { size } = await file.stat()
  let position = 0
  let isEnded = false
  while (position < size) {
    if (isEnded) throw damaged(position, 'nothing behind the end', `${size - position} bytes`)
    const { content, next } = await readFrame(file, position, size)
    const item = itemOf(content, position)
    if ((item.kind === 'head') !== (position === 0)) throw position === 0 ? notOurs() : damaged(position, 'one head', 'another')
    isEnded = item.kind === 'end'
    position = next
    yield { item, position, size }
  }
  if (size === 0) throw notOurs()
  if (!isEnded) throw cut(size, 'an end')
}

async function readFrame(file: FileHandle, position: number, size: number): Promise<{ content: Uint8Array; next: number }> {
  const head = await readExactly(file, position, HEAD_BYTES, size)
  const length = head.readUInt32BE()
  if (position === 0 && size > HEAD_BYTES && !isHeadOfOurs(await readExactly(file, HEAD_BYTES, Math.min(10, size - HEAD_BYTES), size))) throw notOurs()
  if (length > FRAME_BYTES_MAX) throw damaged(position, `at most ${FRAME_BYTES_MAX} bytes`, `${length} bytes`)
  const content = await readExactly(file, position + HEAD_BYTES, length, size)
  if (!digestOf(content).equals(head.subarray(4))) throw damaged(position, head.subarray(4).toString('hex'), digestOf(content).toString('hex'))
  return { content: new Uint8Array(content), next: position + HEAD_BYTES + length }
}

/** The content of the first frame begins with an array of four and the name of the format. */
function isHeadOfOurs(content: Buffer): boolean {
  return content.equals(Buffer.from([0x84, 0x68, ...Buffer.from(MAGIC)]).subarray(0, content.length))
}

function itemOf(content: Uint8Array, position: number): ChainItem {
  try {
    return itemFromCbor(decode(content))
  } catch (error) {
    // A version that is too new says so; everything else was written wrongly.
    if ((error as TelltaleError).code === 'unknown-version') throw error
    throw damaged(position, 'an item of a chain file', (error as Error).message)
  }
}

async function readExactly(file: FileHandle, position: number, length: number, size: number): Promise<Buffer> {
  if (position + length > size) throw cut(size, `${position + length} bytes`)
  const bytes = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done)
    if (bytesRead === 0) throw cut(position + done, `${position + length} bytes`)
    done += bytesRead
  }
  return bytes
}

function digestOf(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest().subarray(0, DIGEST_BYTES)
}

function notOurs(): TelltaleError {
  return fail('not-a-chain-file', 'This is no file that `telltale chain export` wrote.', { expected: 'a chain file', found: 'another file' })
}

function cut(size: number, expected: string): TelltaleError {
  return fail('chain-file-cut', `The file ends after ${size} bytes, before its end. What came before is kept; get the whole file, and import it again.`, { expected, found: `${size} bytes` })
}

function damaged(position: number, expected: string, found: string): TelltaleError {
  return fail('chain-file-damaged', `The file is damaged at byte ${position}. What came before is kept; get it anew, and import it again.`, { expected, found })
}
