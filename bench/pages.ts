import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { bytesToHex } from '@telltale/core'
import { makeLongCertificate } from './certificate.ts'
import type { Figure } from './report.ts'

const SCRIPT = resolve(import.meta.dirname, '../apps/web/test/page-times.ts')

/** Pages of a demo node in Chromium: how long until they show what they are for and until they answer; a certificate of so many records, verified on the verify page. */
export async function benchPages(records: number): Promise<Figure[]> {
  const { bytes, network, reading } = await makeLongCertificate(records)
  const folder = await mkdtemp(join(tmpdir(), 'telltale-bench-pages-'))
  const file = join(folder, 'long.telltale')
  try {
    await writeFile(file, bytes)
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, file, bytesToHex(network), reading])
    const times = JSON.parse(stdout) as [string, number][] | null
    if (times === null) console.log('pages: skipped, Chromium is not installed')
    return (times ?? []).map(([name, value]) => (name.includes('chosen') ? { name: `${name}, ${records} records`, value, unit: 'ms', budget: '1,000 ms', isWithinBudget: value <= 1000 } : { name, value, unit: 'ms' }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
