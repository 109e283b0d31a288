import { asArray, asBytes, asText, asUint, decode, encode } from '@telltale/core'
import type { Submission } from '@telltale/core'
import type { FrameDraft } from './frame.ts'
import type { ReadFrame } from './recovery.ts'

/** What the outbox remembers, one frame each. Ids are those of transactions, 32 bytes. */
export type Entry =
  /** A device's transaction with its attachments was taken, at this time of the gateway's clock. */
  | { kind: 'taken'; submission: Submission; takenMs: number }
  /** It is certified; its receipt was checked. Whether a certified statement names it already. */
  | { kind: 'certified'; id: Uint8Array; takenMs: number; index: number; height: number; receipt: Uint8Array; isStated: boolean }
  /** It is certified, its receipt is forgotten here, and no certified statement names it yet. */
  | { kind: 'unstated'; id: Uint8Array; takenMs: number }
  /** An authority refused it for good; it lies in the folder of refused transactions. */
  | { kind: 'refused'; id: Uint8Array; code: string; message: string; refusal: Uint8Array }
  /** A statement about what was passed on (call 20) was signed: these bytes and no others are sent. */
  | { kind: 'signed'; statement: Uint8Array }
  /** The statement with this id is certified. */
  | { kind: 'stated'; id: Uint8Array }
  /** The statement with this id can never be certified, because its place is taken; what it named is named anew. */
  | { kind: 'withdrawn'; id: Uint8Array }

/** Kinds of frames. Never renumbered; 1 and 2 are the file's own. */
export const KINDS = { taken: 3, certified: 4, refused: 5, signed: 6, stated: 7, withdrawn: 8, unstated: 9 } as const
const KIND_NAMES = new Map(Object.entries(KINDS).map(([name, number]) => [number as number, name as Entry['kind']]))

export function entryToFrame(entry: Entry): FrameDraft {
  return { kind: KINDS[entry.kind], contents: encode(fieldsOf(entry)) }
}

function fieldsOf(entry: Entry) {
  switch (entry.kind) {
    case 'taken':
      return [entry.submission.bytes, entry.submission.attachments, entry.takenMs]
    case 'certified':
      return [entry.id, entry.takenMs, entry.index, entry.height, entry.receipt, entry.isStated]
    case 'unstated':
      return [entry.id, entry.takenMs]
    case 'refused':
      return [entry.id, entry.code, entry.message, entry.refusal]
    case 'signed':
      return [entry.statement]
    case 'stated':
    case 'withdrawn':
      return [entry.id]
  }
}

/** Reads a frame; null for a kind that this version does not know (`malformed-cbor`, `wrong-shape`). */
export function frameToEntry({ kind, contents }: Pick<ReadFrame, 'kind' | 'contents'>): Entry | null {
  const name = KIND_NAMES.get(kind)
  if (name === undefined) return null
  const fields = asArray(decode(contents), 'entry')
  const id = (): Uint8Array => asBytes(fields[0], 'entry id', 32)
  switch (name) {
    case 'taken':
      return { kind: name, submission: { bytes: asBytes(fields[0], 'transaction'), attachments: asArray(fields[1], 'attachments').map((item) => asBytes(item, 'attachment')) }, takenMs: asUint(fields[2], 'time taken') }
    case 'certified':
      return { kind: name, id: id(), takenMs: asUint(fields[1], 'time taken'), index: asUint(fields[2], 'index'), height: asUint(fields[3], 'height'), receipt: asBytes(fields[4], 'receipt'), isStated: fields[5] === true }
    case 'unstated':
      return { kind: name, id: id(), takenMs: asUint(fields[1], 'time taken') }
    case 'refused':
      return { kind: name, id: id(), code: asText(fields[1], 'code', 64), message: asText(fields[2], 'message', 4096), refusal: asBytes(fields[3], 'refusal') }
    case 'signed':
      return { kind: name, statement: asBytes(fields[0], 'statement') }
    case 'stated':
    case 'withdrawn':
      return { kind: name, id: id() }
  }
}
