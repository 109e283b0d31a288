import { join } from 'node:path'
import { fail } from '@telltale/core'
import { MANIFEST_FILE, encodeManifest } from './backup-manifest.ts'
import type { BackupFile } from './backup-manifest.ts'
import { checkAttachments, checkBlocks, checkSide } from './check-logs.ts'
import { sha256 } from './checksum.ts'
import { createCodedDisk } from './coded-disk.ts'
import type { Disk } from './disk.ts'
import { copyFile } from './file-copy.ts'
import { createDurably, replaceDurably, withFile } from './file-steps.ts'
import type { IndexWriter } from './index-writer.ts'
import { FORMAT_NUMBER } from './limits.ts'
import { createNodeDisk } from './node-disk.ts'
import type { LogEnd } from './segment-log.ts'
import { LOG_NAMES, segmentDamaged, segmentFileName } from './segment-name.ts'
import type { LogName } from './segment-name.ts'
import { SIGNED_FILE, encodeSignedFile } from './signed-file.ts'
import type { DiskStore, StoreCapture } from './store.ts'
import { createProblemList } from './store-problem.ts'

export interface BackupReport {
  /** Height of the last block in the backup. */
  height: number
  files: number
  bytes: number
}

/**
 * Copies a store that goes on working, as it is at this moment, into an empty or missing directory: 1. its segments up to where they are
 * durable now, and what was signed by now; rows are left out, they can be rebuilt; 2. the copy is read and verified whole; 3. the file `backup`
 * with the length and SHA-256 of every file. A directory without that file is no backup. Attachments that are dropped meanwhile are
 * erased when it is done. Codes: `directory-not-empty`, `backup-running`, `segment-damaged`, those of the disk.
 */
export async function backupStore(store: DiskStore, target: string, options: { disk?: Disk; onProgress?: (bytes: number) => void } = {}): Promise<BackupReport> {
  const disk = createCodedDisk(options.disk ?? createNodeDisk())
  await refuseFull(disk, target)
  const capture = await store.capture()
  try {
    for (const log of LOG_NAMES) await disk.makeDirectory(join(target, log))
    const files: BackupFile[] = []
    let bytes = 0
    for (const { path, length } of await capturedFiles(disk, store.directory, capture)) {
      const copied = await copyFile(disk, join(store.directory, path), join(target, path), length)
      files.push({ path, ...copied })
      bytes += copied.length
      options.onProgress?.(bytes)
    }
    const signed = encodeSignedFile(capture.signed)
    await createDurably(disk, join(target, SIGNED_FILE), signed)
    const both = new Uint8Array(Buffer.concat(signed))
    files.push({ path: SIGNED_FILE, length: both.length, sha256: sha256(both) })
    for (const log of LOG_NAMES) await disk.syncDirectory(join(target, log))
    await verifyCopy(disk, target, capture)
    await replaceDurably(disk, join(target, MANIFEST_FILE), [encodeManifest({ format: FORMAT_NUMBER, network: store.network, height: capture.height, files })])
    return { height: capture.height, files: files.length, bytes: bytes + both.length }
  } finally {
    capture.release()
  }
}

async function refuseFull(disk: Disk, directory: string): Promise<void> {
  const names = (await disk.kindOf(directory)) === null ? [] : await disk.list(directory)
  if (names.length > 0) throw fail('directory-not-empty', `${directory} is not empty. Name an empty directory, or one that does not exist.`, { expected: 'an empty directory', found: names.slice(0, 5).join(', ') })
}

/** Files of the logs with the length that was durable: finished segments whole, the last up to its end. */
async function capturedFiles(disk: Disk, directory: string, capture: StoreCapture): Promise<{ path: string; length: number }[]> {
  const files: { path: string; length: number }[] = []
  const ends: Record<LogName, LogEnd> = { blocks: capture.blocks, attachments: capture.attachments, side: capture.side }
  for (const log of LOG_NAMES) {
    for (let segment = 0; segment <= ends[log].segment; segment++) {
      const generation = log === 'attachments' ? (capture.attachmentSegments[segment]?.generation ?? 0) : 0
      const path = `${log}/${segmentFileName({ segment, generation })}`
      const length = segment < ends[log].segment ? await withFile(disk, join(directory, path), 'read', (file) => file.length()) : ends[log].offset
      files.push({ path, length })
    }
  }
  return files
}

/** A backup of a damaged store would be none: the copy is held against every check before it is called one. */
async function verifyCopy(disk: Disk, target: string, capture: StoreCapture): Promise<void> {
  const problems = createProblemList()
  const check = { disk, directory: target, problems, index: NO_INDEX, later: [], held: null }
  await checkSide(check)
  const blocks = await checkBlocks(check)
  const attachments = await checkAttachments(check, blocks.nextSequence)
  const [problem] = problems.problems
  if (problem !== undefined) throw segmentDamaged(problem)
  const expected = `${capture.blocks.sequence - 1} frames of blocks and ${capture.attachments.sequence - 1} of attachments`
  const found = `${blocks.nextSequence - 1} and ${attachments.nextSequence - 1}`
  const isWhole = blocks.nextSequence === capture.blocks.sequence && attachments.nextSequence === capture.attachments.sequence
  if (!isWhole) throw segmentDamaged({ file: 'blocks', offset: 0, what: 'end of the log', expected, found })
}

const NO_INDEX: IndexWriter = {
  put: async () => undefined,
  remove: async () => undefined,
  flush: async () => undefined,
}
