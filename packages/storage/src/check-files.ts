import { join } from 'node:path'
import { TelltaleError } from '@telltale/core'
import type { Disk } from './disk.ts'
import { readWhole } from './file-steps.ts'
import { FORMAT_FILE, readFormatBytes } from './format-file.ts'
import { CHECK_FOLDER, LOCK_FILE, ROWS_FOLDER, isStoreName } from './layout.ts'
import { inspectLevelFiles } from './level-files.ts'
import { SIGNED_SLOT_BYTES } from './limits.ts'
import { SIGNED_FILE, isSignedSlot, newestSlot, readSignedSlots } from './signed-file.ts'
import type { SignedSlot } from './signed-file.ts'
import type { ProblemList } from './store-problem.ts'

/** The single files of a store: names, format, lock. Returns the bytes read. */
export async function checkFiles(disk: Disk, directory: string, problems: ProblemList): Promise<number> {
  for (const name of await disk.list(directory)) {
    if (!isStoreName(name)) problems.add({ code: 'foreign-file', file: name, offset: 0, length: 0, what: 'file', expected: 'files of a store only', found: name })
  }
  const bytes = await readOrNothing(disk, join(directory, FORMAT_FILE))
  try {
    readFormatBytes(bytes)
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error
    problems.add({ code: error.code, file: FORMAT_FILE, offset: 0, length: bytes.length, what: 'format', expected: error.expected ?? 'a format', found: error.found ?? 'none' })
  }
  const lock = await disk.open(join(directory, LOCK_FILE), 'read')
  const lockBytes = await lock.length()
  await lock.close()
  if (lockBytes > 0) problems.add({ code: 'foreign-file', file: LOCK_FILE, offset: 0, length: lockBytes, what: 'lock', expected: 'an empty file', found: `${lockBytes} bytes` })
  return bytes.length + lockBytes
}

async function readOrNothing(disk: Disk, path: string): Promise<Uint8Array> {
  return (await disk.kindOf(path)) === 'file' ? readWhole(disk, path) : new Uint8Array(0)
}

/** Both slots of the file `signed`, also where one would be enough; the newest that holds. */
export async function checkSigned(disk: Disk, directory: string, problems: ProblemList): Promise<SignedSlot | null> {
  const bytes = await readOrNothing(disk, join(directory, SIGNED_FILE))
  const slots = readSignedSlots(bytes)
  slots.forEach((slot, index) => {
    if (isSignedSlot(slot)) return
    const place = { file: SIGNED_FILE, offset: index * SIGNED_SLOT_BYTES, length: SIGNED_SLOT_BYTES, what: `slot ${index}` }
    problems.add({ code: 'signed-state-damaged', ...place, expected: slot.expected, found: slot.found })
  })
  return newestSlot(slots)
}

/** Witnesses say how new the signed state must be, and it says how far the blocks must reach. */
export function checkWitnesses(
  problems: ProblemList,
  found: { signed: SignedSlot | null; signedSequence: number; blockSequences: number; acknowledged: number; attachmentFrames: number; attachmentSequences: number },
): void {
  const { signed } = found
  if (signed !== null && signed.sequence < found.signedSequence) {
    problems.add({ code: 'signed-state-damaged', file: SIGNED_FILE, offset: 0, length: 0, what: 'newest slot', expected: `a state written ${found.signedSequence} times`, found: `one written ${signed.sequence} times` })
  }
  if (found.acknowledged >= found.blockSequences) {
    problems.add({ code: 'segment-damaged', file: 'blocks', offset: 0, length: 0, what: 'lost end', expected: `frame ${found.acknowledged}, which was acknowledged`, found: `the end behind frame ${found.blockSequences - 1}` })
  }
  if (found.attachmentFrames >= found.attachmentSequences) {
    problems.add({ code: 'segment-damaged', file: 'attachments', offset: 0, length: 0, what: 'lost end', expected: `frame ${found.attachmentFrames}, which a block needs`, found: `the end behind frame ${found.attachmentSequences - 1}` })
  }
}

/** LevelDB's files, every byte that it would read. True where it may be opened. */
export async function checkRowFiles(disk: Disk, directory: string, problems: ProblemList): Promise<{ isWhole: boolean; bytes: number }> {
  const { damages, logs, foreign, bytes } = await inspectLevelFiles(disk, join(directory, ROWS_FOLDER))
  const torn = logs.flatMap(({ damage }) => (damage === null ? [] : [damage]))
  for (const { file, offset, what, expected, found } of [...damages, ...torn]) {
    problems.add({ code: 'row-damaged', file: `${ROWS_FOLDER}/${file}`, offset, length: 0, what, expected, found })
  }
  for (const name of foreign) problems.add({ code: 'foreign-file', file: `${ROWS_FOLDER}/${name}`, offset: 0, length: 0, what: 'file', expected: "LevelDB's files only", found: name })
  return { isWhole: damages.length + torn.length === 0, bytes }
}

/** What an earlier check left when its process ended. */
export async function removeCheckRows(disk: Disk, directory: string): Promise<void> {
  if ((await disk.kindOf(join(directory, CHECK_FOLDER))) !== null) await disk.removeDirectory(join(directory, CHECK_FOLDER))
}
