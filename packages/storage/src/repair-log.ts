import { join } from 'node:path'
import { bytesToHex } from '@telltale/core'
import { attachmentDraft, bodyState, droppedDraft, isAttachments, readAttachmentTable } from './attachment-frame.ts'
import type { Disk, DiskFile } from './disk.ts'
import { TEMPORARY_SUFFIX, readUpTo, withFile, writeFully } from './file-steps.ts'
import { FRAME, FRAME_HEAD_BYTES, encodeFrame, isFrameHead, readFrameHead } from './frame.ts'
import type { FrameHead } from './frame.ts'
import { walkFrames } from './frame-walk.ts'
import type { FoundFrame, FoundLog, FoundSegment } from './repair-scan.ts'
import { findLog } from './repair-scan.ts'
import { segmentFileName, startDraft } from './segment-name.ts'
import type { LogName, SegmentName } from './segment-name.ts'

/** A run of frames that a segment should hold and does not. */
interface Run {
  from: number
  to: number
}

/** A segment as it must become. */
interface Target {
  found: FoundSegment
  firstSequence: number
  lastSequence: number
  missing: Run[]
  /** The last frame of the whole log: blocks that are lost are lost up to here. */
  logLastSequence: number
}

export interface LogRepair {
  /** What was put right, and what is lost, in words. */
  repaired: string[]
  lost: string[]
  /** Frames that were cut off with all that followed. */
  isCut: boolean
}

export interface RepairContext {
  disk: Disk
  directory: string
  backup: string | null
  acceptLoss: boolean
}

/**
 * Puts a log together again: whole frames stay, missing ones come from the backup if they are there. What is in neither is lost: statements
 * are marked as lost; attachments and blocks only with `acceptLoss`, blocks with all that follow. `lastSequence` is the highest frame that
 * something proves to have been there. Files are replaced one by one, each atomically.
 */
export async function repairLog(context: RepairContext, found: FoundLog, lastSequence: number): Promise<LogRepair> {
  const repair: LogRepair = { repaired: [], lost: [], isCut: false }
  const targets = toTargets(found, lastSequence)
  const wanted: Wanted = { runs: targets.flatMap(({ missing }) => missing), bodies: wantedBodies(found), digests: knownDigests(found) }
  const isClean = wanted.runs.length === 0 && wanted.bodies.size === 0 && targets.every(({ found: { isClean: clean } }) => clean)
  if (isClean) return repair
  const supply = await readSupply(context, found, wanted)
  const given = new Set<string>()
  for (const target of targets) {
    const isTouched = !target.found.isClean || target.missing.length > 0 || target.found.frames.some(({ damagedBodies }) => damagedBodies.some((hash) => wanted.bodies.has(hash)))
    if (!isTouched) continue
    const plan = await planSegment(context, found.log, target, { supply, wanted: wanted.bodies, given, repair })
    if (plan === null) continue
    await writeSegment(context, found.log, target, plan)
    if (!repair.isCut) continue
    for (const later of targets.slice(targets.indexOf(target) + 1)) await removeSegment(context, found.log, later.found)
    break
  }
  const last = targets.at(-1)
  if (given.size > 0 && last !== undefined) await appendDropped(context, last.found.name, lastSequenceAfter(targets), given)
  await context.disk.syncDirectory(join(context.directory, found.log))
  return repair
}

/** Which frames each segment should hold: from its start, or the end of the one before, to the start of the next. */
function toTargets({ segments }: FoundLog, lastSequence: number): Target[] {
  const targets: Target[] = []
  let next = 1
  segments.forEach((found, index) => {
    const firstSequence = next
    const following = segments.slice(index + 1).find((later) => later.firstSequence !== null)
    const own = Math.max(firstSequence - 1, found.frames.at(-1)?.to ?? 0)
    // Where several files in a row are gone, the first of them takes all frames.
    const last = following === undefined ? (index === segments.length - 1 ? Math.max(own, lastSequence) : own) : segments[index + 1] === following || !found.exists ? (following.firstSequence as number) - 1 : own
    const lastHere = Math.max(last, firstSequence - 1)
    targets.push({ found, firstSequence, lastSequence: lastHere, missing: missingRuns(found.frames, firstSequence, lastHere), logLastSequence: lastSequence })
    next = lastHere + 1
  })
  return targets
}

function missingRuns(frames: readonly FoundFrame[], first: number, last: number): Run[] {
  const runs: Run[] = []
  let next = first
  for (const { from, to } of frames) {
    if (from > next) runs.push({ from: next, to: from - 1 })
    next = to + 1
  }
  if (next <= last) runs.push({ from: next, to: last })
  return runs
}

