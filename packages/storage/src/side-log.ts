import type { SideKind } from '@telltale/ledger'
import { FRAME } from './frame.ts'
import { walkFrames } from './frame-walk.ts'
import type { RecoveryParts } from './recovery.ts'
import { segmentDamaged, segmentFileName } from './segment-name.ts'
import { readSideContents, sideDraft } from './side-frame.ts'

/** Appends a statement. Not synced: it can be made again. */
export async function appendSide({ side }: Pick<RecoveryParts, 'side'>, kind: SideKind, bytes: Uint8Array, witness: { blockSequence: number; signedSequence: number }): Promise<void> {
  await side.append([sideDraft(kind, bytes.slice(), witness)])
}

/** Statements of one kind in the order they were kept, up to the last that was kept when the first was asked for (`segment-damaged`). */
export async function* readSide({ disk, side }: Pick<RecoveryParts, 'disk' | 'side'>, kind: SideKind): AsyncGenerator<Uint8Array> {
  const { end } = side
  for (let segment = 0; segment <= end.segment; segment++) {
    const file = await disk.open(side.segmentPath(segment), 'read')
    try {
      for await (const step of walkFrames(file, 0)) {
        if (segment === end.segment && step.offset >= end.offset) break
        if (step.contents === null || step.head === null) {
          const { expected, found } = step.difference ?? { expected: 'a frame', found: 'none' }
          throw segmentDamaged({ file: `side/${segmentFileName({ segment, generation: 0 })}`, offset: step.offset, what: 'statement', expected, found })
        }
        const statement = step.head.kind === FRAME[kind] ? readSideContents(step.contents) : null
        if (statement !== null) yield statement.bytes.slice()
      }
    } finally {
      await file.close()
    }
  }
}
