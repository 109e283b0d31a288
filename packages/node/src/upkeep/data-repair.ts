import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToHex, equalBytes, fail } from '@telltale/core'
import { findSignedLoss } from '@telltale/consensus'
import type { SignedLoss } from '@telltale/consensus'
import { repairStore } from '@telltale/storage'
import { storeDirectory } from '../home/home.ts'
import { readProfile } from '../home/profile.ts'
import { BACKUP_STORE, readBackupList } from './backup-list.ts'
import { copyTo } from './data-backup.ts'
import { fileProblem, listDataFiles, requireData } from './data-files.ts'
import { openHomeLedger } from './open-ledger.ts'

export interface DataRepairOptions {
  /** Directory of a backup of the same network, or null. */
  backup: string | null
  /** Gives up what neither the store nor the backup holds. */
  acceptLoss: boolean
  onReplay?: (height: number, target: number) => void
}

export interface DataRepair {
  repaired: string[]
  /** What is gone; without `acceptLoss` it stays as it is. */
  lost: string[]
  /** Whether the store can be used. */
  isWhole: boolean
  /** What the authority signed and the store does not hold; it seals again only once that is accepted and told. */
  loss: SignedLoss | null
  height: number
}

/**
 * Repairs a data directory that nobody uses, without any key: 1. other files that are missing or damaged come from the backup; 2. damaged parts of the store come
 * from the backup; 3. where something is lost and that is accepted, it is given up, but never what was signed: that the authority itself has to tell;
 * 4. the index is made anew. Codes: `no-data`, `other-network`, `not-a-backup`, `backup-damaged`, `store-in-use`.
 */
export async function repairData(directory: string, { backup, acceptLoss, onReplay }: DataRepairOptions): Promise<DataRepair> {
  requireData(directory)
  const repaired = backup === null ? [] : await repairFiles(directory, backup)
  const place = storeDirectory(directory)
  const first = await repairStore(place, backup === null ? null : join(backup, BACKUP_STORE))
  const report: DataRepair = { repaired: [...repaired, ...first.repaired], lost: first.lost, isWhole: first.isWhole, loss: null, height: -1 }
  if (!first.isWhole && acceptLoss) {
    // Without the backup: what it knows of what was signed is older, and must not be taken for all there is.
    const second = await repairStore(place, null, { acceptLoss: true })
    report.repaired.push(...second.repaired)
    report.isWhole = second.isWhole
  }
  if (!report.isWhole) return report
  const opened = await openHomeLedger(directory, onReplay)
  try {
    return { ...report, loss: await findSignedLoss(opened.ledger, opened.primitives), height: opened.ledger.position.height }
  } finally {
    await opened.close()
  }
}

async function repairFiles(directory: string, backup: string): Promise<string[]> {
  const list = await readBackupList(backup)
  const profile = await readProfile(directory).catch(() => null)
  if (profile && !equalBytes(profile.network, list.network)) throw fail('other-network', `The backup ${backup} belongs to another network than ${directory}.`, { expected: bytesToHex(profile.network), found: bytesToHex(list.network) })
  const present = new Set(await listDataFiles(directory))
  const repaired: string[] = []
  for (const { path } of list.files) {
    if (present.has(path) && (await fileProblem(directory, path)) === null) continue
    await copyTo(directory, path, await readFile(join(backup, path)))
    repaired.push(`${path}: came from the backup`)
  }
  return repaired
}
