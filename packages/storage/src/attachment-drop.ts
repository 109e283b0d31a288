import { join } from 'node:path'
import { bytesToHex, equalBytes } from '@telltale/core'
import { attachmentDraft, attachmentKey, droppedDraft, isAttachments, readAttachmentTable } from './attachment-frame.ts'
import { sha256 } from './checksum.ts'
import { TEMPORARY_SUFFIX, withFile, writeFully } from './file-steps.ts'
import { FRAME_HEAD_BYTES, encodeFrame } from './frame.ts'
import { walkFrames } from './frame-walk.ts'
import type { WalkStep } from './frame-walk.ts'
import { REWRITE_DROPPED_RATIO, REWRITE_LAST_BYTES_MIN, REWRITE_SWEPT_RATIO } from './limits.ts'
import { DROPPED, droppedBytes, encodeBytesPlace, encodeDroppedBytes, findAttachment, keyToSegment, putDroppedUpTo, putLogsRow, segmentKey } from './log-index.ts'
import { ROWS } from './rows.ts'
import type { BytesPlace } from './segment-log.ts'
import { segmentDamaged, segmentFileName } from './segment-name.ts'
import type { SegmentName } from './segment-name.ts'
import { changing, refuseUnusable } from './store-core.ts'
import type { PendingDrops, StoreCore } from './store-core.ts'

/** An attachment's bytes; null where it is unknown or was dropped (`segment-damaged`). */
export async function readAttachment({ parts }: StoreCore, hash: Uint8Array): Promise<Uint8Array | null> {
  const key = attachmentKey(hash)
  for (;;) {
    const place = findAttachment(parts.rows, key)
    if (place === null) return null
    const bytes = await parts.attachments.readBytes(place)
    if (bytes !== null && bytes.length === place.length && equalBytes(sha256(bytes), hash)) return bytes
    // It may have been dropped, or its segment rewritten, while it was read: then the index says so by now.
    const now = findAttachment(parts.rows, key)
    if (now !== null && now.generation === place.generation && now.segment === place.segment && now.offset === place.offset) {
      const file = `attachments/${segmentFileName(place)}`
      throw segmentDamaged({ file, offset: place.offset, what: 'attachment', expected: bytesToHex(hash), found: bytes === null ? 'no file' : bytesToHex(sha256(bytes)) })
    }
  }
}

/** Asks for an attachment to be dropped; those asked for while a backup or another drop is under way go together. */
export function dropAttachment(core: StoreCore, hash: Uint8Array): Promise<void> {
  core.drops ??= startDrops(core)
  core.drops.keys.push(attachmentKey(hash).slice())
  return core.drops.done
}

/** Drops attachments that are chosen while no block is committed, and notes up to which height blocks were looked through. A backup is waited for. */
export async function dropOld(core: StoreCore, upTo: number, choose: (height: number) => Promise<Uint8Array[]>): Promise<void> {
  await withoutBackup(core, async () => {
    refuseUnusable(core)
    const hashes = await choose(core.state.logs.height)
    await changing(core, 'drop old attachments', () => drop(core, hashes.map((hash) => attachmentKey(hash).slice()), upTo))
  })
}

/** An attachment and where it lies. */
interface Moved {
  key: Uint8Array
  place: BytesPlace
}

function startDrops(core: StoreCore): PendingDrops {
  const keys: Uint8Array[] = []
  const done = withoutBackup(core, async () => {
    core.drops = null
    refuseUnusable(core)
    await changing(core, 'drop attachments', () => drop(core, keys))
  })
  return { keys, done }
}

/** Runs a task of the store while no backup is being made: it copies segments as they are, and their bytes stay until it is done. */
async function withoutBackup(core: StoreCore, task: () => Promise<void>): Promise<void> {
  for (;;) {
    while (core.backup !== null) await core.backup
    // One may have begun while this waited for its turn.
    const isRun = await core.queue.run(async () => {
      if (core.backup !== null) return false
      await task()
      return true
    })
    if (isRun) return
  }
}

/**
 * 1. a frame that names what is dropped, synced: from here on zeros in its place are no damage; 2. zeros in the place of the bodies, synced;
 * 3. the index, and up to where old blocks were looked through; 4. segments of which half was dropped are rewritten without it, the last one too once
 * that frees enough: the next segment is begun first.
 */
async function drop(core: StoreCore, keys: readonly Uint8Array[], upTo: number | null = null): Promise<void> {
  const { parts, state } = core
  const places = new Map<string, Moved>()
  for (const key of keys) {
    const place = findAttachment(parts.rows, key)
    if (place !== null) places.set(bytesToHex(key), { key, place })
  }
  const dropped = [...places.values()]
  if (dropped.length === 0) return noteDropped(core, upTo)
  await parts.attachments.append([droppedDraft(dropped.map(({ key }) => key))])
  await parts.attachments.sync()
  await parts.attachments.erase(dropped.map(({ place }) => place))
  const batch = parts.rows.batch()
  const counts = new Map<number, number>()
  for (const { key, place } of dropped) {
    batch.put(ROWS.attachment, key, DROPPED)
    counts.set(place.segment, (counts.get(place.segment) ?? droppedBytes(parts.rows, place.segment)) + place.length)
  }
  for (const [segment, bytes] of counts) batch.put(ROWS.dropped, segmentKey(segment), encodeDroppedBytes(bytes))
  const logs = { ...state.logs, attachments: parts.attachments.end }
  putLogsRow(batch, logs)
  if (upTo !== null) putDroppedUpTo(batch, upTo)
  await batch.write()
  core.state = { ...core.state, logs }
  for (const [segment, bytes] of counts) if (await isWorthRewriting(core, segment, bytes, REWRITE_DROPPED_RATIO)) await rewriteSegment(core, segment)
}

