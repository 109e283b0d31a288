import { join } from 'node:path'
import { asArray, asBytes, asUint, bytesToHex, decode, encode, equalBytes, fail, judge, wrongShape } from '@telltale/core'
import type { SignedState } from '@telltale/ledger'
import { digest16 } from './checksum.ts'
import type { Disk, DiskFile } from './disk.ts'
import { readWhole, writeFully } from './file-steps.ts'
import { readUint48, writeUint48 } from './frame.ts'
import type { Difference } from './frame.ts'
import { SIGNED_SLOT_BYTES } from './limits.ts'

/**
 * The file `signed`: two slots of 4,096 bytes, written in turn, each
 *
 *     0  4  mark "TTSG"
 *     4  2  zero
 *     6  6  sequence: rises by one with every write, 0 in a new store
 *    12 16  digest: first 16 bytes of the SHA-256 over bytes 0 to 11 and 28 to the end
 *    28  4  length of the state, 0 where nothing was ever signed
 *    32     cbor [sealed height + 1, sealed id, size, log root, issued at in seconds, block sequence, and where votes were cast: source height, target height,
 *           target id], then zeros
 *
 * A write that is torn spoils the slot that it was meant for and leaves the other, which is older; the signature had not left by then. A slot
 * that spoils later would lower the state without a word: so both are made equal whenever the store opens and closes, and the frames
 * of the logs bear the sequence, as witnesses.
 */
export interface SignedSlot {
  sequence: number
  state: SignedState | null
  /** Last frame of the log of blocks that was durable when this was written. */
  blockSequence: number
}

export interface SignedFile {
  readonly slot: SignedSlot
  /** Durable when it resolves; the other slot is not touched. */
  write(state: SignedState, blockSequence: number): Promise<void>
  /** Brings both slots to the newest state. */
  settle(): Promise<void>
  close(): Promise<void>
}

export const SIGNED_FILE = 'signed'

const MARK = Uint8Array.of(0x54, 0x54, 0x53, 0x47)
const STATE_AT = 32

function encodeSignedSlot({ sequence, state, blockSequence }: SignedSlot): Uint8Array {
  const slot = new Uint8Array(SIGNED_SLOT_BYTES)
  const view = new DataView(slot.buffer)
  slot.set(MARK, 0)
  writeUint48(view, 6, sequence)
  if (state !== null) {
    const voted = state.voted ? [state.voted.sourceHeight, state.voted.targetHeight, state.voted.targetId] : []
    const bytes = encode([state.sealedHeight + 1, state.sealedId, state.size, state.logRoot, state.issuedAtSeconds, blockSequence, ...voted])
    view.setUint32(28, bytes.length)
    slot.set(bytes, STATE_AT)
  }
  slot.set(slotDigest(slot), 12)
  return slot
}

function slotDigest(slot: Uint8Array): Uint8Array {
  return digest16([slot.subarray(0, 12), slot.subarray(28)])
}

/** The slot that the bytes hold, or why they hold none. */
function readSignedSlot(bytes: Uint8Array): SignedSlot | Difference {
  if (bytes.length !== SIGNED_SLOT_BYTES || !equalBytes(bytes.subarray(0, 4), MARK)) {
    return { expected: `a slot of ${SIGNED_SLOT_BYTES} bytes with the mark ${bytesToHex(MARK)}`, found: `${bytes.length} bytes, ${bytesToHex(bytes.subarray(0, 4))}` }
  }
  const digest = slotDigest(bytes)
  if (!equalBytes(digest, bytes.subarray(12, 28))) return { expected: `a slot with the digest ${bytesToHex(bytes.subarray(12, 28))}`, found: bytesToHex(digest) }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const sequence = readUint48(view, 6)
  const length = view.getUint32(28)
  if (length === 0) return { sequence, state: null, blockSequence: 0 }
  const read = judge(() => readState(bytes.slice(STATE_AT, STATE_AT + length)))
  return read.ok ? { sequence, ...read.value } : { expected: 'a signed state', found: read.verdict.message }
}

function readState(bytes: Uint8Array): { state: SignedState; blockSequence: number } {
  const items = asArray(decode(bytes), 'a signed state')
  const [height, sealedId, size, logRoot, issuedAtSeconds, blockSequence, sourceHeight, targetHeight, targetId] = items
  if (items.length !== 6 && items.length !== 9) throw wrongShape('a signed state', '6 or 9 items', items.length)
  const voted = items.length === 6 ? {} : { voted: { sourceHeight: asUint(sourceHeight, 'the source of the vote'), targetHeight: asUint(targetHeight, 'the target of the vote'), targetId: asBytes(targetId, 'the target of the vote') } }
  return {
    state: {
      sealedHeight: asUint(height, 'the sealed height') - 1,
      sealedId: asBytes(sealedId, 'the sealed id'),
      size: asUint(size, 'the size'),
      logRoot: asBytes(logRoot, 'the log root'),
      issuedAtSeconds: asUint(issuedAtSeconds, 'the time'),
      ...voted,
    },
    blockSequence: asUint(blockSequence, 'the block sequence'),
  }
}

