import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { storeDirectory } from '../home/home.ts'
import { dropOldAttachments } from './old-attachments.ts'
import type { OldDropped } from './old-attachments.ts'
import { openHomeLedger } from './open-ledger.ts'

/** What was dropped, and the bytes of the files that hold attachments before and after. */
export interface DataDropped extends OldDropped {
  before: number
  after: number
}

export interface DropDataOptions {
  signal: AbortSignal
  onProgress?(blocks: number): void
}

/** Drops what the network keeps no longer from a data directory that nobody uses; no key is needed (the codes of `openHomeLedger` and `dropOldAttachments`). */
export async function dropOldData(directory: string, options: DropDataOptions): Promise<DataDropped> {
  const opened = await openHomeLedger(directory)
  try {
    return await measureDrop(directory, () => dropOldAttachments(opened.ledger, { ...options, rest: setImmediate }))
  } finally {
    await opened.close()
  }
}

/** Drops, and reads what the files took before and take afterwards. */
export async function measureDrop(directory: string, drop: () => Promise<OldDropped>): Promise<DataDropped> {
  const before = await attachmentFileBytes(directory)
  const dropped = await drop()
  return { ...dropped, before, after: await attachmentFileBytes(directory) }
}

async function attachmentFileBytes(directory: string): Promise<number> {
  const folder = join(storeDirectory(directory), 'attachments')
  let sum = 0
  // A file may be replaced by a smaller one at any time.
  for (const name of await readdir(folder)) sum += await stat(join(folder, name)).then(({ size }) => size, () => 0)
  return sum
}