function lastSequenceAfter(targets: readonly Target[]): number {
  return Math.max(0, ...targets.map(({ lastSequence }) => lastSequence))
}

function wantedBodies({ segments, dropped }: FoundLog): Set<string> {
  return new Set(segments.flatMap(({ frames }) => frames.flatMap(({ damagedBodies }) => damagedBodies)).filter((hash) => !dropped.has(hash)))
}

/** Digests of all frames of which one is known, damaged or whole: a backup of another history differs in them. */
function knownDigests({ segments, damagedDigests }: FoundLog): Map<number, string> {
  return new Map([...damagedDigests, ...segments.flatMap(({ frames }) => frames.map(({ from, digest }): [number, string] => [from, digest]))])
}

interface Wanted {
  runs: readonly Run[]
  bodies: ReadonlySet<string>
  digests: ReadonlyMap<number, string>
}

interface Supply {
  frames: Map<number, Uint8Array>
  bodies: Map<string, Uint8Array>
}

/** Reads from the backup what is wanted, and only what is whole there. Frames beside or in a run must be the same in both, or the run stays missing. */
async function readSupply({ disk, backup }: RepairContext, { log }: FoundLog, wanted: Wanted): Promise<Supply> {
  const supply: Supply = { frames: new Map(), bodies: new Map() }
  if (backup === null) return supply
  const refused = new Set<Run>()
  for (const segment of (await findLog(disk, backup, log)).segments) {
    if (!segment.exists) continue
    await withFile(disk, join(backup, log, segmentFileName(segment.name)), 'read', async (file) => {
      for await (const { head, contents, offset, length } of walkFrames(file, 0)) {
        if (head === null || contents === null || head.kind === FRAME.start) continue
        const { sequence } = head
        const runs = wanted.runs.filter(({ from, to }) => sequence >= from - 1 && sequence <= to + 1)
        const known = wanted.digests.get(sequence) ?? null
        if (log !== 'attachments' && known !== null && known !== bytesToHex(head.digest)) for (const run of runs) refused.add(run)
        if (runs.some(({ from, to }) => sequence >= from && sequence <= to)) supply.frames.set(sequence, await readUpTo(file, offset, length))
        if (isAttachments(head)) supplyBodies(supply, wanted.bodies, head, contents)
      }
    })
  }
  for (const { from, to } of refused) for (let sequence = from; sequence <= to; sequence++) supply.frames.delete(sequence)
  return supply
}

function supplyBodies(supply: Supply, wanted: ReadonlySet<string>, head: FrameHead, contents: Uint8Array): void {
  const table = wanted.size === 0 ? [] : readAttachmentTable(head, contents)
  for (const entry of Array.isArray(table) ? table : []) {
    const hash = bytesToHex(entry.key)
    const body = contents.subarray(entry.at, entry.at + entry.length)
    if (wanted.has(hash) && !entry.isRemoved && bodyState(entry, body) === 'whole') supply.bodies.set(hash, body.slice())
  }
}

interface Means {
  supply: Supply
  wanted: ReadonlySet<string>
  /** Gets the keys, in hex, of attachments that are given up. */
  given: Set<string>
  repair: LogRepair
}

/** Writes one frame of the new file, at the place where the file stands; nothing yet is written while planning. */
type Piece = (file: DiskFile) => Promise<Uint8Array[]>

/** What the segment is to consist of; null where it must stay as it is, because something is lost and nobody accepted that. */
async function planSegment(context: RepairContext, log: LogName, target: Target, means: Means): Promise<Piece[] | null> {
  const { found, firstSequence } = target
  const { supply, repair } = means
  const pieces: Piece[] = [async () => encodeFrame(startDraft(log, found.name.segment), firstSequence)]
  const where = `${log}/${segmentFileName(found.name)}`
  let next = firstSequence
  for (const frame of [...found.frames, { from: target.lastSequence + 1, to: 0, offset: 0, length: 0, digest: '', damagedBodies: [] }]) {
    while (next < frame.from) {
      const bytes = supply.frames.get(next)
      if (bytes !== undefined) {
        pieces.push(async () => [bytes])
        repair.repaired.push(`${where}: frame ${next} came from the backup`)
        next += 1
        continue
      }
      const end = nextSupplied(supply, next, frame.from)
      repair.lost.push(`${where}: frames ${next} to ${log === 'blocks' ? target.logLastSequence : end - 1}`)
      if (log !== 'side' && !context.acceptLoss) return null
      const lostTo = log === 'blocks' ? target.logLastSequence : end - 1
      const from = next
      pieces.push(async () => encodeFrame({ kind: FRAME.lost, reference: lostTo - from + 1, contents: [] }, from))
      if (log === 'blocks') {
        repair.isCut = true
        return pieces
      }
      next = end
    }
    if (frame.to === 0) break
    const kept = await keptPiece(context, frame, where, means)
    if (kept === null) return null
    pieces.push(kept)
    next = frame.to + 1
  }
  if (!found.isClean) repair.repaired.push(`${where}: put together again`)
  return pieces
}

