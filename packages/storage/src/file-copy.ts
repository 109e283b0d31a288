import { createHash } from 'node:crypto'
import type { Disk } from './disk.ts'
import { readUpTo, withFile, writeFully } from './file-steps.ts'
import { READ_BYTES } from './limits.ts'

/** Copies the first `length` bytes to a new file, synced, and returns their SHA-256 and how many there were. The folder is not synced. */
export async function copyFile(disk: Disk, from: string, to: string, length: number): Promise<{ sha256: Uint8Array; length: number }> {
  return withFile(disk, from, 'read', (source) =>
    withFile(disk, to, 'create', async (target) => {
      const hash = createHash('sha256')
      let at = 0
      while (at < length) {
        const bytes = await readUpTo(source, at, Math.min(READ_BYTES, length - at))
        if (bytes.length === 0) break
        hash.update(bytes)
        await writeFully(target, [bytes], at)
        at += bytes.length
      }
      await target.sync()
      return { sha256: new Uint8Array(hash.digest()), length: at }
    }),
  )
}

/** SHA-256 and length of a file. */
export async function hashFile(disk: Disk, path: string): Promise<{ sha256: Uint8Array; length: number }> {
  return withFile(disk, path, 'read', async (file) => {
    const hash = createHash('sha256')
    const length = await file.length()
    for (let at = 0; at < length; at += READ_BYTES) hash.update(await readUpTo(file, at, READ_BYTES))
    return { sha256: new Uint8Array(hash.digest()), length }
  })
}
