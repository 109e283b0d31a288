import { bytesToHex, concatBytes, equalBytes, fail } from '@telltale/core'
import { digest16, sha256 } from './checksum.ts'
import { FRAME } from './frame.ts'
import type { Difference, FrameDraft, FrameHead } from './frame.ts'
import { ATTACHMENTS_FRAME_BYTES_MAX, ATTACHMENTS_FRAME_COUNT_MAX, STORED_ATTACHMENT_BYTES_MAX } from './limits.ts'

/**
 * A frame of attachments: a table [count (4), count times [key (16), state (1), length (3)]], then the bodies in the same order. The
 * frame's digest covers the table, and the table the bodies, so that nothing is hashed twice. State 0: the body follows; 1: it was removed
 * when the segment was rewritten. A body that was dropped but not removed yet consists of zeros. In format 1 the table had whole hashes.
 */
export interface AttachmentEntry {
  key: Uint8Array
  isRemoved: boolean
  /** Length of the body when it was stored. */
  length: number
  /** Where the body begins, from the start of the contents; that of a removed one has no bytes there. */
  at: number
}

const COUNT_BYTES = 4
const KEY_BYTES = 16
const HASH_BYTES = 32
/** State and length. */
const FACTS_BYTES = 4
const ENTRY_BYTES = KEY_BYTES + FACTS_BYTES

/**
 * What an attachment is called in frames and rows: the first 16 bytes of its SHA-256, as long as the digest of a frame, so that a changed body is found as
 * surely as a changed block. Whoever asks for an attachment names the whole hash, and what is read is held against all of it.
 */
export function attachmentKey(sha256: Uint8Array): Uint8Array {
  return sha256.subarray(0, KEY_BYTES)
}

export interface AttachmentBody {
  key: Uint8Array
  /** Null where it was removed: `length` tells how long it was. */
  bytes: Uint8Array | null
  length: number
}

/** The attachments of one frame after the other. */
export function attachmentGroups(bodies: readonly AttachmentBody[]): AttachmentBody[][] {
  const groups: AttachmentBody[][] = []
  let group: AttachmentBody[] = []
  let groupBytes = 0
  for (const body of bodies) {
    if (group.length > 0 && (group.length === ATTACHMENTS_FRAME_COUNT_MAX || groupBytes + body.length > ATTACHMENTS_FRAME_BYTES_MAX)) {
      groups.push(group)
      group = []
      groupBytes = 0
    }
    group.push(body)
    groupBytes += body.length
  }
  if (group.length > 0) groups.push(group)
  return groups
}

/** A frame of attachments that came with the block whose frame has the sequence `reference`. */
export function attachmentDraft(bodies: readonly AttachmentBody[], reference: number): FrameDraft {
  const table = new Uint8Array(COUNT_BYTES + bodies.length * ENTRY_BYTES)
  const view = new DataView(table.buffer)
  view.setUint32(0, bodies.length)
  bodies.forEach((body, index) => {
    const at = COUNT_BYTES + index * ENTRY_BYTES
    table.set(body.key, at)
    view.setUint32(at + KEY_BYTES, body.length)
    table[at + KEY_BYTES] = body.bytes === null ? 1 : 0
  })
  return { kind: FRAME.attachments, reference, contents: [table, concatBytes(...bodies.flatMap(({ bytes }) => (bytes === null ? [] : [bytes])))], digest: digest16([table]) }
}

/** Body offsets from the start of a frame's contents, in the order of `bodies`. */
export function bodyOffsets(bodies: readonly AttachmentBody[]): number[] {
  let at = COUNT_BYTES + bodies.length * ENTRY_BYTES
  return bodies.map(({ bytes }) => {
    const start = at
    at += bytes?.length ?? 0
    return start
  })
}

/** Whether a frame, of any format, holds attachments. */
export function isAttachments({ kind }: FrameHead): boolean {
  return kind === FRAME.attachments || kind === FRAME.attachmentsWhole
}

/** Whether a frame, of any format, marks attachments as dropped. */
export function isDropped({ kind }: FrameHead): boolean {
  return kind === FRAME.dropped || kind === FRAME.droppedWhole
}

/** The entries of a frame's table, or what is wrong with the table. Bodies are not looked at. */
export function readAttachmentTable(head: FrameHead, contents: Uint8Array): AttachmentEntry[] | Difference {
  const view = new DataView(contents.buffer, contents.byteOffset, contents.length)
  const count = contents.length < COUNT_BYTES ? 0 : view.getUint32(0)
  const hashBytes = head.kind === FRAME.attachmentsWhole ? HASH_BYTES : KEY_BYTES
  const entryBytes = hashBytes + FACTS_BYTES
  const tableBytes = COUNT_BYTES + count * entryBytes
  if (tableBytes > contents.length || count === 0) return { expected: 'a table of attachments', found: `${count} entries in ${contents.length} bytes` }
  const digest = digest16([contents.subarray(0, tableBytes)])
  if (!equalBytes(digest, head.digest)) return { expected: `a table with the digest ${bytesToHex(head.digest)}`, found: bytesToHex(digest) }
  const entries: AttachmentEntry[] = []
  let at = tableBytes
  for (let i = 0; i < count; i++) {
    const start = COUNT_BYTES + i * entryBytes
    const facts = start + hashBytes
    const isRemoved = contents[facts] === 1
    const length = view.getUint32(facts) % 0x100_0000
    entries.push({ key: contents.slice(start, start + KEY_BYTES), isRemoved, length, at })
    if (!isRemoved) at += length
  }
  return at === contents.length ? entries : { expected: `${at} bytes of table and bodies`, found: String(contents.length) }
}

export type BodyState = 'whole' | 'zeros' | 'damaged'

/** What became of a body: zeros mean that it was dropped, if something says so. */
export function bodyState(entry: AttachmentEntry, body: Uint8Array): BodyState {
  if (equalBytes(attachmentKey(sha256(body)), entry.key)) return 'whole'
  return body.every((byte) => byte === 0) ? 'zeros' : 'damaged'
}

/** Marks attachments as dropped: contents are their keys, in format 1 their hashes. */
export function droppedDraft(keys: readonly Uint8Array[]): FrameDraft {
  return { kind: FRAME.dropped, reference: 0, contents: [...keys] }
}

/** The keys of those that were dropped. */
export function readDropped({ kind }: FrameHead, contents: Uint8Array): Uint8Array[] {
  const step = kind === FRAME.droppedWhole ? HASH_BYTES : KEY_BYTES
  const keys: Uint8Array[] = []
  for (let at = 0; at + step <= contents.length; at += step) keys.push(contents.slice(at, at + KEY_BYTES))
  return keys
}

/** Refuses attachments that are too long or not what their hash says (`attachment-too-large`, `attachment-hash-mismatch`). */
export function checkAttachment(attachment: { sha256: Uint8Array; bytes: Uint8Array }): void {
  if (attachment.bytes.length > STORED_ATTACHMENT_BYTES_MAX) {
    throw fail('attachment-too-large', 'An attachment is too long to be stored.', { expected: `at most ${STORED_ATTACHMENT_BYTES_MAX} bytes`, found: String(attachment.bytes.length) })
  }
  const found = sha256(attachment.bytes)
  if (!equalBytes(found, attachment.sha256)) {
    throw fail('attachment-hash-mismatch', 'An attachment is not what its hash says.', { expected: bytesToHex(attachment.sha256), found: bytesToHex(found) })
  }
}
