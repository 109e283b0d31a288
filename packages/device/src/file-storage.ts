import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DeviceStorage } from './state.ts'

/** A device's state in one file, mode 0600: written to a temporary file, synced, renamed over the old one, and the folder synced. */
export function createFileStorage(path: string): DeviceStorage {
  return {
    async load() {
      try {
        return new Uint8Array(await readFile(path))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    },
    async save(bytes) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      const temporary = `${path}.new`
      const file = await open(temporary, 'w', 0o600)
      try {
        await file.writeFile(bytes)
        await file.datasync()
      } finally {
        await file.close()
      }
      await rename(temporary, path)
      const folder = await open(dirname(path))
      try {
        await folder.sync()
      } finally {
        await folder.close()
      }
    },
  }
}
