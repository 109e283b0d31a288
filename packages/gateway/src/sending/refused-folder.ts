import { join } from 'node:path'
import { decodeTransaction, encodeRefused, isName } from '@telltale/core'
import type { Submission } from '@telltale/core'
import { writeFully } from '../disk.ts'
import type { Disk } from '../disk.ts'
import type { Outcome, WaitingRecord } from '../outbox/state.ts'

/** A folder with one file for each record that an authority refused for good: what it held may be all there is of it. */
export interface RefusedFolder {
  /** Durable when it resolves; keeping the same again changes nothing. */
  keep(record: WaitingRecord, submission: Submission, refused: Extract<Outcome, { status: 'refused' }>): Promise<void>
}

const SUFFIX = '.refused'

/** `DEVICE-STREAM-SEQUENCE-ID.refused`, each as devices keep their own (`refused-transaction` of docs/formats.md). */
export async function openRefusedFolder(disk: Disk, folder: string): Promise<RefusedFolder> {
  await disk.makeDirectory(folder)
  return {
    async keep({ id, iss, sub, sequence }, { bytes, attachments }, { code, message, refusal }) {
      const path = join(folder, `${iss}-${isName(sub) ? sub : 'other'}-${sequence}-${id.slice(0, 16)}${SUFFIX}`)
      const content = encodeRefused({ sub: decodeTransaction(bytes).sub, sequence, bytes, attachments, code, message, refusal })
      await replaceDurably(disk, folder, path, content)
    },
  }
}

/** 1. a temporary file beside it, synced; 2. renamed over it; 3. the folder synced. */
async function replaceDurably(disk: Disk, folder: string, path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.new`
  if ((await disk.kindOf(temporary)) !== null) await disk.remove(temporary)
  const file = await disk.open(temporary, 'create')
  try {
    await writeFully(file, [content], 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.rename(temporary, path)
  await disk.syncDirectory(folder)
}