function nextSupplied({ frames }: Supply, from: number, end: number): number {
  for (let sequence = from; sequence < end; sequence++) if (frames.has(sequence)) return sequence
  return end
}

/** The frame as it is, or with its damaged bodies put back or given up. */
async function keptPiece({ acceptLoss }: RepairContext, frame: FoundFrame, where: string, { supply, wanted, given, repair }: Means): Promise<Piece | null> {
  const damaged = frame.damagedBodies.filter((hash) => wanted.has(hash))
  const copy: Piece = async (file) => [await readUpTo(file, frame.offset, frame.length)]
  if (damaged.length === 0) return copy
  for (const hash of damaged) {
    if (supply.bodies.has(hash)) repair.repaired.push(`${where}: attachment ${hash} came from the backup`)
    else repair.lost.push(`${where}: attachment ${hash}`)
  }
  if (damaged.some((hash) => !supply.bodies.has(hash)) && !acceptLoss) return null
  for (const hash of damaged) if (!supply.bodies.has(hash)) given.add(hash)
  return async (file) => rebuildBodies(await readUpTo(file, frame.offset, frame.length), supply.bodies, given)
}

function rebuildBodies(bytes: Uint8Array, bodies: ReadonlyMap<string, Uint8Array>, given: ReadonlySet<string>): Uint8Array[] {
  const head = readFrameHead(bytes, 0)
  const contents = bytes.subarray(FRAME_HEAD_BYTES)
  const table = isFrameHead(head) ? readAttachmentTable(head, contents) : []
  if (!isFrameHead(head) || !Array.isArray(table)) return [bytes]
  const rebuilt = table.map((entry) => {
    const hash = bytesToHex(entry.key)
    const held = entry.isRemoved || given.has(hash) ? null : (bodies.get(hash) ?? contents.subarray(entry.at, entry.at + entry.length))
    return { key: entry.key, length: entry.length, bytes: held }
  })
  return encodeFrame(attachmentDraft(rebuilt, head.reference), head.sequence)
}

async function writeSegment({ disk, directory }: RepairContext, log: LogName, { found }: Target, pieces: readonly Piece[]): Promise<void> {
  const path = join(directory, log, segmentFileName(found.name))
  await rewrite(disk, path, found.exists, async (from, to) => {
    let offset = 0
    for (const piece of pieces) {
      const parts = await piece(from)
      await writeFully(to, parts, offset)
      offset += parts.reduce((sum, part) => sum + part.length, 0)
    }
  })
}

/** A new file in the place of the old: temporary file, synced, renamed. Where there was no old one, nothing reads from it. */
async function rewrite(disk: Disk, path: string, exists: boolean, write: (from: DiskFile, to: DiskFile) => Promise<void>): Promise<void> {
  const temporary = `${path}${TEMPORARY_SUFFIX}`
  if ((await disk.kindOf(temporary)) !== null) await disk.remove(temporary)
  await withFile(disk, temporary, 'create', async (to) => {
    if (exists) await withFile(disk, path, 'read', (from) => write(from, to))
    else await write(to, to)
    await to.sync()
  })
  await disk.rename(temporary, path)
}

async function removeSegment({ disk, directory }: RepairContext, log: LogName, found: FoundSegment): Promise<void> {
  if (found.exists) await disk.remove(join(directory, log, segmentFileName(found.name)))
}

/** Attachments that were given up are marked as dropped, so that they may come again. */
async function appendDropped({ disk, directory }: RepairContext, name: SegmentName, lastSequence: number, given: ReadonlySet<string>): Promise<void> {
  const keys = [...given].map((key) => Uint8Array.from(Buffer.from(key, 'hex')))
  await withFile(disk, join(directory, 'attachments', segmentFileName(name)), 'change', async (file) => {
    await writeFully(file, encodeFrame(droppedDraft(keys), lastSequence + 1), await file.length())
    await file.sync()
  })
}
