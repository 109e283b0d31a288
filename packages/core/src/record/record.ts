import type { Cbor } from '../encoding/cbor.ts'
import { asArray, asBytes, asNullable, asUint, wrongShape } from '../encoding/shape.ts'
import { ATTACHMENT_BYTES_MAX, RECORD_READINGS_MAX } from '../limits.ts'

/** Bytes a transaction refers to; they travel beside it and can be dropped without harming a proof. */
export interface AttachmentReference {
  sha256: Uint8Array
  length: number
}

/** 0 wall: Unix milliseconds; 1 boot: milliseconds since the device started; 2 unknown. */
export type Clock = 0 | 1 | 2

/** What an open record says about its body outside of it. */
export interface Clear {
  clock: Clock
  firstMs: number
  durationMs: number
  count: number
}

/** The arguments of call 16. A record is open (`clear`) or sealed (`epoch`). */
export interface RecordArgs {
  /** Id of the previous transaction of the stream; 32 zero bytes for the first. */
  previous: Uint8Array
  /** Six random bytes a start of the device. */
  boot: Uint8Array
  content: { kind: 'open'; clear: Clear } | { kind: 'sealed'; epoch: number }
  body: AttachmentReference
  /** Id of a transaction already in the log: "observed after". */
  cites: Uint8Array | null
}

export const NO_PREVIOUS: Uint8Array = new Uint8Array(32)

export function recordArgsToCbor(record: RecordArgs): Cbor[] {
  const { content, body } = record
  const inner = content.kind === 'sealed' ? content.epoch : clearToCbor(content.clear)
  return [record.previous, record.boot, inner, attachmentToCbor(body), record.cites]
}

/** Reads the arguments of a record (`wrong-shape`). */
export function recordArgsFromCbor(args: Cbor[]): RecordArgs {
  const [previous, boot, inner, body, cites] = asArray(args, 'record', 5)
  return {
    previous: asBytes(previous, 'record previous', 32),
    boot: asBytes(boot, 'record boot', 6),
    content: typeof inner === 'number' ? { kind: 'sealed', epoch: asUint(inner, 'record epoch', 0xffff_ffff) } : { kind: 'open', clear: clearFromCbor(inner) },
    body: attachmentFromCbor(body, 'record body'),
    cites: asNullable(cites, (value) => asBytes(value, 'record cites', 32)),
  }
}

export function clearToCbor(clear: Clear): Cbor[] {
  return [clear.clock, clear.firstMs, clear.durationMs, clear.count]
}

export function clearFromCbor(value: Cbor | undefined): Clear {
  const [clock, firstMs, durationMs, count] = asArray(value, 'record times', 4)
  if (clock !== 0 && clock !== 1 && clock !== 2) throw wrongShape('record clock', '0, 1 or 2', clock)
  return {
    clock,
    firstMs: asUint(firstMs, 'record first time', 2 ** 48),
    durationMs: asUint(durationMs, 'record duration', 2 ** 48),
    count: asUint(count, 'record count', RECORD_READINGS_MAX),
  }
}

export function attachmentToCbor(reference: AttachmentReference): Cbor[] {
  return [reference.sha256, reference.length]
}

export function attachmentFromCbor(value: Cbor | undefined, what: string): AttachmentReference {
  const [sha256, length] = asArray(value, what, 2)
  return { sha256: asBytes(sha256, `${what} hash`, 32), length: asUint(length, `${what} length`, ATTACHMENT_BYTES_MAX) }
}

/** Leaf of a stream's record tree: cbor [height, block time, id]. */
export function recordLeaf(height: number, timeMs: number, id: Uint8Array): Cbor[] {
  return [height, timeMs, id]
}