/** With nothing to drop, a pass is done: what is left of it and of earlier ones is freed, also where the process ended between a drop and its rewriting. */
async function noteDropped(core: StoreCore, upTo: number | null): Promise<void> {
  if (upTo === null) return
  const { rows } = core.parts
  const batch = rows.batch()
  putDroppedUpTo(batch, upTo)
  await batch.write()
  const segments: number[] = []
  for await (const [key] of rows.scan(ROWS.dropped, new Uint8Array(0))) segments.push(keyToSegment(key))
  for (const segment of segments) if (await isWorthRewriting(core, segment, droppedBytes(rows, segment), REWRITE_SWEPT_RATIO)) await rewriteSegment(core, segment)
}

async function isWorthRewriting(core: StoreCore, segment: number, dropped: number, ratio: number): Promise<boolean> {
  const { attachments, disk } = core.parts
  const length = await withFile(disk, attachments.segmentPath(segment), 'read', (file) => file.length())
  if (dropped < length * ratio || (segment === attachments.end.segment && dropped < REWRITE_LAST_BYTES_MIN)) return false
  if (segment < attachments.end.segment) return true
  await attachments.beginNext()
  core.state = { ...core.state, logs: { ...core.state.logs, attachments: attachments.end } }
  return true
}

/**
 * 1. the index as it is, synced: from now on it never again goes back to a state whose end lies in this segment; 2. the segment without what
 * was dropped, in a temporary file, synced; 3. renamed to its next generation, directory synced; 4. the index, synced; 5. the file before it
 * removed. A process that ends before 5 leaves both files: the index is then made anew from the newer one.
 */
async function rewriteSegment(core: StoreCore, segment: number): Promise<void> {
  const { disk, rows, attachments } = core.parts
  const generation = attachments.segments()[segment]?.generation ?? 0
  const next: SegmentName = { segment, generation: generation + 1 }
  const path = join(attachments.folder, segmentFileName(next))
  const temporary = `${path}${TEMPORARY_SUFFIX}`
  if ((await disk.kindOf(temporary)) !== null) await disk.remove(temporary)
  const current = rows.batch()
  putLogsRow(current, core.state.logs)
  await current.write({ isSynced: true })
  const moved: Moved[] = []
  const isWhole = await withFile(disk, attachments.segmentPath(segment), 'read', (from) =>
    withFile(disk, temporary, 'create', async (to) => {
      let offset = 0
      for await (const step of walkFrames(from, 0)) {
        if (step.head === null || step.contents === null) return false
        const parts = rewriteFrame(core, { segment, generation }, step, { offset, next, moved })
        await writeFully(to, parts, offset)
        offset += parts.reduce((sum, part) => sum + part.length, 0)
      }
      await to.sync()
      return true
    }),
  )
  // A damaged segment stays as it is: "store check" names the place, and repair needs what is left.
  if (!isWhole) return disk.remove(temporary)
  await disk.rename(temporary, path)
  await disk.syncDirectory(attachments.folder)
  const batch = rows.batch()
  for (const { key, place } of moved) batch.put(ROWS.attachment, key, encodeBytesPlace(place))
  batch.remove(ROWS.dropped, segmentKey(segment))
  await batch.write({ isSynced: true })
  return attachments.install(next)
}

function rewriteFrame(
  { parts }: StoreCore,
  { segment, generation }: SegmentName,
  { offset, head, contents }: WalkStep,
  target: { offset: number; next: SegmentName; moved: Moved[] },
): Uint8Array[] {
  if (head === null || contents === null) return []
  const { kind, reference, sequence } = head
  const table = isAttachments(head) ? readAttachmentTable(head, contents) : []
  if (!Array.isArray(table) || table.length === 0) return encodeFrame({ kind, reference, contents: [contents] }, sequence)
  const bodies = table.map((entry) => {
    const place = findAttachment(parts.rows, entry.key)
    const isLive = place !== null && place.segment === segment && place.generation === generation && place.offset === offset + FRAME_HEAD_BYTES + entry.at
    return { key: entry.key, length: entry.length, bytes: isLive && !entry.isRemoved ? contents.subarray(entry.at, entry.at + entry.length) : null }
  })
  const draft = attachmentDraft(bodies, reference)
  let at = target.offset + FRAME_HEAD_BYTES + (draft.contents[0]?.length ?? 0)
  for (const { key, bytes } of bodies) {
    if (bytes === null) continue
    target.moved.push({ key, place: { ...target.next, offset: at, length: bytes.length } })
    at += bytes.length
  }
  return encodeFrame(draft, sequence)
}
