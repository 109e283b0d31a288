import { readSlice, readVarint } from './level-bytes.ts'
import type { LevelInput } from './level-bytes.ts'

/** What a MANIFEST says of a LevelDB directory (db/version_edit.cc): the tables that are alive, and the log from which it goes on. */
export interface LevelManifest {
  /** Tables by number, with their length in bytes. */
  tables: Map<number, number>
  /** Logs below this number are spent; 0 where none was begun. */
  logNumber: number
}

const TAG = { comparator: 1, logNumber: 2, nextFile: 3, lastSequence: 4, compactPointer: 5, deletedFile: 6, newFile: 7, previousLog: 9 } as const

/** Null where a record is no edit of a version. */
export function readLevelManifest(records: readonly Uint8Array[]): LevelManifest | null {
  const manifest: LevelManifest = { tables: new Map(), logNumber: 0 }
  for (const bytes of records) {
    const input: LevelInput = { bytes, at: 0 }
    const added = new Map<number, number>()
    const deleted: number[] = []
    while (input.at < bytes.length) if (!readEdit(input, manifest, added, deleted)) return null
    // A table that moves to another level is deleted and added in one edit.
    for (const number of deleted) manifest.tables.delete(number)
    for (const [number, length] of added) manifest.tables.set(number, length)
  }
  return manifest
}

function readEdit(input: LevelInput, manifest: LevelManifest, added: Map<number, number>, deleted: number[]): boolean {
  switch (readVarint(input)) {
    case TAG.comparator:
      return readSlice(input) !== null
    case TAG.logNumber: {
      const number = readVarint(input)
      manifest.logNumber = number ?? 0
      return number !== null
    }
    case TAG.nextFile:
    case TAG.lastSequence:
    case TAG.previousLog:
      return readVarint(input) !== null
    case TAG.compactPointer:
      return readVarint(input) !== null && readSlice(input) !== null
    case TAG.deletedFile: {
      const number = readVarint(input) === null ? null : readVarint(input)
      if (number !== null) deleted.push(number)
      return number !== null
    }
    case TAG.newFile: {
      const [level, number, length] = [readVarint(input), readVarint(input), readVarint(input)]
      if (level === null || number === null || length === null) return false
      added.set(number, length)
      return readSlice(input) !== null && readSlice(input) !== null
    }
    default:
      return false
  }
}
