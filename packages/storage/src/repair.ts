import { join } from 'node:path'
import { TelltaleError } from '@telltale/core'
import { createCodedDisk } from './coded-disk.ts'
import type { Disk } from './disk.ts'
import { replaceDurably } from './file-steps.ts'
import { readFormatFile, writeFormatFile } from './format-file.ts'
import type { StoreFormat } from './format-file.ts'
import { ROWS_FOLDER, lockStore, raiseFormat, refuseNoStore } from './layout.ts'
import { inspectLevelFiles } from './level-files.ts'
import { createLevelRowsHome } from './level-rows.ts'
import { FORMAT_NUMBER } from './limits.ts'
import { readLogsRow } from './log-index.ts'
import type { LogsRow } from './log-index.ts'
import { createNodeDisk } from './node-disk.ts'
import { repairLog } from './repair-log.ts'
import type { LogRepair, RepairContext } from './repair-log.ts'
import { findLog, lastSequenceOf, missingSegment } from './repair-scan.ts'
import type { FoundLog } from './repair-scan.ts'
import { verifyBackup } from './restore.ts'
import type { RowsHome } from './rows.ts'
import { LOG_NAMES } from './segment-name.ts'
import { SIGNED_FILE, encodeSignedFile, readSignedFile } from './signed-file.ts'
import type { SignedSlot } from './signed-file.ts'

export interface RepairOptions {
  disk?: Disk
  rows?: RowsHome
  /**
   * Gives up what is neither in the store nor in the backup: blocks from the first that is lost on, attachments, and what this node signed.
   * A node that forgets what it signed can be made to sign against itself: only for one that is stopped for good, or after asking the others.
   */
  acceptLoss?: boolean
}

export interface RepairReport {
  repaired: string[]
  /** What is gone. Without `acceptLoss` the places stay as they are. */
  lost: string[]
  /** Whether the store can be opened now. */
  isWhole: boolean
}

/**
 * Repairs a store that nobody has open: damaged frames come from a backup of the same store where their numbers fit, rows are forgotten so that
 * they are rebuilt, and what is lost is told. Codes: `no-store`, `not-a-store`, `store-in-use`, `not-a-backup`, `backup-damaged`, `store-too-new`.
 */
export async function repairStore(directory: string, backup: string | null, options: RepairOptions = {}): Promise<RepairReport> {
  const disk = createCodedDisk(options.disk ?? createNodeDisk())
  await refuseNoStore(disk, directory)
  const manifest = backup === null ? null : await verifyBackup(disk, backup)
  const home = options.rows ?? createLevelRowsHome(disk)
  const context: RepairContext = { disk, directory, backup, acceptLoss: options.acceptLoss ?? false }
  const report: RepairReport = { repaired: [], lost: [], isWhole: true }
  const lock = await lockStore(disk, directory)
  try {
    const format = await readableFormat(disk, directory)
    if (format !== null) await raiseFormat(disk, directory, format)
    else {
      await writeFormatFile(disk, directory, { number: FORMAT_NUMBER, network: manifest?.network ?? null })
      report.repaired.push('format: written anew')
    }
    const held = await readHeld(disk, home, directory)
    const signed = await readSignedFile(disk, directory).catch(() => null)
    await repairLogs(context, report, { held, signed })
    if (report.isWhole) {
      await home.remove(join(directory, ROWS_FOLDER))
      report.repaired.push('rows: forgotten, they are rebuilt when the store is opened')
    }
    return report
  } finally {
    await lock.release()
  }
}

/** Null where there is none, or a damaged one. */
async function readableFormat(disk: Disk, directory: string): Promise<StoreFormat | null> {
  try {
    return await readFormatFile(disk, directory)
  } catch (error) {
    if (error instanceof TelltaleError && error.code === 'format-file-damaged') return null
    throw error
  }
}

/** How far the logs reached, as the index knows it; null where it cannot be read. */
async function readHeld(disk: Disk, home: RowsHome, directory: string): Promise<LogsRow | null> {
  const path = join(directory, ROWS_FOLDER)
  const { damages } = await inspectLevelFiles(disk, path)
  if (damages.length > 0) return null
  const rows = await home.open(path, () => undefined)
  try {
    return readLogsRow(rows)
  } catch (error) {
    if (error instanceof TelltaleError) return null
    throw error
  } finally {
    await rows.close()
  }
}

async function repairLogs(context: RepairContext, report: RepairReport, known: { held: LogsRow | null; signed: SignedSlot | null }): Promise<void> {
  const { disk, directory } = context
  const { held, signed } = known
  const [blocks, attachments, side] = (await Promise.all(LOG_NAMES.map((log) => findOrBegin(disk, directory, log)))) as [FoundLog, FoundLog, FoundLog]
  const blockLast = Math.max(lastSequenceOf(blocks), side.blockSequence, signed?.blockSequence ?? 0, (held?.blocks.sequence ?? 1) - 1)
  const attachmentLast = Math.max(lastSequenceOf(attachments), blocks.attachmentSequence, (held?.attachments.sequence ?? 1) - 1)
  const sideLast = Math.max(lastSequenceOf(side), (held?.side.sequence ?? 1) - 1)
  const repairs = [await repairLog(context, blocks, blockLast), await repairLog(context, attachments, attachmentLast), await repairLog(context, side, sideLast)]
  for (const { repaired, lost } of repairs) {
    report.repaired.push(...repaired)
    report.lost.push(...lost)
  }
  report.isWhole = context.acceptLoss || repairs.every((repair, index) => isWhole(repair, index === 2))
  const signedSequence = Math.max(blocks.signedSequence, side.signedSequence, held?.signedSequence ?? 0)
  await repairSigned(context, report, { signed, signedSequence, blockLast })
}

/** Lost statements are marked and stop nothing. */
function isWhole({ lost }: LogRepair, isSide: boolean): boolean {
  return isSide || lost.length === 0
}

async function findOrBegin(disk: Disk, directory: string, log: (typeof LOG_NAMES)[number]): Promise<FoundLog> {
  await disk.makeDirectory(join(directory, log))
  const found = await findLog(disk, directory, log)
  if (found.segments.length === 0) found.segments.push(missingSegment(0))
  return found
}

/** One slot is enough. Where neither holds, or both are older than the blocks say, what was signed is known no more. */
async function repairSigned({ disk, directory, backup, acceptLoss }: RepairContext, report: RepairReport, known: { signed: SignedSlot | null; signedSequence: number; blockLast: number }): Promise<void> {
  const { signed, signedSequence, blockLast } = known
  if (signed !== null && signed.sequence >= signedSequence) return
  report.lost.push(`${SIGNED_FILE}: what this node signed last`)
  if (!acceptLoss) {
    report.isWhole = false
    return
  }
  const older = signed ?? (backup === null ? null : await readSignedFile(disk, backup).catch(() => null))
  const slot = { sequence: signedSequence, state: older?.state ?? null, blockSequence: older?.state === undefined || older.state === null ? 0 : Math.min(older.blockSequence, blockLast) }
  await replaceDurably(disk, join(directory, SIGNED_FILE), encodeSignedFile(slot))
  report.repaired.push(`${SIGNED_FILE}: set to what is known`)
}
