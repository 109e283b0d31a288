import type { Disk, DiskFile } from './disk.ts'
import { OPEN_FILES_MAX } from './limits.ts'

/** Files kept open for reading, the least recently used closed first. */
export interface OpenFiles {
  /** Runs with the file open; its errors are passed on. */
  use<T>(path: string, run: (file: DiskFile) => Promise<T>): Promise<T>
  /** Lets go of a file that was replaced, once nobody reads it. */
  forget(path: string): void
  close(): Promise<void>
}

interface Entry {
  file: Promise<DiskFile>
  users: number
  isForgotten: boolean
}

export function createOpenFiles(disk: Disk): OpenFiles {
  // A Map keeps the order of insertion: what is used moves to the end.
  const entries = new Map<string, Entry>()

  const take = (path: string): Entry => {
    const entry = entries.get(path) ?? { file: disk.open(path, 'read'), users: 0, isForgotten: false }
    entries.delete(path)
    entries.set(path, entry)
    entry.users += 1
    return entry
  }

  const closeUnused = async (): Promise<void> => {
    for (const [path, entry] of entries) {
      if (entries.size <= OPEN_FILES_MAX) return
      if (entry.users > 0) continue
      entries.delete(path)
      await (await entry.file).close()
    }
  }

  return {
    use: async (path, run) => {
      const entry = take(path)
      try {
        return await run(await entry.file)
      } catch (error) {
        // A file that could not be opened is tried again next time.
        if (entries.get(path) === entry && !(await isOpen(entry))) entries.delete(path)
        throw error
      } finally {
        entry.users -= 1
        if (entry.isForgotten && entry.users === 0 && (await isOpen(entry))) await (await entry.file).close()
        await closeUnused()
      }
    },
    forget: (path) => {
      const entry = entries.get(path)
      if (entry === undefined) return
      entries.delete(path)
      entry.isForgotten = true
      if (entry.users === 0) void closeQuietly(entry)
    },
    close: async () => {
      const all = [...entries.values()]
      entries.clear()
      for (const entry of all) if (await isOpen(entry)) await (await entry.file).close()
    },
  }
}

async function isOpen(entry: Entry): Promise<boolean> {
  return entry.file.then(
    () => true,
    () => false,
  )
}

/** A file opened for reading has nothing to lose: an error while closing it concerns nobody. */
async function closeQuietly(entry: Entry): Promise<void> {
  await entry.file.then((file) => file.close()).catch(() => undefined)
}
