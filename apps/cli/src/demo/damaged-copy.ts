import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fail } from '@telltale/core'
import { backupOpened, checkData, restoreData, storeDirectory } from '@telltale/node'
import type { Home } from '@telltale/node'
import { countText } from '../figures.ts'

/** What a check says of a changed byte. */
interface Finding {
  code: string
  message: string
  expected: string
  found: string
}

/** Copies the data directory, flips one byte in the middle of its newest block segment, and lets the check look for it. The directory itself is only read. */
export async function damageCopy(home: Home): Promise<Finding> {
  const scratch = await mkdtemp(join(tmpdir(), 'telltale-cheat-'))
  try {
    const [backup, copy] = [join(scratch, 'backup'), join(scratch, 'copy')]
    await backupOpened({ directory: home.directory, network: home.profile.network, store: home.store }, backup)
    await restoreData(backup, copy)
    const { name, at } = await flipByteOf(join(storeDirectory(copy), BLOCKS_FOLDER))
    const { problems } = await checkData(copy)
    const problem = problems.find(({ file }) => file.endsWith(name))
    if (!problem) throw fail('internal-error', 'The flipped byte was not found.', { expected: `a problem in ${name}`, found: `${problems.length} problems` })
    const { code, file, offset, length, what, expected, found } = problem
    return { code, message: `Byte ${countText(at)} of ${file} was flipped. The check names ${what}, bytes ${countText(offset)} to ${countText(offset + length - 1)}.`, expected, found }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const BLOCKS_FOLDER = 'blocks'

async function flipByteOf(folder: string): Promise<{ name: string; at: number }> {
  const name = (await readdir(folder)).sort().at(-1)
  if (name === undefined) throw fail('internal-error', 'The copy has no segment of blocks.', { expected: 'a segment', found: 'none' })
  const file = await open(join(folder, name), 'r+')
  try {
    const { size } = await file.stat()
    const at = Math.floor(size / 2)
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at)
    buffer[0] = (buffer[0] as number) ^ 1
    await file.write(buffer, 0, 1, at)
    return { name, at }
  } finally {
    await file.close()
  }
}
