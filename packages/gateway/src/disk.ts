import { fail } from '@telltale/core'

/** The file system as the outbox sees it: narrow, so that a simulated disk can stand in for it and lose, tear or refuse every single step. */
export interface Disk {
  kindOf(path: string): Promise<'file' | 'directory' | null>
  makeDirectory(path: string): Promise<void>
  list(path: string): Promise<string[]>
  /** `create` refuses a file that exists, `change` and `read` one that does not. */
  open(path: string, mode: 'read' | 'change' | 'create'): Promise<DiskFile>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** When it resolves, what was created, renamed and removed in the directory survives a loss of power. */
  syncDirectory(path: string): Promise<void>
  /** A lock that goes with the process; null where another holds it. */
  lock(path: string): Promise<{ release(): Promise<void> } | null>
}

export interface DiskFile {
  /** Returns the number of bytes read, which may be fewer, and 0 at the end of the file. */
  read(buffer: Uint8Array, position: number): Promise<number>
  /** Returns the number of bytes written, which may be fewer. */
  write(parts: readonly Uint8Array[], position: number): Promise<number>
  /** When it resolves, contents and length survive a loss of power. */
  sync(): Promise<void>
  truncate(length: number): Promise<void>
  length(): Promise<number>
  close(): Promise<void>
}

/** Writes all of it, however little the disk takes at a time (`outbox-failed`). */
export async function writeFully(file: DiskFile, parts: Uint8Array[], position: number): Promise<void> {
  let rest = parts.filter((part) => part.length > 0)
  let at = position
  while (rest.length > 0) {
    const written = await file.write(rest, at)
    if (written <= 0) throw fail('outbox-failed', 'The disk took no bytes and named no reason.')
    at += written
    rest = withoutFirst(rest, written)
  }
}

function withoutFirst(parts: Uint8Array[], count: number): Uint8Array[] {
  let skip = count
  return parts.flatMap((part) => {
    const rest = part.subarray(Math.min(skip, part.length))
    skip -= part.length - rest.length
    return rest.length === 0 ? [] : [rest]
  })
}
