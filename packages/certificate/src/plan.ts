import type { RecordArgs } from '@telltale/core'
import type { CarriedNotes, CarriedRecords, NoteLeaf } from './certificate.ts'

/**
 * Rules that maker and verifier share, so that a certificate has one form only.
 */

/** Whether a note is about a record that is carried. A note about the stream as a whole always is. */
function isNoteCarried(leaf: NoteLeaf, records: CarriedRecords | undefined): boolean {
  if (leaf.first === null || leaf.last === null) return true
  return records !== undefined && leaf.first < records.from + records.transactions.length && leaf.last >= records.from
}

/** Leaves whose transactions a certificate carries, in their order. */
export function carriedLeaves(notes: Pick<CarriedNotes, 'leaves'>, records: CarriedRecords | undefined): NoteLeaf[] {
  return notes.leaves.filter((leaf) => isNoteCarried(leaf, records))
}

/** The epoch that a record's disclosure has to name. */
export function epochOf(record: RecordArgs): number | null {
  return record.content.kind === 'sealed' ? record.content.epoch : null
}