export function isSignedSlot(slot: SignedSlot | Difference): slot is SignedSlot {
  return 'sequence' in slot
}

/** Both slots of a file's bytes, in order. */
export function readSignedSlots(bytes: Uint8Array): (SignedSlot | Difference)[] {
  return [bytes.subarray(0, SIGNED_SLOT_BYTES), bytes.subarray(SIGNED_SLOT_BYTES)].map(readSignedSlot)
}

/** The newer of two slots; null where neither holds. */
export function newestSlot(slots: readonly (SignedSlot | Difference)[]): SignedSlot | null {
  return slots.filter(isSignedSlot).reduce<SignedSlot | null>((newest, slot) => (newest === null || slot.sequence > newest.sequence ? slot : newest), null)
}

/** The whole file for a slot: both hold the same. */
export function encodeSignedFile(slot: SignedSlot): Uint8Array[] {
  const bytes = encodeSignedSlot(slot)
  return [bytes, bytes]
}

/** What the file in a directory holds (`signed-state-damaged` where it is missing or neither slot holds). */
export async function readSignedFile(disk: Disk, directory: string): Promise<SignedSlot> {
  const path = join(directory, SIGNED_FILE)
  const bytes = (await disk.kindOf(path)) === 'file' ? await readWhole(disk, path) : new Uint8Array(0)
  const slots = readSignedSlots(bytes)
  const newest = newestSlot(slots)
  if (newest === null) throw signedDamaged((slots[0] as Difference).expected, (slots[0] as Difference).found)
  return newest
}

export function signedDamaged(expected: string, found: string): ReturnType<typeof fail> {
  return fail('signed-state-damaged', `The file "${SIGNED_FILE}", which keeps this node from signing twice, is damaged: expected ${expected}, found ${found}. Run "telltale store repair --accept-loss" once you know what this node signed last.`, { expected, found })
}

/** Opens the file and brings both slots to the newest state. */
export async function openSignedFile(disk: Disk, directory: string): Promise<SignedFile> {
  let slot = await readSignedFile(disk, directory)
  const file = await disk.open(join(directory, SIGNED_FILE), 'change')
  const signed: SignedFile = {
    get slot() {
      return slot
    },
    write: async (state, blockSequence) => {
      const next = { sequence: slot.sequence + 1, state, blockSequence }
      await writeSlot(file, next.sequence % 2, encodeSignedSlot(next))
      slot = next
    },
    settle: async () => {
      const bytes = encodeSignedSlot(slot)
      // Also where they seem equal: after a sync that failed the newest may be in memory only. The other slot follows when this one is durable.
      for (const index of [slot.sequence % 2, 1 - (slot.sequence % 2)]) await writeSlot(file, index, bytes)
      if ((await file.length()) > 2 * SIGNED_SLOT_BYTES) await file.truncate(2 * SIGNED_SLOT_BYTES)
    },
    close: () => file.close(),
  }
  await signed.settle()
  return signed
}

async function writeSlot(file: DiskFile, index: number, bytes: Uint8Array): Promise<void> {
  await writeFully(file, [bytes], index * SIGNED_SLOT_BYTES)
  await file.sync()
}

/**
 * Refuses a state that says less than the one before it (`would-lower-signed-state`): an authority that forgot what it signed could be made
 * to sign against itself.
 */
export function refuseLowerSigned(before: SignedState | null, next: SignedState | null): void {
  if (before === null) return
  const expected = describeSigned(before)
  const found = next === null ? 'nothing signed' : describeSigned(next)
  const isLower = next === null || next.sealedHeight < before.sealedHeight || next.size < before.size || next.issuedAtSeconds < before.issuedAtSeconds || isVoteLower(before.voted, next.voted)
  if (isLower) throw fail('would-lower-signed-state', `This would forget what this node signed: it signed ${expected}, and would then say ${found}.`, { expected: `at least ${expected}`, found })
  if (next.size === before.size && !equalBytes(next.logRoot, before.logRoot)) {
    throw fail('would-lower-signed-state', `This node signed another log of ${before.size} transactions already.`, { expected: bytesToHex(before.logRoot), found: bytesToHex(next.logRoot) })
  }
}

function isVoteLower(before: SignedState['voted'], next: SignedState['voted']): boolean {
  if (!before) return false
  return !next || next.targetHeight < before.targetHeight || next.sourceHeight < before.sourceHeight || (next.targetHeight === before.targetHeight && !equalBytes(next.targetId, before.targetId))
}

function describeSigned(state: SignedState): string {
  const voted = state.voted ? `, vote from ${state.voted.sourceHeight} to ${state.voted.targetHeight}` : ''
  return `block ${state.sealedHeight}, log size ${state.size}, time ${state.issuedAtSeconds}${voted}`
}
