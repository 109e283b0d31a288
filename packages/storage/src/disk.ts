/**
 * The file system as the store sees it: narrow, so that a simulated disk can stand in for it and lose, tear or refuse every single step.
 * Errors are those of the operating system (`ENOSPC`, `EIO`, ... in `code`); `createCodedDisk` turns them into coded errors.
 */
export interface Disk {
  /** What stands at the path; null where nothing does. */
  kindOf(path: string): Promise<'file' | 'directory' | null>
  /** Names in a directory, in no particular order. */
  list(path: string): Promise<string[]>
  /** Makes a directory and those above it, durably; one that exists is fine. */
  makeDirectory(path: string): Promise<void>
  /** `create` refuses a file that exists, `change` and `read` one that does not. */
  open(path: string, mode: 'read' | 'change' | 'create'): Promise<DiskFile>
  /** Replaces `to` atomically if it exists. */
  rename(from: string, to: string): Promise<void>
  /** Removes one file. */
  remove(path: string): Promise<void>
  /** Removes a directory and all that is in it; nothing happens where it does not exist. */
  removeDirectory(path: string): Promise<void>
  /** When it resolves, what was created, renamed and removed in the directory survives a loss of power. */
  syncDirectory(path: string): Promise<void>
  /** Takes a lock that the operating system lets go of when the process ends, however it ends; null where another holds it. */
  lock(path: string): Promise<DiskLock | null>
}

export interface DiskFile {
  /** Reads into `buffer` from `position`; returns the number of bytes read, which may be fewer, and 0 at the end of the file. */
  read(buffer: Uint8Array, position: number): Promise<number>
  /** Writes the parts one after the other from `position`; returns the number of bytes written, which may be fewer. */
  write(parts: readonly Uint8Array[], position: number): Promise<number>
  /** When it resolves, the contents and the length survive a loss of power. */
  sync(): Promise<void>
  truncate(length: number): Promise<void>
  length(): Promise<number>
  close(): Promise<void>
}

export interface DiskLock {
  release(): Promise<void>
}
