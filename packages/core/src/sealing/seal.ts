import { assert } from '../assert.ts'
import { equalBytes } from '../bytes/compare.ts'
import { concatBytes } from '../bytes/concat.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { Cbor } from '../encoding/cbor.ts'
import { decode } from '../encoding/reader.ts'
import { asArray, asBytes } from '../encoding/shape.ts'
import { textToBytes } from '../encoding/utf8.ts'
import { encode } from '../encoding/writer.ts'
import { fail, judge } from '../errors.ts'
import type { Judged } from '../errors.ts'
import { clearFromCbor, clearToCbor } from '../record/record.ts'
import type { Clear } from '../record/record.ts'
import { expandKey, sealContextToBytes } from './key-tree.ts'
import type { SealContext } from './key-tree.ts'

/** Where a sealed record stands; part of what is authenticated, so that a body cannot be moved to another record. */
export interface SealedPlace {
  context: SealContext
  /** Sequence of the record's transaction in its stream: the number its key has in the tree. */
  sequence: number
  /** Id of the previous transaction of the stream, 32 bytes. */
  previous: Uint8Array
  /** The six random bytes of the device's start. */
  boot: Uint8Array
}

/** What a sealed record hides. */
export interface SealedContent {
  clear: Clear
  /** The SenML array. */
  readings: Cbor
}

/** Lengths say something about the content; in steps of 128 bytes they say little. */
const SEALED_BLOCK_BYTES = 128

const NONCE = new Uint8Array(12)
const SIV_LABEL = textToBytes('siv')
const ENCRYPTION_LABEL = textToBytes('enc')

/**
 * The body of a sealed record: cbor [siv (32), box]. AES-GCM alone does not commit to its key, and a device that lost its state would use a key twice; so the
 * encryption key depends on a hash of the content (a synthetic IV), which every opener computes again. The same content at the same place gives the same bytes.
 */
export function sealRecord(recordKey: Uint8Array, place: SealedPlace, content: SealedContent, primitives: Primitives): Uint8Array {
  const padded = pad(encode([...clearToCbor(content.clear), content.readings]))
  const siv = syntheticIv(recordKey, place, padded, primitives)
  return encode([siv, primitives.aesGcmSeal(encryptionKey(recordKey, siv, primitives), NONCE, padded)])
}

/**
 * Opens a sealed body with the key of its record. Verdicts: `malformed-body` (not what a sealed record looks like, outside or inside), `cannot-open` (another
 * key, or bytes were changed), `siv-mismatch` (it opens, but was not sealed with this key at this place: made to read differently for somebody else).
 */
export function openRecord(recordKey: Uint8Array, place: SealedPlace, body: Uint8Array, primitives: Primitives): Judged<SealedContent> {
  const sealed = judgeBody(() => readSealed(body))
  if (!sealed.ok) return sealed
  const { siv, box } = sealed.value
  const padded = primitives.aesGcmOpen(encryptionKey(recordKey, siv, primitives), NONCE, box)
  if (!padded) {
    return { ok: false, verdict: { code: 'cannot-open', message: 'The sealed body does not open with this key: it is the key of another record, or bytes were changed.', expected: 'the key and the bytes of this record', found: 'others' } }
  }
  if (!equalBytes(siv, syntheticIv(recordKey, place, padded, primitives))) {
    return { ok: false, verdict: { code: 'siv-mismatch', message: 'The sealed body opens, but its content was not sealed with this key at this place: it may read differently for somebody else. Do not rely on it.', expected: 'the synthetic IV of this content', found: 'another' } }
  }
  return judgeBody(() => readPadded(padded))
}

/** HMAC-SHA-256 over cbor [aad, padded], both as byte strings; aad = cbor [context, sequence, previous, boot] with the context as byte string. */
function syntheticIv(recordKey: Uint8Array, place: SealedPlace, padded: Uint8Array, primitives: Primitives): Uint8Array {
  assert(place.previous.length === 32 && place.boot.length === 6, 'previous has 32 bytes and boot 6')
  const aad = encode([sealContextToBytes(place.context), place.sequence, place.previous, place.boot])
  return primitives.hmacSha256(expandKey(recordKey, SIV_LABEL, primitives), encode([aad, padded]))
}

function encryptionKey(recordKey: Uint8Array, siv: Uint8Array, primitives: Primitives): Uint8Array {
  return expandKey(recordKey, concatBytes(ENCRYPTION_LABEL, siv), primitives)
}

/** The fewest zeros that reach a multiple of the block. */
function pad(content: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(content.length / SEALED_BLOCK_BYTES) * SEALED_BLOCK_BYTES)
  padded.set(content)
  return padded
}

function readSealed(body: Uint8Array): { siv: Uint8Array; box: Uint8Array } {
  const [siv, box] = asArray(decode(body), 'sealed body', 2)
  const bytes = asBytes(box, 'box of a sealed body')
  if (bytes.length <= 16 || (bytes.length - 16) % SEALED_BLOCK_BYTES !== 0) {
    throw fail('wrong-shape', `The box has ${bytes.length} bytes.`, { expected: `a multiple of ${SEALED_BLOCK_BYTES} bytes and 16 more`, found: `${bytes.length} bytes` })
  }
  return { siv: asBytes(siv, 'synthetic IV', 32), box: bytes }
}

function readPadded(padded: Uint8Array): SealedContent {
  const length = itemLength(padded)
  const padding = padded.subarray(length)
  if (padding.length >= SEALED_BLOCK_BYTES || padding.some((byte) => byte !== 0)) {
    throw fail('wrong-shape', 'The padding of the content is not the fewest zeros.', { expected: `fewer than ${SEALED_BLOCK_BYTES} zeros`, found: `${padding.length} other bytes` })
  }
  const [clock, firstMs, durationMs, count, readings] = asArray(decode(padded.subarray(0, length)), 'sealed content', 5)
  return { clear: clearFromCbor([clock, firstMs, durationMs, count] as Cbor[]), readings: readings as Cbor }
}

/**
 * Length of the first CBOR item, from its heads alone: its own last bytes may be zeros, so padding cannot be found from the end. CBOR is prefix-free, so the
 * answer is unique; `decode` then checks the item itself. Something that is no item reaches beyond the end and is refused there.
 */
function itemLength(bytes: Uint8Array): number {
  let at = 0
  for (let items = 1; items > 0 && at < bytes.length; items--) {
    const initial = bytes[at] as number
    const info = initial & 31
    const width = info < 24 ? 0 : 1 << (info - 24)
    let argument = width === 0 ? info : 0
    for (let i = 1; i <= width; i++) argument = argument * 256 + (bytes[at + i] ?? 0)
    at += 1 + width
    const major = initial >> 5
    if (major === 2 || major === 3) at += argument
    else if (major === 4) items += argument
    else if (major === 5) items += 2 * argument
    else if (major === 6) items += 1
  }
  return Math.min(at, bytes.length)
}

/** Every flaw of form has one code here; what exactly it was stands in `found`. */
function judgeBody<T>(read: () => T): Judged<T> {
  const judged = judge(read)
  if (judged.ok) return judged
  return { ok: false, verdict: { code: 'malformed-body', message: `The sealed body is not in the form of one: ${judged.verdict.message}`, expected: judged.verdict.expected ?? 'a sealed body', found: judged.verdict.code } }
}
